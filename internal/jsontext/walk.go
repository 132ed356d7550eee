package jsontext

import (
	"iter"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the kind of a JSON value, known by its first byte.
type Kind byte

// The kinds. Invalid stands for text that begins no JSON value.
const (
	Invalid Kind = 0
	Null    Kind = 'n'
	Bool    Kind = 't'
	Number  Kind = '0'
	String  Kind = '"'
	Array   Kind = '['
	Object  Kind = '{'
)

// KindOf looks at the first byte of s after white space. It does not check the rest.
func KindOf(s string) Kind {
	i := skipSpace(view(s), 0)
	if i == len(s) {
		return Invalid
	}
	switch c := s[i]; c {
	case '{', '[', '"', 'n', 't':
		return Kind(c)
	case 'f':
		return Bool
	default:
		if c == '-' || class[c]&digit != 0 {
			return Number
		}
		return Invalid
	}
}

// Elements yields the text of each element of the array s, in order. It ends at
// the first malformed element; check s first where that matters.
func Elements(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		b := view(s)
		i := skipSpace(b, 0)
		if i >= len(b) || b[i] != '[' {
			return
		}
		for i = skipSpace(b, i+1); i < len(b) && b[i] != ']'; {
			end, _, err := skipValue(b, i)
			if err != nil || !yield(s[i:end]) {
				return
			}
			if i = skipSpace(b, end); i >= len(b) || b[i] != ',' {
				return
			}
			i = skipSpace(b, i+1)
		}
	}
}

// Members yields the members of the object s, in order: the key as it stands
// between its quotes (escapes and all), and the text of its value. It ends at
// the first malformed member.
func Members(s string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		b := view(s)
		i := skipSpace(b, 0)
		if i >= len(b) || b[i] != '{' {
			return
		}
		gap := func(i int) int { return skipSpace(b, i) }
		for i = gap(i + 1); i < len(b) && b[i] == '"'; {
			keyEnd, err := skipString(b, i)
			if err != nil {
				return
			}
			value, err := skipKey(b, i, gap)
			if err != nil {
				return
			}
			end, _, err := skipValue(b, value)
			if err != nil || !yield(s[i+1:keyEnd-1], s[value:end]) {
				return
			}
			if i = gap(end); i >= len(b) || b[i] != ',' {
				return
			}
			i = gap(i + 1)
		}
	}
}

// Get returns the text of the first member of the object s whose key, as
// written, is key.
func Get(s, key string) (string, bool) {
	for k, v := range Members(s) {
		if k == key {
			return v, true
		}
	}
	return "", false
}

// GetString returns the first string member named key, unquoted; "" if there is none.
func GetString(s, key string) string {
	v, _ := Get(s, key)
	text, _ := Unquote(v)
	return text
}

// Unquote returns what the JSON string s stands for, and false if s is none. It
// copies only where there are escapes. Lone surrogates become U+FFFD.
func Unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	inner := s[1 : len(s)-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	return string(AppendUnescaped(make([]byte, 0, len(inner)), inner)), true
}

// AppendUnescaped appends what the inside of a JSON string stands for. A
// malformed escape is kept as it is.
func AppendUnescaped(dst []byte, s string) []byte {
	b := view(s)
	for i := 0; i < len(b); {
		n := strings.IndexByte(s[i:], '\\')
		if n < 0 {
			return append(dst, s[i:]...)
		}
		dst = append(dst, s[i:i+n]...)
		i += n
		switch escapeLen(b[i:]) {
		case 2:
			dst = append(dst, unescaped[b[i+1]])
			i += 2
		case 6:
			r, _ := hex4(b[i+2:])
			i += 6
			if utf16.IsSurrogate(r) {
				low, n := rune(utf8.RuneError), 0
				if i+1 < len(b) && b[i] == '\\' && b[i+1] == 'u' {
					low, _ = hex4(b[i+2:])
					n = 6
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += n
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, '\\')
			i++
		}
	}
	return dst
}

var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}
