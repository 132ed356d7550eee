package detect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// maxName bounds the name of a labelled value, maxValue the value.
const (
	maxName  = 64
	maxValue = 256
	maxBare  = 80 // of a value without quotes, before it is known to be a secret
)

// label is a name and the value that is assigned to it.
type label struct {
	name       string
	strong     bool // the name alone says that the value is a secret
	quoted     bool // the value stands in quotes
	tight      bool // no blank around the sign between them
	prose      bool // "the password is x"
	bare       bool // nothing but a blank between them
	start, end int  // of the value
}

var (
	nameBytes  = charsOf("\\w.$-")
	closers    = charsOf("\"'`*_)\\]\\\\")
	trailing   = charsOf(".,;:!?)\\]}*")
	valueBytes = valueSet()
)

// valueSet is what a value without quotes is made of: no blanks, no quotes, no brackets of tags.
func valueSet() (c charset) {
	c.addRange('!', 0xff)
	for _, b := range []byte("\"'`<>|") {
		c[b>>6] &^= 1 << (b & 63)
	}
	return c
}

// labelled is at a telling word: it reads the whole name that the word is part of, the sign
// behind it, and the value.
func labelled(m *match) bool {
	l, ok := readLabel(m)
	return ok && l.telling(m.text[l.start:l.end]) && l.take(m)
}

// take makes the value the match, all of it where it is longer than what was judged.
func (l *label) take(m *match) bool {
	m.start, m.end = l.start, l.end
	if l.end-l.start >= maxBare-8 {
		for m.end < len(m.text) && valueBytes.has(m.text[m.end]) {
			m.end++
		}
	}
	return true
}

// vendorLabelled is at the name of a service: random text that is assigned to it is its key.
func vendorLabelled(m *match) bool {
	l, ok := readLabel(m)
	if !ok || l.prose {
		return false
	}
	v := m.text[l.start:l.end]
	if !l.strong {
		// Random text of that length nearly always has a digit; names of classes and branches have none.
		return len(v) >= 16 && isRandom(v) && strings.ContainsAny(v, "0123456789") && l.take(m)
	}
	return l.telling(v) && l.take(m)
}

func readLabel(m *match) (label, bool) {
	text := m.text
	start, end := m.at, m.to
	for start > 0 && m.at-start < maxName && nameBytes.has(text[start-1]) {
		start--
	}
	if strings.HasSuffix(text[:start], "[REDACTED:") {
		return label{}, false // the name of a rule, where a secret was
	}
	for end > start && !nameBytes.has(text[end-1]) { // an anchor may end in its sign
		end--
	}
	for end < len(text) && end-m.at < maxName && nameBytes.has(text[end]) {
		end++
	}
	l := label{name: text[start:end]}
	flag := l.name[0] == '-'
	if !l.sign(text, start, end, flag) {
		return l, l.joined(text, m.to, end)
	}
	if l.read(text); l.end-l.start < minValue || !l.plausible(text[l.start:l.end]) {
		return l, false
	}
	class := keyname.Classify(l.name)
	if class == keyname.Plain { // "API key", "client secret": a name of two words
		if two := twoWords(text, start, end); two != l.name {
			if c := keyname.Classify(two); c != keyname.Plain {
				class = c
			}
		}
	}
	if class == keyname.Structural {
		return l, false
	}
	l.strong = class >= keyname.SecretText
	return l, true
}

// joined finds a value that is a piece of the name's own word: datadog-token-0123...
func (l *label) joined(text string, i, end int) bool {
	for i < end && isLetter(text[i]) {
		i++
	}
	if i >= end || text[i-1] != '-' && text[i] != '-' && text[i] != '.' {
		return false
	}
	for i < end && !alnum.has(text[i]) {
		i++
	}
	l.start, l.end, l.bare = i, end, true
	return end-i >= 16 && isRandom(text[i:end]) && !isPhrase(text[i:end]) && keyname.Classify(text[i-min(i, maxName):i]) != keyname.Structural
}

// minValue is the length of the shortest value that is a secret.
const minValue = 3

// plausible refuses cheaply what stands behind most telling words: prose.
func (l *label) plausible(v string) bool {
	if l.quoted || !l.bare && !l.prose {
		return true
	}
	if l.bare && len(v) < 16 {
		return false
	}
	for i := range len(v) {
		if !isLetter(v[i]) {
			return true
		}
	}
	return false
}

// twoWords is the name with the word before it, if one blank is between them.
func twoWords(text string, start, end int) string {
	if start < 2 || text[start-1] != ' ' || !alnum.has(text[start-2]) {
		return text[start:end]
	}
	from := start - 1
	for from > 0 && start-from < 24 && alnum.has(text[from-1]) {
		from--
	}
	return text[from:end]
}

// read finds the value at l.start, without its quotes.
func (l *label) read(text string) {
	i := l.start
	for n := 0; n < 3 && i < len(text) && strings.IndexByte("*\\(", text[i]) >= 0; n++ {
		i++
	}
	// A letter before the quote: b"", f"", r"", u"", @"".
	if i+1 < len(text) && strings.IndexByte("bfru@$L", text[i]) >= 0 && strings.IndexByte("\"'", text[i+1]) >= 0 {
		i++
	}
	limit := min(len(text), i+maxValue)
	if i < len(text) && strings.IndexByte("\"'`", text[i]) >= 0 {
		quote := text[i]
		for i < limit && text[i] == quote {
			i++
		}
		end := i
		for end < limit && text[end] != quote && text[end] != '\n' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end, limit)
		l.start, l.end, l.quoted = i, min(end, limit), end < limit && text[end] == quote
		if !l.quoted { // cut off: what follows a blank is something else
			if n := strings.IndexAny(text[l.start:l.end], " \t"); n >= 0 {
				l.end = l.start + n
			}
		}
		for l.end > l.start && text[l.end-1] == '\\' {
			l.end--
		}
		return
	}
	end := i
	limit = min(limit, i+maxBare)
	for end < limit && valueBytes.has(text[end]) {
		if c := text[end]; (c == ',' || c == ';' || c == '&') && (end+1 == limit || l.tight || text[end+1] <= ' ') {
			break
		}
		end++
	}
	for end > i && trailing.has(text[end-1]) && !(text[end-1] == '!' && end-i < 24 && l.strong) {
		end--
	}
	l.start, l.end = i, end
}

func quoteAt(text string, i int) bool {
	return i < len(text) && strings.IndexByte("\"'`", text[i]) >= 0
}

func skipBlanks(text string, i int) int {
	for n := 0; n < 24 && i < len(text) && (text[i] == ' ' || text[i] == '\t'); n++ {
		i++
	}
	return i
}

func hasAny(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func hasWord(s string, words ...string) bool {
	for _, w := range words {
		if len(s) > len(w) && s[len(w)] == ' ' && hasFold(s, w) {
			return true
		}
	}
	return false
}
