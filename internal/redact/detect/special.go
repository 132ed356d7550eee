package detect

import "strings"

// lowerToo wants a small letter and a digit somewhere, so that no word in capitals will do.
func lowerToo(m *match) bool {
	s := m.text[m.start:m.end]
	if m.start > 0 && (m.text[m.start-1] == '_' || m.text[m.start-1] == '-') {
		return false // part of an id
	}
	return strings.ToUpper(s) != s && (strings.ContainsAny(s, "0123456789") || strings.Contains(s, "xxx"))
}

func upperAndLower(m *match) bool {
	return kindsIn(m.body())&(lowerCase|upperCase) == lowerCase|upperCase
}

// telling wants a body that is no word: digits and letters, or both cases and long.
func telling(m *match) bool {
	b := m.text[m.start:m.end]
	if isCode(b) && isWordy(b) {
		return false
	}
	s := shapeOf(b)
	return s.digits > 0 && s.digits < len(b) && !isSlug(b) || s.changes >= 3 || len(b) >= 24 && entropy(b) >= 4
}

// from makes the match begin at the first occurrence of one of the literals in what stands before the anchor.
func from(literals ...string) check {
	return func(m *match) bool {
		for _, l := range literals {
			for i := m.start; i < m.at; i++ {
				n := strings.Index(m.text[i:m.at], l)
				if n < 0 {
					break
				}
				if i += n; i == 0 || !alnum.has(m.text[i-1]) {
					m.start = i
					return true
				}
			}
		}
		return false
	}
}

// prefixed wants random text of one piece behind the words.
func prefixed(m *match) bool {
	b := m.body()
	run := b[strings.LastIndexAny(b, "-_")+1:]
	return len(run) >= 20 && isRandom(run) && !isPhrase(run) && strings.ContainsAny(run, "0123456789")
}

// pathSecret wants a random segment that is no id, nor of a picture.
func pathSecret(m *match) bool {
	m.start = m.to
	b := m.body()
	return isRandom(b) && !isUUID(b) && !isPhrase(b) && upperAndLower(m) && !m.memo.inBlob(m.text, m.start, m.end)
}

// discordToken wants parts as of base64 where the first does not begin as the id of a bot does.
func discordToken(m *match) bool {
	return from("M", "N", "O")(m) || leftMixed(m) && m.at-m.start >= 24 && mixed(m.body()) && entropy(m.body()) >= 4.2
}

// tail makes the last n bytes the match.
func tail(n int) check {
	return func(m *match) bool {
		m.start = m.end - n
		return true
	}
}

// numberedBody refuses a body of letters in one case.
func numberedBody(m *match) bool {
	return mixedBody(m) || shapeOf(m.body()).digits >= 10
}

// notSlug refuses words joined by dashes: sk-learn-pipeline-2-stage.
func notSlug(m *match) bool { return !isSlug(m.body()) }

// notPhrase refuses a name in camel case.
func notPhrase(m *match) bool { return !isPhrase(m.body()) && mixed(m.body()) }

// isSlug says whether s is made of three words or numbers or more, joined by dashes, dots or underscores.
func isSlug(s string) bool {
	parts := 1
	from := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '-' && s[i] != '_' && s[i] != '.' {
			continue
		}
		if p := s[from:i]; len(p) >= 12 || len(p) >= 6 && mixed(p) {
			return false
		}
		if i < len(s) {
			parts++
		}
		from = i + 1
	}
	return parts >= 3
}

// leftMixed wants no word before the anchor.
func leftMixed(m *match) bool {
	s := shapeOf(m.text[m.start:m.at])
	return s.digits > 0 || s.changes >= 2
}

// trimDots takes the full stop of a sentence off the end.
func trimDots(m *match) bool {
	for m.end > m.to && strings.IndexByte(".:,=+|", m.text[m.end-1]) >= 0 && m.text[m.end-1] != '=' {
		m.end--
	}
	return m.end-m.to >= 12
}

// azureSized wants one of the lengths that Azure's keys have: 52, 56, 76, 84 or 88 in all, 43 or 44 of old.
func azureSized(m *match) bool {
	n := m.end - m.start
	return n >= 40 && n <= 90 && mixed(m.text[m.start:m.end]) && entropy(m.text[m.start:m.end]) >= 4
}

// besideWord wants word, in lower case, within 60 bytes before the match.
func besideWord(word string) check {
	return func(m *match) bool {
		return strings.Contains(strings.ToLower(m.text[max(0, m.start-60):m.start]), word)
	}
}

// near wants literal within n bytes on either side.
func near(literal string, n int) check {
	return func(m *match) bool {
		return strings.Contains(m.text[max(0, m.start-n):min(len(m.text), m.end+n)], literal)
	}
}

