package detect

import "strings"

// sign finds the sign between the name, which ends at text[i], and the value, and sets the start of the value.
func (l *label) sign(text string, start, i int, flag bool) bool {
	from := i
	for n := 0; n < 6 && i < len(text) && closers.has(text[i]); n++ {
		i++
	}
	closed := i > from
	blank := i
	i = skipBlanks(text, i)
	if i >= len(text) {
		return false
	}
	rest := text[i:min(len(text), i+12)]
	switch {
	case signLen(rest) > 0:
		i += signLen(rest)
	case rest[0] == '|' && i > blank:
		i++
	case rest[0] == '>' && start > 0 && (text[start-1] == '<' || closed || i == from): // <password>x</password>
		for i++; i < len(text) && i-from < 40 && isSpace(text[i]); i++ {
		}
		l.tight, l.tagged = true, start > 0 && text[start-1] == '<'
	case rest[0] == ',' && closed && start > 0 && text[start-1] == text[from] && quoteAt(text, skipBlanks(text, i+1)): // ("password", "x")
		i++
	case rest[0] == ',' && i == from && quoteAt(text, skipBlanks(text, i+1)): // (CURLOPT_PASSWORD, "x")
		i++
		l.comma = true
	case rest[0] == '-' && i > blank && i+2 < len(text) && text[i+1] == ' ' && quoteAt(text, i+2): // password - 'x'
		i++
	case closed && i > blank && hasWord(rest, "or") && quoteAt(text, i+3): // environ.get("PASSWORD") or "x"
		i += 2
	case hasAny(rest, "?? \"", "?? '"):
		i += 2
	case rest[0] == '(' && quoteAt(text, i+1):
		i++
	case hasFold(rest, "value=") || hasFold(rest, "content="):
		i += strings.IndexByte(rest, '=') + 1
	case i > blank && skipType(text, i) > i:
	case i > blank && hasWord(rest, "is", "was", "are", "to", "equals", "ist", "es", "est", "below", "follows"):
		i += strings.IndexByte(rest, ' ')
		l.prose = true
	case i > blank && hasWord(rest, "for"): // the password for the user x is y
		n := strings.Index(text[i:min(len(text), i+60)], " is ")
		if n < 0 {
			return false
		}
		i += n + len(" is ")
		l.prose = true
	case start > 0 && text[start-1] == '<': // <password encoding="base64">x</password>
		n := strings.IndexByte(text[i:min(len(text), i+60)], '>')
		if n < 0 {
			return false
		}
		i += n + 1
		l.tight, l.tagged = true, true
	case flag && i > blank:
	case i == blank && rest[0] == '(' && i+1 < len(text) && !quoteAt(text, i+1): // PASSWORD(x)
		i++
		l.bare, l.parenthesis = true, true
	case farSign(text, i) > i:
		i = farSign(text, i)
		l.far = true
	case i > blank && !closed || i > from && text[i-1] == '-':
		l.bare = true
	default:
		return false
	}
	l.tight = l.tight || i == from+1 || flag
	l.start = skipType(text, skipBlanks(text, i))
	l.tight = l.tight && l.start-i <= 1
	return l.start < len(text)
}

// farSign is the index behind the sign of assignment that stands behind one to three more words: API key for x: y, license key
// EU = y, token (prod): y. Without one it is i.
func farSign(text string, i int) int {
	limit := min(len(text), i+32)
	words, inWord := 0, false
	for k := i; k < limit; k++ {
		switch c := text[k]; {
		case alnum.has(c) || c == '_' || c == '-':
			if !inWord {
				if words++; words > 3 {
					return i
				}
			}
			inWord = true
		case (c == ':' || c == '=') && words > 0 && k+1 < len(text) && (text[k+1] == ' ' || quoteAt(text, k+1)):
			return k + 1
		case c == ' ' || c == '(' || c == ')':
			inWord = false
		default:
			return i
		}
	}
	return i
}

// signLen is the length of the sign of assignment or comparison at the front of s: = : and their
// compounds such as :=, ?=, .=, =>, !=.
func signLen(s string) int {
	n := 0
	for n < len(s) && n < 4 && strings.IndexByte(":=?.+!<~|-", s[n]) >= 0 {
		n++
	}
	if n > 1 && (s[n-1] == '=' || s[n-1] == ':') {
		return n
	}
	if s[0] == '=' || s[0] == ':' {
		if hasAny(s[1:], "=", ">", "~") {
			return 2
		}
		return 1
	}
	if hasAny(s, "->", "||") {
		return 2
	}
	return 0
}

// typeWords may stand between a name and the sign: var token string = "x".
var typeWords = []string{"string", "str", "String", "&str", "[]byte", "SecureString", "char*", "const", "text"}

// skipType skips the name of a type and the sign behind it at text[i]; i if there are none.
func skipType(text string, i int) int {
	if i >= len(text) || !isLetter(text[i]) && text[i] != '&' && text[i] != '[' {
		return i
	}
	for _, w := range typeWords {
		if !strings.HasPrefix(text[i:], w) {
			continue
		}
		if k := skipBlanks(text, i+len(w)); k < len(text) && text[k] == '=' {
			return skipBlanks(text, k+1)
		}
	}
	return i
}
