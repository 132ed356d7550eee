package jsontext

import (
	"encoding/binary"
	"unicode/utf8"
	"unsafe"
)

// view gives the bytes of s without a copy. They are only ever read.
func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainLen returns how many bytes at the front of b need no attention inside a
// JSON string: printable ASCII other than '"' and '\\'. Eight bytes a step; the
// bit tricks are the classic "has a byte less than n" and "has a zero byte".
func plainLen(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote := w ^ ('"' * lows)
		slash := w ^ ('\\' * lows)
		hits := (w-0x20*lows)&^w | w | (quote-lows)&^quote | (slash-lows)&^slash
		if hits&highs != 0 {
			break
		}
	}
	for i < len(b) && class[b[i]]&special == 0 {
		i++
	}
	return i
}

const (
	special = 1 << iota // ends a run of plain string bytes
	space
	digit
)

// class sorts bytes for the scanners.
var class = func() (t [256]uint8) {
	for c := range 256 {
		if c < 0x20 || c == '"' || c == '\\' || c >= 0x80 {
			t[c] |= special
		}
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			t[c] |= space
		}
		if c >= '0' && c <= '9' {
			t[c] |= digit
		}
	}
	return t
}()

func skipSpace(b []byte, i int) int {
	for i < len(b) && class[b[i]]&space != 0 {
		i++
	}
	return i
}

// skipString returns the index after the string whose opening quote is b[i].
func skipString(b []byte, i int) (int, error) {
	for i++; ; {
		i += plainLen(b[i:])
		if i >= len(b) {
			return i, ErrSyntax
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, nil
		case c == '\\':
			n := escapeLen(b[i:])
			if n == 0 {
				return i, ErrSyntax
			}
			i += n
		case c >= utf8.RuneSelf:
			_, n := utf8.DecodeRune(b[i:])
			if n == 1 {
				return i, ErrSyntax
			}
			i += n
		default:
			return i, ErrSyntax
		}
	}
}

// escapeLen returns the length of the escape at the front of b, 0 if malformed.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

// hex4 reads the four digits of a \u escape.
func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// skipNumber returns the index after the number that starts at b[i]
// (RFC 8259 section 6).
func skipNumber(b []byte, i int) (int, error) {
	digits := func() bool {
		from := i
		for i < len(b) && class[b[i]]&digit != 0 {
			i++
		}
		return i > from
	}
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return i, ErrSyntax
	}
	if i < len(b) && b[i] == '.' {
		i++
		if !digits() {
			return i, ErrSyntax
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return i, ErrSyntax
		}
	}
	return i, nil
}

// skipScalar returns the index after the string, number or literal at b[i].
func skipScalar(b []byte, i int) (int, error) {
	if i >= len(b) {
		return i, ErrSyntax
	}
	literal := ""
	switch c := b[i]; {
	case c == '"':
		return skipString(b, i)
	case c == '-' || class[c]&digit != 0:
		return skipNumber(b, i)
	case c == 't':
		literal = "true"
	case c == 'f':
		literal = "false"
	case c == 'n':
		literal = "null"
	default:
		return i, ErrSyntax
	}
	if len(b)-i < len(literal) || string(b[i:i+len(literal)]) != literal {
		return i, ErrSyntax
	}
	return i + len(literal), nil
}
