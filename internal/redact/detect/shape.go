package detect

import "strings"

// shape counts what a value is made of.
type shape struct {
	digits, symbols, spaces int
	changes                 int // from one case to the other
}

func shapeOf(s string) (n shape) {
	last := byte(0)
	for i := range min(len(s), 512) {
		switch c := s[i]; {
		case isDigit(c):
			n.digits++
		case isLetter(c) || c >= 0x80:
			if isLetter(last) && last&0x20 != c&0x20 {
				n.changes++
			}
		case isSpace(c):
			n.spaces++
		default:
			n.symbols++
		}
		last = s[i]
	}
	return n
}

// isRandom says whether s looks drawn by lot: long, of one piece, letters and digits mixed.
func isRandom(s string) bool {
	if isUUID(s) {
		return entropy(s) >= 1.5
	}
	if len(s) < 16 || strings.IndexByte(s, ' ') >= 0 || !mixed(s) && !isGibberish(s) || isPathOrVersion(s) || isSlug(s) || isCode(s) {
		return false
	}
	e := entropy(s)
	hex := true
	for i := range s {
		hex = hex && hexDigits.has(s[i])
	}
	return hex && e >= 2.8 || e >= 3.3
}

// isPhrase says whether s is a name in camel case: most of it stands in runs of three small letters or
// more, which random text in both cases seldom has.
func isPhrase(s string) bool {
	n := shapeOf(s)
	return n.symbols+n.spaces == 0 && n.changes >= 2 && n.digits*4 < len(s) && isWordy(s) && !isGibberish(s)
}

// isWordy says whether most of s stands in runs of three small letters or more.
func isWordy(s string) bool {
	inRuns, run := 0, 0
	for i := range len(s) + 1 {
		if i < len(s) && s[i] >= 'a' && s[i] <= 'z' {
			run++
			continue
		}
		if run >= 3 {
			inRuns += run
		}
		run = 0
	}
	return inRuns*20 >= len(s)*9
}

// isAssignment says whether a sign of assignment stands inside s: key=a/size=b.
func isAssignment(s string) bool {
	i := strings.IndexByte(s, '=')
	return i > 0 && strings.Trim(s[i:], "=") != ""
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range s {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (s[i] == '-') || !dash && !hexDigits.has(s[i]) {
			return false
		}
	}
	return true
}

// isCode says whether s is an expression of a program: a call, an index, a chain of names.
func isCode(s string) bool {
	if strings.ContainsAny(s, "(){}[]") && !strings.ContainsAny(s, "!@#^~") {
		return true
	}
	if n := strings.IndexByte(s, '('); n > 0 && isIdentifier(strings.ReplaceAll(strings.TrimLeft(s[:n], "!&*"), ".", "_")) {
		return true
	}
	dots, digits := 0, 0
	for i := range s {
		switch c := s[i]; {
		case c == '.':
			dots++
		case isDigit(c):
			digits++
		case !isLetter(c) && c != '_':
			return false
		}
	}
	return dots > 0 && digits*5 < len(s) && (len(s) < 20 || !isGibberish(s)) || digits == 0 && strings.IndexByte(s, '_') > 0 && shapeOf(s).changes < 3
}

// isPathOrVersion says whether s is a path, an address, a version or a date.
func isPathOrVersion(s string) bool {
	if len(s) >= 32 && s[0] == '/' && strings.Count(s, "/") <= 2 && strings.ContainsAny(s, "0123456789") && isGibberish(s) {
		return false // base64 may begin so
	}
	if s == "" {
		return false
	}
	if strings.IndexByte("/.~haopvsfugCd", s[0]) >= 0 && hasAny(s, "/", "./", "../", "~/", "http:", "https:", "arn:", "op://", "vault:", "projects/", "sha256:", "sha512-", "sha1:", "file:", "urn:", "git@", "C:\\", "data:") {
		return len(s) < 40 || !strings.ContainsAny(s, "+=") || strings.Count(s, "/") > 3
	}
	plain := true
	for i := range s {
		plain = plain && (isDigit(s[i]) || strings.IndexByte(".-:/TZ+,_", s[i]) >= 0)
	}
	return plain && strings.ContainsAny(s, ".-:/")
}

// isIdentifier says whether s is a name of a program: letters, and at most two digits at the end.
func isIdentifier(s string) bool {
	n := len(s)
	for n > 0 && n > len(s)-2 && isDigit(s[n-1]) {
		n--
	}
	for i := range n {
		if !isLetter(s[i]) && s[i] != '_' {
			return false
		}
	}
	return n > 0 && !isGibberish(s)
}

// isNames says whether s is words and the signs that join names in programs: js.fetch:credentials.
func isNames(s string) bool {
	return strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz._:/-,+") == "" && !isGibberish(s)
}

// isHexNumber says whether s is a number of a program: 0x1f.
func isHexNumber(s string) bool {
	digits, ok := strings.CutPrefix(strings.TrimPrefix(s, "-"), "0x")
	return ok && len(digits) <= 16
}

// namesItself says whether v is a name that ends with the label's: PrivateKey: testRSAPrivateKey.
func (l *label) namesItself(v string) bool {
	name := l.name[strings.LastIndexAny(l.name, "._-")+1:]
	n := len(v) - len(name)
	return !l.connection && len(name) >= 3 && n > 0 && !strings.ContainsAny(name, "0123456789") && strings.EqualFold(v[n:], name) && !isGibberish(v[:n])
}

// isHost says whether s is a host, with or without a path: api.example.com, example.com/name.
func isHost(s string) bool {
	host, _, _ := strings.Cut(s, "/")
	dot := strings.LastIndexByte(host, '.')
	if dot < 1 || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		return false
	}
	switch host[dot+1:] {
	case "com", "org", "net", "io", "dev", "app", "ai", "co", "cloud", "internal", "local", "localhost", "test", "example", "edu", "gov":
		return true
	}
	return false
}
