// Package automaton finds every occurrence of a fixed set of literals in one
// walk over the text: a dense Aho-Corasick automaton, one table load a byte.
//
// ASCII letters match in either case; a caller to whom case matters looks again
// at the occurrence, which is rare, where the walk is not. Time is linear in the
// text plus the number of occurrences. Walking does not allocate beyond the
// result.
package automaton

// Matcher finds the literals it was built from. It is immutable and safe for
// concurrent use.
type Matcher struct {
	class [256]uint8 // bytes that no literal tells apart share a class; 0 is in none
	// next is the transition table, one row of stride entries a state. A state is the
	// offset of its row. States that end a literal have the highest numbers.
	next   []uint32
	stride uint32
	accept uint32   // the lowest state that ends a literal
	ends   []uint32 // for each accepting state, where its literals begin in outs
	outs   []int32
	maxLen int
}

// Hit is one occurrence.
type Hit struct {
	Literal int32 // index of the literal in the list given to New
	End     int32 // offset of the byte after it
}

// lanes is how many parts of a text are walked at a time. Each step waits for the
// table load of the step before; independent walks hide that wait.
const lanes = 4

// Append appends all occurrences of the literals in text, overlapping ones
// included, to dst, in order of their ends.
func (m *Matcher) Append(dst []Hit, text string) []Hit {
	part := len(text) / lanes
	if part < 4*m.maxLen || part < 64 {
		dst, _ = m.walk(dst, text, 0, 0)
		return dst
	}
	var start [lanes]uint32
	for k := 1; k < lanes; k++ {
		start[k] = m.warm(text[k*part-m.maxLen+1 : k*part])
	}
	return m.walkLanes(dst, text, part, start)
}

// Contains says whether any literal occurs in text.
func (m *Matcher) Contains(text string) bool {
	s, next := uint32(0), m.next
	for i := range len(text) {
		s = next[s+uint32(m.class[text[i]])]
		if s >= m.accept {
			return true
		}
	}
	return false
}

// warm is the state after text, whose hits belong to the lane before.
func (m *Matcher) warm(text string) uint32 {
	s, next := uint32(0), m.next
	for i := range len(text) {
		s = next[s+uint32(m.class[text[i]])]
	}
	return s
}

// walk goes on from state s at text, which stands at offset base of the whole.
func (m *Matcher) walk(dst []Hit, text string, s uint32, base int) ([]Hit, uint32) {
	next, accept := m.next, m.accept
	for i := range len(text) {
		s = next[s+uint32(m.class[text[i]])]
		if s >= accept {
			dst = m.emit(dst, s, base+i+1)
		}
	}
	return dst, s
}

func (m *Matcher) walkLanes(dst []Hit, text string, part int, start [lanes]uint32) []Hit {
	next, accept, from := m.next, m.accept, len(dst)
	a, b, c, d := start[0], start[1], start[2], start[3]
	// Four slices of one length: the compiler then proves each index in range.
	ta, tb, tc, td := text[:part], text[part:2*part], text[2*part:3*part], text[3*part:4*part]
	tb, tc, td = tb[:len(ta)], tc[:len(ta)], td[:len(ta)]
	for i := range len(ta) {
		a = next[a+uint32(m.class[ta[i]])]
		b = next[b+uint32(m.class[tb[i]])]
		c = next[c+uint32(m.class[tc[i]])]
		d = next[d+uint32(m.class[td[i]])]
		if max(a, b, c, d) >= accept {
			dst = m.emit(dst, a, i+1)
			dst = m.emit(dst, b, part+i+1)
			dst = m.emit(dst, c, 2*part+i+1)
			dst = m.emit(dst, d, 3*part+i+1)
		}
	}
	dst = inOrder(dst, from, part)
	dst, _ = m.walk(dst, text[4*part:], d, 4*part)
	return dst
}

// inOrder puts dst[from:], which has the hits of all lanes as they came, lane after lane.
func inOrder(dst []Hit, from, part int) []Hit {
	end := len(dst)
	if end-from < 2 {
		return dst
	}
	for lane := range lanes {
		low, high := int32(lane*part), int32((lane+1)*part)
		for _, h := range dst[from:end] {
			if h.End > low && h.End <= high {
				dst = append(dst, h)
			}
		}
	}
	copy(dst[from:], dst[end:])
	return dst[:end]
}

func (m *Matcher) emit(dst []Hit, s uint32, end int) []Hit {
	if s < m.accept {
		return dst
	}
	k := (s - m.accept) / m.stride
	for _, literal := range m.outs[m.ends[k]:m.ends[k+1]] {
		dst = append(dst, Hit{Literal: literal, End: int32(end)})
	}
	return dst
}
