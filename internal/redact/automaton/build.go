package automaton

// New builds a matcher. Empty literals match nowhere.
func New(literals []string) *Matcher {
	m := &Matcher{maxLen: 1}
	m.classify(literals)
	t := newTrie(m, literals)
	t.link()
	t.freeze(m)
	return m
}

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b | 0x20
	}
	return b
}

// classify gives each byte that occurs in a literal a class of its own, letters
// in both cases the same.
func (m *Matcher) classify(literals []string) {
	n := uint32(1)
	for _, l := range literals {
		m.maxLen = max(m.maxLen, len(l))
		for _, b := range []byte(l) {
			if b = lower(b); m.class[b] == 0 {
				m.class[b] = uint8(n)
				n++
			}
		}
	}
	for b := byte('A'); b <= 'Z'; b++ {
		m.class[b] = m.class[lower(b)]
	}
	// A power of two, so that rows do not straddle more cache lines than they must.
	for m.stride = 1; m.stride < n; {
		m.stride *= 2
	}
}

type node struct {
	to   []int32
	fail int32
	outs []int32
}

type trie struct{ nodes []node }

func newTrie(m *Matcher, literals []string) *trie {
	t := &trie{nodes: []node{{to: make([]int32, m.stride)}}}
	for id, l := range literals {
		if l == "" {
			continue
		}
		cur := int32(0)
		for _, b := range []byte(l) {
			c := m.class[b]
			if t.nodes[cur].to[c] == 0 {
				t.nodes = append(t.nodes, node{to: make([]int32, m.stride)})
				t.nodes[cur].to[c] = int32(len(t.nodes) - 1)
			}
			cur = t.nodes[cur].to[c]
		}
		t.nodes[cur].outs = append(t.nodes[cur].outs, int32(id))
	}
	return t
}

// link makes the trie a complete automaton: breadth first, each missing edge is
// that of the longest proper suffix, whose row is complete by then.
func (t *trie) link() {
	var queue []int32
	for _, to := range t.nodes[0].to {
		if to != 0 {
			queue = append(queue, to)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		n := &t.nodes[queue[0]]
		fail := &t.nodes[n.fail]
		n.outs = append(n.outs, fail.outs...)
		for c, to := range n.to {
			if to == 0 {
				n.to[c] = fail.to[c]
				continue
			}
			t.nodes[to].fail = fail.to[c]
			queue = append(queue, to)
		}
	}
}

// freeze writes the table, accepting states last.
func (t *trie) freeze(m *Matcher) {
	order := make([]int, 0, len(t.nodes))
	for i := range t.nodes {
		if len(t.nodes[i].outs) == 0 {
			order = append(order, i)
		}
	}
	m.accept = uint32(len(order)) * m.stride
	for i := range t.nodes {
		if outs := t.nodes[i].outs; len(outs) > 0 {
			order = append(order, i)
			m.ends = append(m.ends, uint32(len(m.outs)))
			m.outs = append(m.outs, outs...)
		}
	}
	m.ends = append(m.ends, uint32(len(m.outs)))

	state := make([]uint32, len(t.nodes))
	for row, i := range order {
		state[i] = uint32(row) * m.stride
	}
	m.next = make([]uint32, len(t.nodes)*int(m.stride))
	for i := range t.nodes {
		for c, to := range t.nodes[i].to {
			m.next[int(state[i])+c] = state[to]
		}
	}
}
