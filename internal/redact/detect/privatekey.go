package detect

import "strings"

// maxKey bounds the armour of a private key, in bytes.
const maxKey = 32 << 10

// pemBegin takes a private key from its first line to its last, or as far as its
// text goes where that is cut off.
func pemBegin(m *match) bool {
	head := m.text[m.to:min(len(m.text), m.to+60)]
	label := strings.Index(head, "PRIVATE KEY")
	if label < 0 || strings.ContainsAny(head[:label], "-\r\n") {
		return false
	}
	m.start = m.at
	window := m.text[m.to:min(len(m.text), m.to+maxKey)]
	if i := strings.Index(window, "-----END "); i >= 0 {
		m.end = m.to + i + len("-----END ")
		if j := strings.Index(m.text[m.end:min(len(m.text), m.end+60)], "-----"); j >= 0 {
			m.end += j + 5
		}
		return true
	}
	m.end = m.to + label + len("PRIVATE KEY")
	for m.end < len(m.text) && m.end-m.to < maxKey && (armour.has(m.text[m.end])) {
		m.end++
	}
	return true
}

// pemEnd takes the rest of a private key whose first line is cut off.
func pemEnd(m *match) bool {
	tail := m.text[m.to:min(len(m.text), m.to+60)]
	label := strings.Index(tail, "PRIVATE KEY")
	if label < 0 || strings.ContainsAny(tail[:label], "-\r\n") {
		return false
	}
	m.start = m.at
	for m.start > 0 && m.at-m.start < maxKey && armour.has(m.text[m.start-1]) && m.text[m.start-1] != '-' {
		m.start--
	}
	m.end = m.to + label + len("PRIVATE KEY")
	for m.end < len(m.text) && (m.text[m.end] == '-' || hasFold(m.text[m.end:], " block")) {
		m.end++
	}
	return m.at-m.start >= 16
}

// armour is what the lines of a key are made of, headers such as "Proc-Type: 4,ENCRYPTED" included.
var armour = charsOf("0-9A-Za-z+/=\\-:,. \\\\\r\n\t")
