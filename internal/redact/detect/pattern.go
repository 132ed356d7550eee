package detect

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// charset is a set of bytes.
type charset [4]uint64

func (c *charset) has(b byte) bool { return c[b>>6]&(1<<(b&63)) != 0 }

func (c *charset) add(b byte) { c[b>>6] |= 1 << (b & 63) }

func (c *charset) addRange(from, to byte) {
	for b := int(from); b <= int(to); b++ {
		c.add(byte(b))
	}
}

// members lists the bytes of the set.
func (c *charset) members() (list []byte) {
	for b := range 256 {
		if c.has(byte(b)) {
			list = append(list, byte(b))
		}
	}
	return list
}

// charsOf makes a set of a bracket expression without its brackets: bytes and ranges.
// \w is 0-9A-Za-z_, \d is 0-9; any other byte after a backslash stands for itself, and a dash
// that stands last too.
func charsOf(expr string) (c charset) {
	for i := 0; i < len(expr); i++ {
		b := expr[i]
		if b == '\\' && i+1 < len(expr) {
			i++
			switch expr[i] {
			case 'w':
				c.addRange('0', '9')
				c.addRange('A', 'Z')
				c.addRange('a', 'z')
				c.add('_')
			case 'd':
				c.addRange('0', '9')
			default:
				c.add(expr[i])
			}
			continue
		}
		if i+2 < len(expr) && expr[i+1] == '-' {
			c.addRange(b, expr[i+2])
			i += 2
			continue
		}
		c.add(b)
	}
	return c
}

func union(a, b charset) charset {
	for i := range a {
		a[i] |= b[i]
	}
	return a
}

var (
	word      = charsOf("0-9A-Za-z_")
	alnum     = charsOf("0-9A-Za-z")
	hexDigits = charsOf("0-9a-fA-F")
	base64Std = charsOf("0-9A-Za-z+/=")
	base64URL = charsOf(`0-9A-Za-z_\-`)
)

// element is a stretch of bytes of one set.
type element struct {
	set       charset
	min, max  int
	unbounded bool // max is only how far it is judged
	run       int  // number of the set, if runs of it are noted
}

// open is the max of an element without an upper bound. It is judged by so many bytes; a match
// goes on as long as the bytes are of its set.
const open = 128

// pattern is elements in a row. Each takes as much as it can, and none gives back:
// matching is linear, and a row must be written so that it needs no more.
type pattern []element

// parsePattern reads elements: a byte, or a set in brackets, or \d or \w, each with {n}, {n,} {n,m} or ? after it.
func parsePattern(expr string) (pattern, error) {
	var p pattern
	for i := 0; i < len(expr); {
		e := element{min: 1, max: 1}
		switch {
		case expr[i] == '[':
			end := strings.IndexByte(expr[i:], ']')
			if end < 0 {
				return nil, fmt.Errorf("pattern %q: missing ]", expr)
			}
			e.set = charsOf(expr[i+1 : i+end])
			i += end + 1
		case expr[i] == '\\' && i+1 < len(expr):
			e.set = charsOf(expr[i : i+2])
			i += 2
		default:
			e.set.add(expr[i])
			i++
		}
		n, err := e.parseCount(expr[i:])
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", expr, err)
		}
		if i += n; e.unbounded && i < len(expr) {
			return nil, fmt.Errorf("pattern %q: an element without a bound must be the last", expr)
		}
		p = append(p, e)
	}
	return p, nil
}

// parseCount reads what may follow an element and returns its length.
func (e *element) parseCount(expr string) (int, error) {
	if strings.HasPrefix(expr, "?") {
		e.min = 0
		return 1, nil
	}
	if !strings.HasPrefix(expr, "{") {
		return 0, nil
	}
	end := strings.IndexByte(expr, '}')
	if end < 0 {
		return 0, fmt.Errorf("missing }")
	}
	from, to, ranged := strings.Cut(expr[1:end], ",")
	var err error
	if e.min, err = strconv.Atoi(from); err != nil {
		return 0, err
	}
	switch {
	case !ranged:
		e.max = e.min
	case to == "":
		e.max, e.unbounded = max(open, e.min), true
	default:
		if e.max, err = strconv.Atoi(to); err != nil {
			return 0, err
		}
	}
	return end + 1, nil
}

// after returns the index where the pattern, begun at text[i], ends.
func (p pattern) after(k *memo, text string, i int) (int, bool) {
	for n := range p {
		e := &p[n]
		limit := min(len(text), i+e.max)
		from := i
		if e.run > 0 {
			i = k.runs[e.run].behind(k.scan, &e.set, text, i, limit)
		} else {
			for i < limit && e.set.has(text[i]) {
				i++
			}
		}
		if i-from < e.min {
			return 0, false
		}
	}
	return i, true
}

// before returns the index where the pattern, ended at text[i], begins.
func (p pattern) before(text string, i int) (int, bool) {
	for k := len(p) - 1; k >= 0; k-- {
		e := &p[k]
		limit := max(0, i-e.max)
		from := i
		for i > limit && e.set.has(text[i-1]) {
			i--
		}
		if from-i < e.min {
			return 0, false
		}
	}
	return i, true
}

// extend returns how far a match that ends at text[i] goes on, if its last element has no bound.
func (p pattern) extend(text string, i int) int {
	if len(p) == 0 || !p[len(p)-1].unbounded {
		return i
	}
	for set := &p[len(p)-1].set; i < len(text) && set.has(text[i]); {
		i++
	}
	return i
}

// random makes a text that matches. Lengths without a bound stay near their minimum.
func (p pattern) random(rng *rand.Rand) string {
	var b []byte
	for i := range p {
		e := &p[i]
		set := e.set.members()
		for range e.min + rng.IntN(min(e.max-e.min, 20)+1) {
			b = append(b, set[rng.IntN(len(set))])
		}
	}
	return string(b)
}
