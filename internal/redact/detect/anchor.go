package detect

import "strings"

// anchor is one text and the detectors that have it for an anchor.
type anchor struct {
	next charset // what may stand behind it, for any of them
	of   []literal
}

// literal is an anchor of one detector.
type literal struct {
	text string
	of   *detector
	fold bool
	next *charset // what must stand behind it, if anything must
}

// fits says whether the anchor that ends at text[to] is worth a closer look.
func (l *literal) fits(text string, to int) bool {
	if l.next != nil && (to == len(text) || !l.next.has(text[to])) {
		return false
	}
	return l.fold || text[to-len(l.text):to] == l.text
}

// exact says whether the anchor that ends at text[to] cannot be there by chance, as one of three letters
// can in the ids of a million events.
func (l *literal) exact(text string, to int) bool {
	at := to - len(l.text)
	switch l.text {
	case "AKIA", "ASIA", "AIza", "eyJ": // short, but what follows is narrow
	default:
		if len(l.text) < tellingAnchor || len(l.text) < rareAnchor && !strings.ContainsAny(l.text, "_-.:") {
			return false
		}
	}
	return at == 0 || !word.has(text[at-1])
}
