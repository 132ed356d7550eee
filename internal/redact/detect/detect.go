// Package detect finds secrets and personal data in text.
//
// The tables (table_*.go) hold the formats, one row each: literals that occur in every text of
// the format, its anchors, and what must stand before and behind them. All anchors are compiled into one
// automaton, which walks the text once; at each occurrence the row's patterns and check look
// at the text around it. Adding a format is adding a row.
//
// Numbers of persons have no anchors: a second, sparse walk visits the digits (number.go).
//
// A text is also read as what it stands for where it is written in another way: with backslash or
// percent escapes, in base64, broken up by quotes, or under a name (reading.go). What is
// found in a reading is replaced in the text itself.
//
// Time is linear in the text: a check looks at a bounded stretch, and remembers what others walked over (memo.go).
package detect

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact/automaton"
)

// Finding is one place in a text: the bytes to replace and the rule that says so.
type Finding struct {
	Start, End int
	Rule       *Rule
}

// Rule names what was found. Group is what it belongs to: a group of secrets, or
// Personal, or User.
type Rule struct {
	ID    string
	Group string
	rank  int // of two findings that overlap the one of higher rank gives the name
}

// The groups.
const (
	Cloud    = "cloud"
	LLM      = "llm"
	Source   = "source"
	SaaS     = "saas"
	Generic  = "generic"
	Labelled = "labelled"
	Personal = "personal"
	User     = "user"
)

// Groups are all groups.
var Groups = []string{Cloud, LLM, Source, SaaS, Generic, Labelled, Personal, User}

// Set is a compiled choice of detectors, immutable and safe for concurrent use.
type Set struct {
	detectors   []*detector
	all         []literal
	anchored    []anchor // by number of the literal
	anchors     *automaton.Matcher
	foreign     foreign
	runs        int              // of charsets whose runs are noted
	personal    map[string]*Rule // by kind, those that are on
	fingerprint string
}

// Hint is what the place of a text says about it.
type Hint struct {
	Key        string // the name that the text stands under
	Structural bool   // an id, a hash, a time: look for secrets of a fixed format only
}

// Scratch is the memory of one scan, reused by the next.
type Scratch struct {
	hits    []automaton.Hit
	found   []Finding
	reading reading
	match   match
	memo    memo
	last    []int // by number of the detector, where its last finding stands in found, if it still does
	number  number
	decoded []byte
	phones  int // looked up in this text
}

