package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// use says that some dialect knows a key.
type use struct {
	dialect int
	field   Field
	rank    uint16
}

// mark says whom the head of a key marks.
type mark struct {
	set   Set
	whole bool // some dialect is marked by a whole key with this head
}

// The tables, compiled once for all dialects.
var (
	uses     = map[string][]use{}
	families = map[string][]family{} // by the head of the prefix
	heads    = map[string]mark{}
	markers  = map[string]Set{}
	scopes   = prefixes{}
	logs     = prefixes{}
	service  = map[string]Set{}
	loose    Set
)

// prefixes maps beginnings of names to those whom they mark, by their first byte.
type prefixes [256][]prefix

type prefix struct {
	text string
	set  Set
}

func (p *prefixes) add(text string, set Set) {
	p[text[0]] = append(p[text[0]], prefix{text, set})
}

func (p *prefixes) match(name string) (s Set) {
	if name == "" {
		return 0
	}
	for _, x := range p[name[0]] {
		if strings.HasPrefix(name, x.text) {
			s |= x.set
		}
	}
	return s
}

// keysPerDialect bounds a dialect's keys, so that a rank holds both their places.
const keysPerDialect = 1 << 9

func init() { //nolint:gochecknoinits // compiles the tables above, which nothing else writes
	for i, d := range Dialects {
		s := Set(1 << i)
		if d.Loose {
			loose |= s
		}
		for _, h := range d.Heads {
			heads[h] = mark{heads[h].set | s, heads[h].whole}
		}
		for _, m := range d.Markers {
			markers[m] |= s
			h := head(m)
			heads[h] = mark{heads[h].set, true}
		}
		for _, p := range d.Scopes {
			scopes.add(p, s)
		}
		for _, p := range d.Logs {
			logs.add(p, s)
		}
		for _, n := range d.Services {
			service[n] |= s
		}
		for j, x := range d.Indexed {
			rank := uint16(i*keysPerDialect + len(d.Keys) + j + 1) //nolint:gosec // bounded, see the test
			families[head(x.Prefix)] = append(families[head(x.Prefix)], family{i, x.Prefix, x.Field, rank})
		}
		for j, k := range d.Keys {
			uses[k.Name] = append(uses[k.Name], use{i, k.Field, uint16(i*keysPerDialect + j + 1)}) //nolint:gosec // bounded, see the test
		}
	}
}

// head returns the part of a key before the first '.' or ':'.
func head(key string) string {
	for i := range len(key) {
		if key[i] == '.' || key[i] == ':' {
			return key[:i]
		}
	}
	return key
}

// Marks are the dialects that a scope and its resource already tell.
func Marks(scope string, resource pcommon.Map) Set {
	s := scopes.match(scope)
	if name, ok := resource.Get("service.name"); ok {
		s |= service[name.Str()]
	}
	return s
}

func marksOf(attributes pcommon.Map) (s Set) {
	for key := range attributes.All() {
		m := heads[head(key)]
		s |= m.set
		if m.whole {
			s |= markers[key]
		}
	}
	return s
}

// sure leaves out the dialects that only guess, unless there is no other.
func (s Set) sure() Set {
	if s&^loose != 0 {
		return s &^ loose
	}
	return s
}

// RecogniseSpan says which dialects a span speaks, given the marks of its scope; none
// if it is no agent's.
func RecogniseSpan(span ptrace.Span, marks Set) Set {
	s := marks | marksOf(span.Attributes())
	for i := range span.Events().Len() {
		s |= logs.match(span.Events().At(i).Name())
	}
	return s.sure()
}

// RecogniseLog says the same of a log record.
func RecogniseLog(record plog.LogRecord, marks Set) Set {
	return (marks | marksOf(record.Attributes()) | logs.match(EventName(record))).sure()
}

// readAttributes sets fields from attributes; what no field takes goes to the rest.
func (f *Facts) readAttributes(attributes pcommon.Map) {
	for key, value := range attributes.All() {
		if !f.readAttribute(key, value) && !f.readIndexed(key, value) {
			f.Rest = append(f.Rest, Attribute{key, value})
		}
	}
	for i, d := range Dialects {
		if f.Dialects.has(i) {
			for j := range d.Documents {
				f.readDocument(&d.Documents[j], attributes)
			}
		}
	}
}

func (f *Facts) readAttribute(key string, value pcommon.Value) (taken bool) {
	if value.Type() == pcommon.ValueTypeEmpty {
		return true
	}
	for _, u := range uses[key] {
		if !f.Dialects.has(u.dialect) {
			continue
		}
		if u.field == Ignored || isVoid(kinds[u.field], value) {
			taken = true
			continue
		}
		if !fits(kinds[u.field], value) {
			continue
		}
		taken = true
		s := &f.slots[u.field]
		switch {
		case s.rank == 0:
			*s = slot{value, u.rank, key}
		case s.value.Equal(value):
		case u.rank < s.rank:
			if s.key != "" {
				f.Rest = append(f.Rest, Attribute{s.key, s.value})
			}
			*s = slot{value, u.rank, key}
		default:
			taken = false
		}
	}
	return taken
}
