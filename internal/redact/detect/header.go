package detect

import (
	"encoding/base64"
	"strings"
)

// basicAuth wants base64 of user:password.
func basicAuth(m *match) bool {
	text := strings.TrimRight(m.text[m.start:m.end], "=")
	plain, err := base64.RawStdEncoding.DecodeString(text)
	return err == nil && strings.IndexByte(string(plain), ':') >= 0
}

// authorization takes the credentials behind the name of the header.
func authorization(m *match) bool {
	i := skipGlue(m.text, m.to)
	start := i
	for i < len(m.text) && m.text[i] > ' ' && strings.IndexByte("\"'`\\<>,;", m.text[i]) < 0 {
		i++
	}
	if i < len(m.text) && m.text[i] == ' ' && i-start < 20 { // a scheme stands first
		rest := i + 1
		for i = rest; i < len(m.text) && m.text[i] > ' ' && strings.IndexByte("\"'`\\<>", m.text[i]) < 0; i++ {
		}
		start = rest
	}
	m.start, m.end = start, i
	v := m.text[start:i]
	return len(v) >= 6 && !isReference(v) && !isStars(v) && (mixed(v) || len(v) >= 16)
}