// New compiles the detectors whose rule is not in off, which holds rule ids, groups and
// kinds of personal data; and the user's own.
func New(off map[string]bool, user []UserRule) (*Set, error) {
	s := &Set{personal: map[string]*Rule{}}
	rows := slices.Clone(table())
	for _, u := range user {
		row, err := u.format()
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	h := sha256.New()
	for i, row := range rows {
		if off[row.id] || off[row.group] {
			continue
		}
		d, err := compile(row)
		if err != nil {
			return nil, err
		}
		d.rule.rank = rank(row, i)
		s.add(d)
		_, _ = fmt.Fprintf(h, "%q\n", []string{row.id, row.group, row.anchors, row.left, row.right})
	}
	for _, kind := range Kinds {
		if !off[kind] && !off[Personal] {
			s.personal[kind] = &Rule{ID: kind, Group: Personal}
			_, _ = fmt.Fprintln(h, kind)
		}
	}
	s.anchors = automaton.New(s.literals())
	s.foreign.compile()
	s.runs = numberRuns(s.detectors)
	s.fingerprint = hex.EncodeToString(h.Sum(nil))
	return s, nil
}

// rank puts exact formats before names, and rows that stand earlier in the table first.
func rank(row format, i int) int {
	switch row.group {
	case Personal, Labelled:
		return -i
	}
	return 1<<20 - i
}

func (s *Set) add(d *detector) {
	d.number = len(s.detectors)
	s.detectors = append(s.detectors, d)
	for _, anchor := range d.list {
		l := literal{text: anchor, of: d, fold: d.fold}
		if d.foreign {
			s.foreign.of = append(s.foreign.of, l)
			continue
		}
		if len(d.right) > 0 && d.right[0].min > 0 {
			l.next = &d.right[0].set
		}
		s.all = append(s.all, l)
	}
}

// literals groups the anchors that are one text to the automaton, and lists these texts.
func (s *Set) literals() []string {
	var texts []string
	index := map[string]int{}
	for _, l := range s.all {
		low := strings.ToLower(l.text)
		i, ok := index[low]
		if !ok {
			i = len(texts)
			index[low] = i
			texts = append(texts, low)
			s.anchored = append(s.anchored, anchor{})
		}
		a := &s.anchored[i]
		a.of = append(a.of, l)
		if l.next == nil {
			a.next = charset{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
		} else {
			a.next = union(a.next, *l.next)
		}
	}
	return texts
}

// Fingerprint names the rules of the set.
func (s *Set) Fingerprint() string { return s.fingerprint }

// Find appends to dst what it finds in text, in order and without overlap.
func (s *Set) Find(mem *Scratch, dst []Finding, text string, hint Hint) []Finding {
	mem.found, mem.phones = mem.found[:0], 0
	s.scan(mem, text, hint)
	s.scanReadings(mem, text, hint)
	first := len(dst)
	dst = merge(dst, mem.found)
	if n := len(mem.found); n > 0 && mem.repeat(text, dst[first:]) {
		dst = merge(dst[:first], mem.found)
	}
	return dst
}

// scan looks at one text as it is written.
func (s *Set) scan(mem *Scratch, text string, hint Hint) {
	if len(text) < 3 {
		return
	}
	first := len(mem.found)
	if len(mem.last) < len(s.detectors) {
		mem.last = make([]int, len(s.detectors))
	}
	mem.memo.begin(s.runs)
	mem.hits = s.anchors.Append(mem.hits[:0], text)
	for _, h := range mem.hits {
		a, end := &s.anchored[h.Literal], int(h.End)
		if end < len(text) && !a.next.has(text[end]) {
			continue
		}
		for i := range a.of {
			s.look(mem, &a.of[i], text, end, first, hint)
		}
	}
	if !hint.Structural {
		s.scanForeign(mem, text, first, hint)
		s.scanNumbers(mem, text)
	}
}

// look has one detector look at its anchor, which ends at text[to]; first is where the findings in this text begin.
func (s *Set) look(mem *Scratch, l *literal, text string, to, first int, hint Hint) {
	d := l.of
	if !l.fits(text, to) || hint.Structural && (d.rule.rank <= 0 || !l.exact(text, to)) {
		return
	}
	// Inside what this detector has found: linear time hangs on it.
	if i := mem.last[d.number]; i >= first && i < len(mem.found) {
		if f := &mem.found[i]; f.Rule == d.rule && to <= f.End && to > f.Start {
			return
		}
	}
	if start, end, ok := d.find(&mem.memo, &mem.match, text, l.text, to); ok {
		mem.last[d.number] = len(mem.found)
		mem.found = append(mem.found, Finding{start, end, d.rule})
	}
}

// merge joins findings that overlap under the name of the one of higher rank.
func merge(dst, found []Finding) []Finding {
	if len(found) > 1 {
		slices.SortFunc(found, func(a, b Finding) int {
			return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(b.Rule.rank, a.Rule.rank))
		})
	}
	first := len(dst)
	for _, f := range found {
		if n := len(dst); n > first && f.Start < dst[n-1].End {
			last := &dst[n-1]
			last.End = max(last.End, f.End)
			if f.Rule.rank > last.Rule.rank {
				last.Rule = f.Rule
			}
			continue
		}
		dst = append(dst, f)
	}
	return dst
}

// Reason says what a rule looks for, in words.
func (s *Set) Reason(rule *Rule) string {
	if rule.Group == User { // its words may be what must not be said
		return "a rule of the configuration"
	}
	for _, d := range s.detectors {
		if d.rule == rule {
			return d.reason()
		}
	}
	return "a number of the kind " + rule.ID + ", by its form and check digit"
}
