package detect

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// minEncoded is the shortest base64 that is worth decoding: 15 bytes.
const minEncoded = 20

// scanBase64 looks into base64 of text: every word that is long enough is
// met by a walk in strides of half its length.
func (s *Set) scanBase64(mem *Scratch, text string, hint Hint) {
	const stride = minEncoded / 2
	for i := stride; i < len(text); i += stride {
		if !encoded.has(text[i]) || !encoded.has(text[i-stride/2]) || i+stride/2 < len(text) && !encoded.has(text[i+stride/2]) {
			continue
		}
		start, end := i, i
		for start > 0 && encoded.has(text[start-1]) {
			start--
		}
		for end < len(text) && encoded.has(text[end]) {
			end++
		}
		if end-start >= minEncoded {
			s.scanEncoded(mem, text, start, end, hint)
		}
		i = max(i, end)
	}
}

var encoded = union(base64Std, base64URL)

func (s *Set) scanEncoded(mem *Scratch, text string, start, end int, hint Hint) {
	body := strings.Trim(text[start:end], "=")
	start += strings.Index(text[start:end], body)
	// A sign of assignment is of base64's alphabet too: token=aGVsbG8...
	if i := strings.LastIndexByte(body, '='); i >= 0 {
		body, start = body[i+1:], start+i+1
	}
	enc := base64.RawStdEncoding
	if strings.ContainsAny(body, "-_") {
		enc = base64.RawURLEncoding
	}
	body = body[:len(body)&^3+len(body)&3&^1] // a single character too many stands for nothing
	if len(body) < minEncoded-4 || !decodesToText(enc, body[:min(len(body), 64)&^3]) {
		return
	}
	n := enc.DecodedLen(len(body))
	if cap(mem.decoded) < n {
		mem.decoded = make([]byte, n)
	}
	n, err := enc.Decode(mem.decoded[:n], []byte(body))
	if err != nil && n < 12 {
		return
	}
	first := len(mem.found)
	s.scan(mem, view(mem.decoded[:n]), hint)
	if len(mem.found) > first {
		mem.found = append(mem.found[:first], Finding{start, end, mem.found[first].Rule})
	}
}

// decodesToText says whether the beginning of what body stands for is text.
func decodesToText(enc *base64.Encoding, body string) bool {
	var buf [48]byte
	n, err := enc.Decode(buf[:], []byte(body))
	if err != nil || n == 0 {
		return false
	}
	for i := 0; i < n; {
		r, size := utf8.DecodeRune(buf[i:n])
		if r == utf8.RuneError && size == 1 && i < n-3 || r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
			return false
		}
		i += size
	}
	return true
}
