package dialect

import (
	"cmp"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// Indexed is a family of attributes that spell out a list, an attribute for each leaf:
// llm.input_messages.0.message.role. They are put together again as one JSON array, in the order of
// the indexes, which may have gaps.
type Indexed struct {
	Prefix string // all that stands before the first index
	Field  Field
}

// What one source may spell out. Honest emitters stay far below: the OTel SDKs keep 128 attributes
// unless told otherwise. What exceeds it is left out, and the event says so.
const (
	maxFlatKeys  = 1 << 14
	maxFlatDepth = 12
	maxFlatBytes = 8 << 20
	maxDigits    = 6 // of an index; a longer one is a name
)

// family is an Indexed compiled.
type family struct {
	dialect int
	prefix  string
	field   Field
	rank    uint16
}

// leaf is one attribute of a family.
type leaf struct {
	family *family
	path   string // behind the prefix
	value  pcommon.Value
}

// readIndexed keeps an attribute of a family until all are there.
func (f *Facts) readIndexed(key string, value pcommon.Value) (taken bool) {
	for i := range families[head(key)] {
		fam := &families[head(key)][i]
		if !f.Dialects.has(fam.dialect) || !strings.HasPrefix(key, fam.prefix) {
			continue
		}
		path := key[len(fam.prefix):]
		segment, _ := cutSegment(path)
		if !isIndex(segment) || unsafePath(path) {
			continue
		}
		size := len(path)
		if value.Type() == pcommon.ValueTypeStr {
			size += len(value.Str())
		}
		if fam.field == Ignored {
			return true
		}
		if len(f.leaves) >= maxFlatKeys || f.leafBytes+size > maxFlatBytes || strings.Count(path, ".") >= maxFlatDepth {
			f.Cut(fam.field)
			return true
		}
		f.leafBytes += size
		f.leaves = append(f.leaves, leaf{fam, path, value})
		return true
	}
	return false
}

// unsafePath says that a segment would change the prototype of an object in a JavaScript reader.
func unsafePath(path string) bool {
	for path != "" {
		var segment string
		segment, path = cutSegment(path)
		if segment == "__proto__" || segment == "constructor" || segment == "prototype" {
			return true
		}
	}
	return false
}

// readLeaves puts the families together and sets their fields.
func (f *Facts) readLeaves() {
	if len(f.leaves) == 0 {
		return
	}
	slices.SortStableFunc(f.leaves, func(a, b leaf) int {
		return cmp.Or(cmp.Compare(a.family.rank, b.family.rank), comparePaths(a.path, b.path))
	})
	for rest := f.leaves; len(rest) > 0; {
		fam, n := rest[0].family, 1
		for n < len(rest) && rest[n].family == fam {
			n++
		}
		if s := &f.slots[fam.field]; s.rank == 0 || fam.rank < s.rank {
			var text []byte
			text = f.appendTree(text, rest[:n], 0)
			*s = slot{pcommon.NewValueStr(string(text)), fam.rank, ""}
		}
		rest = rest[n:]
	}
	clear(f.leaves)
	f.leaves, f.leafBytes = f.leaves[:0], 0
}

// appendTree appends as JSON what leaves, sorted and alike in the first at bytes of their paths,
// say behind those.
func (f *Facts) appendTree(dst []byte, leaves []leaf, at int) []byte {
	if len(leaves[0].path) <= at {
		if len(leaves) > 1 { // a leaf that has leaves, or the same one twice
			f.Cut(leaves[0].family.field)
		}
		return appendJSON(dst, leaves[0].value, 0)
	}
	first, _ := cutSegment(leaves[0].path[at:])
	last, _ := cutSegment(leaves[len(leaves)-1].path[at:])
	isArray := isIndex(first) && isIndex(last)
	open, end := byte('{'), byte('}')
	if isArray {
		open, end = '[', ']'
	}
	dst = append(dst, open)
	for i := 0; i < len(leaves); {
		segment, _ := cutSegment(leaves[i].path[at:])
		n := 1
		for i+n < len(leaves) && sameSegment(leaves[i+n].path[at:], segment) {
			n++
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		next := at + len(segment) + 1
		if isArray {
			next = skipWrapper(leaves[i:i+n], next)
		} else {
			dst = append(jsontext.AppendQuoted(dst, segment), ':')
		}
		dst = f.appendTree(dst, leaves[i:i+n], next)
		i += n
	}
	return append(dst, end)
}

// wrappers are the names that OpenInference puts between an index and the element's own keys.
var wrappers = []string{"message.", "document.", "tool.", "tool_call.", "message_content.", "annotation.", "evaluation."}

// skipWrapper returns the offset behind the wrapper of an element, if all its leaves have it.
func skipWrapper(leaves []leaf, at int) int {
	for _, w := range wrappers {
		has := func(l leaf) bool { return len(l.path) > at && strings.HasPrefix(l.path[at:], w) }
		if has(leaves[0]) && has(leaves[len(leaves)-1]) { // they are sorted
			return at + len(w)
		}
	}
	return at
}

func cutSegment(path string) (segment, rest string) {
	segment, rest, _ = strings.Cut(path, ".")
	return segment, rest
}

func sameSegment(path, segment string) bool {
	return strings.HasPrefix(path, segment) && (len(path) == len(segment) || path[len(segment)] == '.')
}

func isIndex(segment string) bool {
	if segment == "" || len(segment) > maxDigits {
		return false
	}
	for i := range len(segment) {
		if segment[i] < '0' || segment[i] > '9' {
			return false
		}
	}
	return true
}

// comparePaths orders paths segment by segment, indexes by number and before names.
func comparePaths(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a = cutSegment(a)
		y, b = cutSegment(b)
		if x == y {
			continue
		}
		switch i, j := isIndex(x), isIndex(y); {
		case i && j:
			if c := compareIndexes(x, y); c != 0 {
				return c
			}
		case i:
			return -1
		case j:
			return 1
		}
		return strings.Compare(x, y)
	}
	return cmp.Compare(len(a), len(b))
}

func compareIndexes(x, y string) int {
	x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
}
