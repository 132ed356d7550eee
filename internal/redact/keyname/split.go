package keyname

import "unsafe"

// words is a name taken apart: its letters in lower case, and where its words lie.
type words struct {
	text  [maxLen]byte
	start [maxWords]uint8
	end   [maxWords]uint8
	n     int
}

// word is the i-th word. It lies in w and must not outlive it.
func (w *words) word(i int) string {
	return unsafe.String(&w.text[w.start[i]], int(w.end[i]-w.start[i]))
}

// add notes the word text[from:to]. When there are too many, the first one goes:
// what a name says stands at its end.
func (w *words) add(from, to int) {
	if from == to {
		return
	}
	if w.n == maxWords {
		copy(w.start[:], w.start[1:])
		copy(w.end[:], w.end[1:])
		w.n--
	}
	w.start[w.n], w.end[w.n] = uint8(from), uint8(to)
	w.n++
}

type kind uint8

const (
	other kind = iota
	digit
	lowerCase
	upperCase
)

func kindOf(c byte) kind {
	switch {
	case c >= 'a' && c <= 'z' || c >= 0x80:
		return lowerCase
	case c >= 'A' && c <= 'Z':
		return upperCase
	case c >= '0' && c <= '9':
		return digit
	}
	return other
}

// split takes name apart; it looks at maxLen bytes at most.
func (w *words) split(name string) {
	n, from := 0, 0
	last := other
	for i := range min(len(name), maxLen) {
		c := name[i]
		k := kindOf(c)
		cut := n
		switch {
		case k == other, last == other:
		case k == lowerCase && last == upperCase && n-from > 1:
			cut-- // the last capital of a row begins the next word: JWTToken
		case (k == digit) == (last == digit) && (k != upperCase || last != lowerCase):
			cut = from
		}
		if cut != from && (k != lowerCase || last != upperCase || n-from > 1) {
			w.add(from, cut)
			from = cut
		}
		last = k
		if k == other {
			continue
		}
		if k == upperCase {
			c |= 0x20
		}
		w.text[n] = c
		n++
	}
	w.add(from, n)
}
