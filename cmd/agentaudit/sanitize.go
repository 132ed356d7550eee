package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// sanitize makes text safe to print: control characters, escape sequences, bidirectional overrides, invisible
// characters and bytes that are no UTF-8 become visible escapes as in Go (\n, \x1b, \u202e). A backslash becomes two,
// so that an escape in the output always stands for something that was there.
func sanitize(s string) string {
	return escape(s, func(b *strings.Builder, r rune, raw string) {
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == utf8.RuneError && len(raw) == 1:
			fmt.Fprintf(b, `\x%02x`, raw[0])
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
	}, '\\')
}

// sanitizeJSON does the same for valid JSON text, in JSON's own escapes, so that the text still stands for the same
// values.
func sanitizeJSON(s string) string {
	return escape(s, func(b *strings.Builder, r rune, _ string) {
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
			return
		}
		fmt.Fprintf(b, `\u%04x`, r)
	}, -1)
}

// escape replaces what is not printable, and the rune also, by what write writes for it; raw holds the bytes of r.
func escape(s string, write func(b *strings.Builder, r rune, raw string), also rune) string {
	var b strings.Builder
	done := 0 // up to where s is in b
	for i, r := range s {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(s[i:]) // 1 for a byte that is no UTF-8
		}
		if strconv.IsPrint(r) && r != also && (r != utf8.RuneError || size > 1) {
			continue
		}
		b.WriteString(s[done:i])
		write(&b, r, s[i:i+size])
		done = i + size
	}
	if done == 0 {
		return s // nothing was replaced
	}
	b.WriteString(s[done:])
	return b.String()
}
