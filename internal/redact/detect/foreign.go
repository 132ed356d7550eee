package detect

import (
	"encoding/binary"
	"unsafe"

	"github.com/agentaudit/agentaudit/internal/redact/automaton"
)

// foreign are the anchors of other scripts. They have an automaton of their own, which walks over what is not ASCII alone:
// their bytes would double the table that all text is walked with.
type foreign struct {
	of      []literal
	anchors *automaton.Matcher
}

func (f *foreign) compile() {
	var texts []string
	for _, l := range f.of {
		texts = append(texts, l.text)
	}
	f.anchors = automaton.New(texts)
}

// scanForeign looks at the stretches of text that are not ASCII.
func (s *Set) scanForeign(mem *Scratch, text string, first int, hint Hint) {
	if len(s.foreign.of) == 0 {
		return
	}
	for i := ascii(text); i < len(text); i += ascii(text[i:]) {
		start := i
		for i < len(text) && text[i] >= 0x80 {
			i++
		}
		if i-start < 4 {
			continue // a letter, a dash, a quote
		}
		mem.hits = s.foreign.anchors.Append(mem.hits[:0], text[start:i])
		for _, h := range mem.hits {
			s.look(mem, &s.foreign.of[h.Literal], text, start+int(h.End), first, hint)
		}
	}
}

// ascii is the length of the beginning of text that is ASCII.
func ascii(text string) int {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		if binary.LittleEndian.Uint64(unsafe.Slice(unsafe.StringData(text[i:]), 8))&0x8080808080808080 != 0 {
			break
		}
	}
	for i < len(text) && text[i] < 0x80 {
		i++
	}
	return i
}
