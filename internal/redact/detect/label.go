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
	name        string
	phrase      string // the name and the words up to the sign, if it is far
	strong      bool   // the name alone says that the value is a secret
	quoted      bool   // the value stands in quotes
	tight       bool   // no blank around the sign between them
	prose       bool   // "the password is x"
	bare        bool   // nothing but a blank between them
	comma       bool   // a comma between them: the name is an argument of a call
	far         bool   // other words between them
	parenthesis bool   // the value stands in parentheses
	tagged      bool   // the value fills an element of XML
	query       bool   // the name is of the query of an address
	connection  bool   // one of the pairs of a connection string
	ends        bool   // the value ends its line
	start, end  int    // of the value
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
	if l.end-l.start >= maxBare-8 && !l.tagged {
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
	if l.bare && isTypedID(v) {
		return false
	}
	if !l.strong {
		// Random text of that length nearly always has a digit; names of classes and branches have none.
		return len(v) >= 16 && isRandom(v) && strings.ContainsAny(v, "0123456789") && l.take(m)
	}
	return l.telling(v) && l.take(m)
}

// isTypedID says whether v is an id with its kind before it, as services give them: cus_4QFJOjw2pOmAGJ.
func isTypedID(v string) bool {
	n := strings.IndexByte(v, '_')
	return n >= 2 && n <= 8 && strings.Trim(v[:n], "abcdefghijklmnopqrstuvwxyz") == ""
}

// readLabel reads the label that the anchor is part of. It is good until the next one is read.
func readLabel(m *match) (*label, bool) {
	start, end := m.name()
	at := &m.memo.label // names hold several anchors, and each of them is one of several detectors
	if at.scan != m.memo.scan || at.start != start || at.end != end {
		at.scan, at.start, at.end, at.label = m.memo.scan, start, end, label{}
		at.signed, at.ok = at.label.readAt(m.memo, m.text, start, end)
	}
	l := &at.label
	if !at.signed {
		return l, l.name != "" && l.joined(m.text, m.to, end)
	}
	return l, at.ok
}

// name is where the name that the anchor is part of begins and ends.
func (m *match) name() (start, end int) {
	text, k := m.text, m.memo
	start = k.names.before(k.scan, &nameBytes, text, m.at, max(0, m.at-maxName))
	end = m.to
	for end > start && !nameBytes.has(text[end-1]) { // an anchor may end in its sign
		end--
	}
	limit := max(end, min(len(text), m.at+maxName))
	if to := k.names.behind(k.scan, &nameBytes, text, m.at, limit); to >= end {
		return start, to
	}
	for end < limit && nameBytes.has(text[end]) { // an anchor of two words
		end++
	}
	return start, end
}

// readAt reads what stands behind the name text[start:end]. signed is false if no sign of assignment does.
func (l *label) readAt(k *memo, text string, start, end int) (signed, ok bool) {
	if strings.HasSuffix(text[:start], "[REDACTED:") {
		return false, false // the name of a rule, where a secret was
	}
	l.name = text[start:end]
	if strings.HasPrefix(text[end:], "ña") { // contraseña
		end += len("ña")
	}
	flag := l.name[0] == '-'
	if !l.sign(text, start, end, flag) {
		return false, false
	}
	if l.read(text); l.end-l.start < minValue || !l.plausible(text[l.start:l.end]) {
		return true, false
	}
	if l.parenthesis && (l.end >= len(text) || text[l.end] != ')') {
		return true, false
	}
	class := l.classify(k, text, start, end)
	if class == keyname.Structural {
		return true, false
	}
	l.strong = class >= keyname.SecretText
	if strings.EqualFold(l.name, "pass") && (l.comma || text[l.start-1] == ' ') && (strings.IndexByte(text[l.start:l.end], '/') >= 0 || isIdentifier(text[l.start:l.end])) {
		return true, false // PASS: TestX
	}
	if l.comma && !(l.strong && l.quoted && l.isArgument(text[l.start:l.end])) {
		return true, false
	}
	l.around(text, start)
	return true, true
}

// classify says what the name says, with the word before it where it says nothing alone.
func (l *label) classify(k *memo, text string, start, end int) keyname.Class {
	class := k.classOf(l.name)
	if l.far && keyname.Classify(l.phrase) == keyname.Structural {
		return keyname.Structural // token usage: 1
	}
	if class == keyname.Plain { // "API key", "client secret": a name of two words
		if two := twoWords(text, start, end); two != l.name {
			if c := keyname.Classify(two); c != keyname.Plain {
				class = c
			}
		}
	}
	if class == keyname.Plain && len(l.name) > 5 && hasFold(l.name[len(l.name)-5:], "_pass") && isMixedWord(text[l.start:l.end]) {
		return keyname.SecretText // a name such as first_pass says nothing
	}
	if class == keyname.Structural && isUUID(text[l.start:l.end]) && (containsFold(l.name, "secret_id") || containsFold(l.name, "secretid")) {
		return keyname.Secret // of an AppRole of Vault; what a cloud's secret is called by is no UUID
	}
	return class
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
	return end-i >= 16 && !isSlug(text[i:end]) && isRandom(text[i:end]) && !isPhrase(text[i:end]) && keyname.Classify(text[i-min(i, maxName):i]) != keyname.Structural
}

// minValue is the length of the shortest value that is a secret.
const minValue = 3

// plausible refuses cheaply what stands behind most telling words: prose.
func (l *label) plausible(v string) bool {
	if l.quoted || !l.bare && !l.prose {
		return true
	}
	if l.bare && len(v) < 16 {
		return looksPassword(v)
	}
	for i := range len(v) {
		if !isLetter(v[i]) {
			return true
		}
	}
	return false
}

// isArgument says whether v, which stands in a call behind a name, is the value of that name.
func (l *label) isArgument(v string) bool {
	s := shapeOf(v)
	if s.spaces > 0 || isSlug(v) || isPathOrVersion(v) || isPhrase(v) {
		return false
	}
	return isRandom(v) || l.isPassword() && len(v) >= 6 && s.digits > 0 && s.digits < len(v) && v[0] != '%'
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

func quoteAt(text string, i int) bool {
	return i < len(text) && (text[i] == '"' || text[i] == '\'' || text[i] == '`')
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
