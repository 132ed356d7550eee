package detect

import "strings"

// sign finds the sign between the name, which ends at text[i], and the value, and sets the start of the value.
func (l *label) sign(text string, start, i int, flag bool) bool {
	from := i
	for n := 0; n < 6 && i < len(text) && closers.has(text[i]); n++ {
		i++
	}
	closed := i > from
	blank := skipColour(text, i)
	i = skipBlanks(text, blank)
	if i >= len(text) {
		return false
	}
	next, ok := l.firmSign(text, start, from, blank, i)
	if !ok {
		rest := text[i:min(len(text), i+12)]
		switch {
		case i > blank && skipType(text, i) > i:
		case i > blank && strings.IndexByte("iwateb", rest[0]|0x20) >= 0 && hasWord(rest, "is", "was", "are", "to", "equals", "ist", "es", "est", "below", "follows"):
			i += strings.IndexByte(rest, ' ')
			l.prose = true
		case i > blank && rest[0]|0x20 == 'f' && hasWord(rest, "for") && strings.Contains(text[i:min(len(text), i+60)], " is "): // the password for the user x is y
			i += strings.Index(text[i:], " is ") + len(" is ")
			l.prose = true
		case flag && i > blank:
		case i == blank && rest[0] == '(' && i+1 < len(text) && !quoteAt(text, i+1): // PASSWORD(x)
			i++
			l.bare, l.parenthesis = true, true
		case i > blank && farSign(text, i) > i:
			next := farSign(text, i)
			l.far, l.phrase = true, text[start:next]
			i = next
		case i > blank && !closed || i > from && text[i-1] == '-':
			l.bare = true
		default:
			return false
		}
		next = i
	}
	i = next
	if !l.bare && !l.prose {
		i = quoteBelow(text, i)
	}
	l.tight = l.tight || i == from+1 || flag
	l.start = skipColour(text, skipType(text, skipBlanks(text, i)))
	l.tight = l.tight && l.start-i <= 1
	return l.start < len(text)
}

// firmSign reads a sign that is no word: the name ends at text[from], its quotes and brackets at text[blank], and the sign
// begins at text[i]. It returns the index behind the sign.
func (l *label) firmSign(text string, start, from, blank, i int) (int, bool) {
	rest, closed := text[i:min(len(text), i+12)], blank > from
	switch {
	case isLetter(rest[0]) && i > blank && !closed && rest[0]|0x20 != 'v' && rest[0]|0x20 != 'c' && (start == 0 || text[start-1] != '<'):
		return i, false // words: what is read most
	case signLen(rest) > 0:
		return i + signLen(rest), true
	case rest[0] == '|' && i > blank:
		return i + 1, true
	case rest[0] >= 0x80 && hasAny(rest, "：", "＝", "→"):
		return i + len("："), true
	case rest[0] >= 0x80 && hasAny(rest, "是", "为", "為", "は", "는", "은"):
		l.prose = true
		return i + len("是"), true
	case rest[0] == '>' && start > 0 && (text[start-1] == '<' || closed || i == from): // <password>x</password>
		for i++; i < len(text) && i-from < 40 && isSpace(text[i]); i++ {
		}
		l.tight, l.tagged = true, text[start-1] == '<'
		return i, true
	case rest[0] == ',' && closed && start > 0 && text[start-1] == text[from] && quoteAt(text, skipBlanks(text, i+1)): // ("password", "x")
		l.comma = hasFold(text[start:from], "pass") && from-start == len("pass")
		return i + 1, true
	case rest[0] == ',' && i == from && quoteAt(text, skipBlanks(text, i+1)): // (CURLOPT_PASSWORD, "x")
		l.comma = true
		return i + 1, true
	case rest[0] == '-' && i > blank && i+2 < len(text) && text[i+1] == ' ' && quoteAt(text, i+2): // password - 'x'
		return i + 1, true
	case closed && i > blank && rest[0] == 'o' && hasWord(rest, "or") && quoteAt(text, i+3), rest[0] == '?' && hasAny(rest, `?? "`, `?? '`): // environ.get("PASSWORD") or "x"
		return i + 2, true
	case rest[0] == '(' && quoteAt(text, i+1):
		return i + 1, true
	case strings.IndexByte("\r\n,{", rest[0]) >= 0 && valueBelow(text, i) > i: // name: PASSWORD, and on the next line value: x
		return valueBelow(text, i), true
	case strings.IndexByte("vVcC", rest[0]) >= 0 && (hasFold(rest, "value=") || hasFold(rest, "content=")):
		return i + strings.IndexByte(rest, '=') + 1, true
	case start > 0 && text[start-1] == '<': // <password encoding="base64">x</password>
		if n := strings.IndexByte(text[i:min(len(text), i+60)], '>'); n >= 0 {
			l.tight, l.tagged = true, true
			return i + n + 1, true
		}
	}
	return i, false
}

// valueBelow is the index behind "value:" or "default =" that comes next behind text[i]; i if it does not.
func valueBelow(text string, i int) int {
	k := i
	for n := 0; n < 40 && k < len(text) && strings.IndexByte(" \t\r\n,{\"'", text[k]) >= 0; n++ {
		k++
	}
	switch rest := text[k:min(len(text), k+8)]; {
	case hasFold(rest, "value"):
		k += len("value")
	case hasFold(rest, "default"):
		k += len("default")
	default:
		return i
	}
	for n := 0; n < 4 && k < len(text) && strings.IndexByte(" \"'", text[k]) >= 0; n++ {
		k++
	}
	if k < len(text) && (text[k] == ':' || text[k] == '=') {
		return k + 1
	}
	return i
}

// skipColour is the index behind a terminal's sequence of a colour at text[i].
func skipColour(text string, i int) int {
	if i+2 >= len(text) || text[i] != 0x1b || text[i+1] != '[' {
		return i
	}
	k := i + 2
	for k < len(text) && k-i < 16 && (isDigit(text[k]) || text[k] == ';') {
		k++
	}
	if k < len(text) && text[k] == 'm' {
		return k + 1
	}
	return i
}

// quoteBelow is the index of the quote that opens the next line, if nothing else stands behind text[i]; else i.
func quoteBelow(text string, i int) int {
	k := skipBlanks(text, i)
	if k == len(text) || text[k] != '\n' && text[k] != '\r' {
		return i
	}
	for n := 0; n < 40 && k < len(text) && isSpace(text[k]); n++ {
		k++
	}
	if quoteAt(text, k) {
		return k
	}
	return i
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
		case c == '=' && words > 0 && k+1 < limit && text[k+1] == '=':
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

var signBytes = charsOf(":=?.+!<~|-")

// signLen is the length of the sign of assignment or comparison at the front of s: = : and their
// compounds such as :=, ?=, .=, =>, !=.
func signLen(s string) int {
	n := 0
	for n < len(s) && n < 4 && signBytes.has(s[n]) {
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

var typeBytes = charsOf("sSct&[") // begin typeWords

// skipType skips the name of a type and the sign behind it at text[i]; i if there are none.
func skipType(text string, i int) int {
	if i >= len(text) || !typeBytes.has(text[i]) {
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