// kubeadm takes the token behind --token.
func kubeadm(m *match) bool {
	i := strings.Index(m.text[m.at:min(len(m.text), m.to+100)], "--token ")
	if i < 0 {
		return false
	}
	m.start = m.at + i + len("--token ")
	m.end = m.start
	for m.end < len(m.text) && (alnum.has(m.text[m.end]) || m.text[m.end] == '.') {
		m.end++
	}
	return m.end-m.start == 23
}

// jwt takes two parts or more, split by dots. A token cut off in its first part is none.
func jwt(m *match) bool {
	for parts := 1; parts < 5 && m.end < len(m.text) && m.text[m.end] == '.'; parts++ {
		end := m.end + 1
		for end < len(m.text) && base64URL.has(m.text[end]) {
			end++
		}
		if end == m.end+1 && parts != 1 && parts != 2 {
			break
		}
		m.end = end
	}
	if body := m.text[m.start:m.end]; strings.IndexByte(body, '.') < 0 || len(body) < 24 {
		return false
	}
	if m.text[m.end-1] == '.' {
		m.end--
	}
	return true
}

// urlPassword is at "://": user:password@host, :password@host, or token@host.
func urlPassword(m *match) bool {
	limit := min(len(m.text), m.to+512)
	colon, end := -1, -1
scan:
	for i := m.to; i < limit; i++ {
		switch c := m.text[i]; {
		case c == '@':
			// A password may hold an @ that should have been escaped: the last one before the path counts.
			end = i
		case c == ':' && colon < 0 && end < 0:
			colon = i
		case c <= ' ' || c == '"' || c == '\'' || c == '`' || c == '<' || c == '>' || c == '\\' || c == '/' || c == '?' || c == '#' || c == ')' && end > 0 || c == ',' && end > 0:
			break scan
		}
	}
	if end < 0 {
		return false
	}
	if colon < 0 || colon > end {
		m.start, m.end = m.to, end
		return end-m.to >= 16 && mixed(m.text[m.to:end])
	}
	m.start, m.end = colon+1, end
	v := m.text[m.start:m.end]
	return v != "" && !isReference(v) && !isStars(v)
}

// isReference says whether v only names where a secret is.
func isReference(v string) bool {
	if v == "" {
		return true
	}
	switch v[0] {
	case '$':
		return len(v) < 2 || v[1] == '{' || v[1] == '(' || v[1] >= 'A' && v[1] <= 'Z' && strings.Trim(v[1:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
	case '<':
		return strings.IndexByte(v, '>') > 0
	case '{':
		return v[len(v)-1] == '}' && !hasRandomWord(v)
	case '%':
		return v[len(v)-1] == '%' || len(v) <= 3 || v[1] == '('
	case '[':
		return v[len(v)-1] == ']'
	}
	return false
}

// starBytes begin the characters that stand for what must not be seen.
var starBytes = charsOf("*xX.\\-_#\xe2")

func isStars(v string) bool {
	return v == "" || starBytes.has(v[0]) && strings.Trim(v, "*xX.•-_#") == ""
}

// oracle takes the password of jdbc:oracle:thin:user/password@host.
func oracle(m *match) bool {
	slash := strings.IndexByte(m.text[m.to:m.end], '/')
	at := strings.LastIndexByte(m.text[m.to:m.end], '@')
	if slash < 0 || at <= slash+1 {
		return false
	}
	m.start, m.end = m.to+slash+1, m.to+at
	return true
}

// announced takes the first random word behind the announcement of a password.
func announced(m *match) bool {
	limit := min(len(m.text), m.to+160)
	for i := m.to; i < limit; {
		for i < limit && (isSpace(m.text[i]) || strings.IndexByte(":\"'`*(", m.text[i]) >= 0) {
			i++
		}
		start := i
		for i < len(m.text) && i-start < maxValue && m.text[i] > ' ' && strings.IndexByte("\"'`<>", m.text[i]) < 0 {
			i++
		}
		end := i
		for end > start && strings.IndexByte(".,;:!?)*", m.text[end-1]) >= 0 {
			end--
		}
		if v := m.text[start:end]; len(v) >= 6 && mixed(v) && !isPathOrVersion(v) && !isReference(v) {
			m.start, m.end = start, end
			return true
		}
		if i == start {
			i++
		}
	}
	return false
}

// argument takes the n-th of the call's texts in quotes.
func argument(n int) check {
	return func(m *match) bool {
		i, limit := m.to, min(len(m.text), m.to+maxCommand)
		for k := 1; i < limit; k++ {
			open := strings.IndexByte(m.text[i:limit], '"')
			if open < 0 {
				return false
			}
			i += open + 1
			end := strings.IndexByte(m.text[i:limit], '"')
			if end < 0 {
				return false
			}
			if k == n {
				return m.take(i, i+end)
			}
			i += end + 1
		}
		return false
	}
}

// skipGlue skips blanks and quotes.
func skipGlue(text string, i int) int {
	for n := 0; n < 8 && i < len(text) && strings.IndexByte(" \t\"'`", text[i]) >= 0; n++ {
		i++
	}
	return i
}
