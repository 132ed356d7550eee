package jsontext

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// AppendQuoted appends s as a JSON string: only what RFC 8259 demands is
// escaped, and bytes that are not UTF-8 become U+FFFD.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	b := view(s)
	for i := 0; ; {
		n := plainLen(b[i:])
		dst = append(dst, b[i:i+n]...)
		i += n
		if i >= len(b) {
			return append(dst, '"')
		}
		c := b[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(b[i:])
			if n == 1 {
				dst = utf8.AppendRune(dst, r)
			} else {
				dst = append(dst, b[i:i+n]...)
			}
			i += n
			continue
		}
		dst = appendEscape(dst, c)
		i++
	}
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}

// Quote is AppendQuoted into a new string.
func Quote(s string) string {
	return string(AppendQuoted(make([]byte, 0, len(s)+2), s))
}
