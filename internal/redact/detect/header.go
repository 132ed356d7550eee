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

// maxCookie bounds one line of cookies, in bytes.
const maxCookie = 8 << 10

var cookieEnds = charsOf("\r\n\"'`<>")

// cookie takes the whole line of a Cookie or Set-Cookie header.
func cookie(m *match) bool {
	m.start = skipGlue(m.text, m.to)
	eq := strings.IndexAny(m.text[m.start:min(len(m.text), m.start+80)], "= \r\n\"'`<>")
	if eq <= 0 || m.text[m.start+eq] != '=' {
		return false
	}
	for m.end = m.start + eq; m.end < len(m.text) && m.end-m.start < maxCookie && !cookieEnds.has(m.text[m.end]); m.end++ {
	}
	return true
}
