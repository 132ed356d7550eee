package redact

import (
	"strconv"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// maxEntries bounds the entries of a Log that name a path; what comes after is summed up by rule.
const maxEntries = 100

// maxPath bounds a path in bytes; a longer one is cut.
const maxPath = 512

// Log collects what was done to one event: where, by which rule, how often. Never
// the value, nor its length. The zero value is ready. Not safe for concurrent use.
type Log struct {
	entries []entry
	rest    []entry        // without paths, by rule and action
	more    int            // occurrences in rest
	met     Met            // conditions that hold for the event, by index
	explain *[]Explanation // what Explain collects; nil otherwise
}

type entry struct {
	path, rule, action string
	count              int
}

// Reset empties the log for the next event and keeps its memory.
func (l *Log) Reset() {
	clear(l.entries)
	l.entries, l.rest, l.more, l.met = l.entries[:0], l.rest[:0], 0, 0
}

// Meet says whether the i-th of [Redactor.Conditions] holds for the event.
func (l *Log) Meet(i int, holds bool) { l.met.Set(i, holds) }

// ResetFor is Reset for an event of which it is known what conditions hold.
func (l *Log) ResetFor(met Met) {
	l.Reset()
	l.met = met
}

// Met is the set of [Redactor.Conditions] that hold, a bit each.
type Met uint64

// Set says whether the i-th condition holds.
func (m *Met) Set(i int, holds bool) {
	if holds {
		*m |= 1 << i
	} else {
		*m &^= 1 << i
	}
}

// Len is the number of occurrences.
func (l *Log) Len() int {
	n := l.more
	for i := range l.entries {
		n += l.entries[i].count
	}
	return n
}

func (l *Log) add(path, rule, action string) {
	// The occurrences of one leaf come one after the other.
	for i := len(l.entries) - 1; i >= 0 && l.entries[i].path == path; i-- {
		if e := &l.entries[i]; e.rule == rule && e.action == action {
			e.count++
			return
		}
	}
	if len(l.entries) < maxEntries {
		l.entries = append(l.entries, entry{path, rule, action, 1})
		return
	}
	l.more++
	for i := range l.rest {
		if e := &l.rest[i]; e.rule == rule && e.action == action {
			e.count++
			return
		}
	}
	l.rest = append(l.rest, entry{"", rule, action, 1})
}

// JSON is the log as a compact array of {path, rule, action, count}; "" when nothing
// was done. After maxEntries entries a last one, of rule "*", counts the others.
func (l *Log) JSON() string {
	if len(l.entries) == 0 {
		return ""
	}
	buf := make([]byte, 0, 96*len(l.entries))
	for i := range l.entries {
		buf = l.entries[i].append(buf)
	}
	if l.more > 0 {
		rest := entry{rule: "*", action: "*", count: l.more}
		buf = rest.append(buf)
	}
	buf[0] = '['
	return string(append(buf, ']'))
}

func (e *entry) append(buf []byte) []byte {
	buf = append(buf, `,{"path":`...)
	buf = jsontext.AppendQuoted(buf, e.path)
	buf = append(buf, `,"rule":`...)
	buf = jsontext.AppendQuoted(buf, e.rule)
	buf = append(buf, `,"action":`...)
	buf = jsontext.AppendQuoted(buf, e.action)
	buf = append(buf, `,"count":`...)
	return append(strconv.AppendInt(buf, int64(e.count), 10), '}')
}

// Each calls f for each entry; the same rule and action may come more than once.
func (l *Log) Each(f func(rule, action string, count int)) {
	for _, list := range [...][]entry{l.entries, l.rest} {
		for i := range list {
			f(list[i].rule, list[i].action, list[i].count)
		}
	}
}
