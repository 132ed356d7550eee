package detect

import "strings"

// sqlPassword takes the text or word behind IDENTIFIED BY, and behind IDENTIFIED WITH plugin BY or AS.
func sqlPassword(m *match) bool {
	if !m.aboutRole() {
		return false
	}
	var buf [6]field
	args := fields(m.text, m.to, buf[:0])
	next := 0
	if strings.EqualFold(m.text[m.at:m.to], "identified with ") {
		next = 2
		if len(args) < 3 || !strings.EqualFold(m.text[args[1].start:args[1].end], "by") && !strings.EqualFold(m.text[args[1].start:args[1].end], "as") {
			return false
		}
	}
	if len(args) > next && strings.EqualFold(m.text[args[next].start:args[next].end], "password") {
		next++
	}
	if len(args) <= next {
		return false
	}
	a := args[next]
	ok := m.take(a.start, a.end)
	for m.end > m.start && strings.IndexByte(";\\", m.text[m.end-1]) >= 0 {
		m.end--
	}
	return ok && m.end-m.start >= 3 && strings.IndexByte("(:?@", m.text[m.start]) < 0
}

// roleStatement takes the text behind PASSWORD in a statement about a role or user.
func roleStatement(m *match) bool {
	n := strings.IndexByte(m.text[m.to:min(len(m.text), m.to+maxValue)], m.text[m.to-1])
	return n >= 3 && strings.IndexByte(m.text[m.to:m.to+n], ' ') < 0 && m.aboutRole() && m.take(m.to, m.to+n)
}

// aboutRole says whether the anchor stands in a statement that makes or changes a role or user, or gives one a right.
func (m *match) aboutRole() bool {
	before := strings.ToLower(m.text[max(0, m.at-120):m.at])
	for _, verb := range []string{"create ", "alter ", "grant "} {
		if i := strings.LastIndex(before, verb); i >= 0 && (verb == "grant " || hasAny(before[i+len(verb):], "user ", "role ", "login ", "or replace user ")) {
			return true
		}
	}
	return false
}

// community takes the community of an SNMP command: behind -c, or the first word of a line of configuration.
func community(m *match) bool {
	var buf [16]field
	args := fields(m.text, m.to, buf[:0])
	command := strings.ToLower(m.text[m.at:m.to])
	if strings.HasSuffix(command, "community ") {
		return len(args) > 0 && m.takeCommunity(args[0])
	}
	for i := 0; i+1 < len(args); i++ {
		if m.text[args[i].start:args[i].end] == "-c" {
			return m.takeCommunity(args[i+1])
		}
	}
	return false
}

// takeCommunity takes what is neither the default of all devices nor prose.
func (m *match) takeCommunity(a field) bool {
	if !m.take(a.start, a.end) {
		return false
	}
	switch v := strings.ToLower(m.text[m.start:m.end]); v {
	case "public", "string", "strings", "name", "is", "for", "and", "the", "map", "attribute", "member", "community":
		return false
	}
	return true
}

// foreignLabelled is at a word for a password in another script: it takes what stands behind a sign, or behind a blank or an
// ending of the word where it can be nothing but a password.
func foreignLabelled(m *match) bool {
	l := label{name: "password", strong: true}
	i := m.to
	for n := 0; n < 12 && i < len(m.text) && m.text[i] >= 0x80 && !hasAny(m.text[i:], "：", "＝"); n++ {
		i++ // an ending
	}
	if i >= len(m.text) || !l.sign(m.text, m.at, i, false) {
		l.start, l.bare = i, true
	}
	if l.start < len(m.text) && m.text[l.start] == '(' {
		l.start, l.parenthesis = l.start+1, true
	}
	l.read(m.text)
	return l.end-l.start >= minValue && l.plausible(m.text[l.start:l.end]) && l.telling(m.text[l.start:l.end]) && l.take(m)
}

// directive takes the value in a line that begins with the name of a setting: requirepass x.
func directive(m *match) bool {
	for i := m.at; i > 0 && m.text[i-1] != '\n'; i-- {
		if !isSpace(m.text[i-1]) && m.text[i-1] != '+' && m.text[i-1] != '$' || m.at-i > 40 {
			return false
		}
	}
	var buf [4]field
	args := fields(m.text, m.to, buf[:0])
	n := 0
	if hasFold(m.text[m.at:], "wpa_passphrase") {
		n = 1 // the name of the net stands first
	}
	if len(args) <= n {
		return false
	}
	v := m.text[args[n].start:args[n].end]
	return (len(args) == n+1 || strings.ContainsAny(v, "0123456789")) && m.take(args[n].start, args[n].end)
}

// chpasswd takes the password of user:password, which a command before it writes.
func chpasswd(m *match) bool {
	from := max(0, m.at-120)
	before := m.text[from:m.at]
	bar := strings.LastIndexAny(before, "|<")
	if bar < 0 || strings.Trim(before[bar:], "|< ") != "" {
		return false
	}
	line := before[strings.LastIndexByte(before[:bar], '\n')+1 : bar]
	colon := strings.LastIndexByte(line, ':')
	if colon < 0 || strings.Contains(line, "[REDACTED:") {
		return false
	}
	start := from + strings.LastIndexByte(before[:bar], '\n') + 1 + colon + 1
	end := start
	for end < m.at && !isSpace(m.text[end]) && m.text[end] != '|' {
		end++
	}
	return m.take(start, end)
}
