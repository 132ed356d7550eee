package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// format is one row of the table.
type format struct {
	id string
	// anchors are literals, split by spaces, one of which is in each text that matches. They
	// match as written, or in either case if fold is set.
	anchors string
	fold    bool
	// left and right are patterns for what stands before and behind the anchor.
	left, right string
	// inner says that the match may begin inside a word. Otherwise no letter or digit may stand
	// before it, nor a character of the first set behind a left pattern.
	inner bool
	// loose says that a letter or digit may stand right behind a match of full length.
	loose bool
	// foreign says that the anchors are of another script: they are looked for in what is not ASCII alone.
	foreign bool
	check   check
	source  string // where the format is published, or seen
	// example makes a random text that matches, where left, anchor and right alone cannot.
	example func(*rand.Rand) string
	// context is put before an example, for a format that is known by what stands beside it.
	context string

	group    string   // set from the list that the row stands in
	literals []string // anchors that are not split, for rules of users
}

// detector is a format compiled.
type detector struct {
	format
	rule        *Rule
	number      int // in the set
	list        []string
	left, right pattern
}

func compile(f format) (*detector, error) {
	d := &detector{format: f, rule: &Rule{ID: f.id, Group: f.group}, list: f.literals}
	for a := range strings.FieldsSeq(f.anchors) {
		d.list = append(d.list, strings.ReplaceAll(a, "␣", " ")) // a blank inside an anchor
	}
	var err error
	if d.left, err = parsePattern(f.left); err != nil {
		return nil, fmt.Errorf("%s: left %w", f.id, err)
	}
	if d.right, err = parsePattern(f.right); err != nil {
		return nil, fmt.Errorf("%s: right %w", f.id, err)
	}
	return d, nil
}

// tellingAnchor is the length of an anchor that no chance brings: what follows it may look like a placeholder.
const tellingAnchor = 4

// rareAnchor is the length of an anchor that is not in a picture of megabytes in base64.
const rareAnchor = 6

// find looks at the anchor that ends at text[to]. m is memory: a match of its own would be
// allocated, since checks are called through the table.
func (d *detector) find(k *memo, m *match, text, anchor string, to int) (start, end int, ok bool) {
	at := to - len(anchor)
	if len(d.left) == 0 {
		start = at
	} else if start, ok = d.left.before(text, at); !ok {
		return 0, 0, false
	}
	if !d.inner && start > 0 && (alnum.has(text[start-1]) || len(d.left) > 0 && d.left[0].set.has(text[start-1])) && !colored(text, start) {
		return 0, 0, false
	}
	*m = match{text: text, memo: k, at: at, to: to, start: start}
	if m.end, ok = d.right.after(k, text, to); !ok || !d.loose && d.cut(text, m.end) || len(anchor) < tellingAnchor && !varied(m.body()) {
		return 0, 0, false
	}
	if len(anchor) < rareAnchor && !d.inner && k.inBlob(text, m.start, m.end) {
		return 0, 0, false
	}
	if d.check != nil && !d.check(m) {
		return 0, 0, false
	}
	if d.check == nil || m.end > to {
		m.end = d.right.extend(text, m.end)
	}
	return m.start, m.end, m.start < m.end
}

// colored says whether a terminal's sequence of a colour, ESC [ 1;93 m, ends at text[i]: it is no part of the word behind it.
func colored(text string, i int) bool {
	if text[i-1] != 'm' {
		return false
	}
	k := i - 1
	for k > 0 && i-k < 16 && (isDigit(text[k-1]) || text[k-1] == ';') {
		k--
	}
	return k > 0 && text[k-1] == '['
}

// cut says whether the match ends in the middle of a longer word.
func (d *detector) cut(text string, end int) bool {
	n := len(d.right)
	if n == 0 || end == len(text) || !alnum.has(text[end]) {
		return false
	}
	last := &d.right[n-1]
	return !last.unbounded || !last.set.has(text[end])
}

// random makes a text that the detector finds.
func (d *detector) random(rng *rand.Rand) string {
	if d.example != nil {
		return d.example(rng)
	}
	return d.left.random(rng) + d.list[rng.IntN(len(d.list))] + d.right.random(rng)
}

// reason says in words what the row looks for.
func (d *detector) reason() string {
	anchors := d.list
	more := ""
	if len(anchors) > 6 {
		anchors, more = anchors[:6], " …"
	}
	text := fmt.Sprintf("anchor %q%s", anchors, more)
	if d.format.left != "" {
		text += " behind " + d.format.left
	}
	if d.format.right != "" {
		text += " before " + d.format.right
	}
	if d.check != nil {
		text += ", checked"
	}
	if d.source != "" {
		text += " (" + d.source + ")"
	}
	return text
}
