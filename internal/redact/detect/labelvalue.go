package detect

import "strings"

var (
	openers     = charsOf(`*\\(`)
	quotePrefix = charsOf("bfru@$L")
	valueStops  = charsOf("),;&") // may end a value
)

// read finds the value at l.start, without its quotes.
func (l *label) read(text string) {
	i := l.start
	if l.tagged && l.readElement(text) {
		return
	}
	for n := 0; n < 3 && i < len(text) && openers.has(text[i]); n++ {
		i++
	}
	if i > l.start {
		i = skipBlanks(text, i) // **Password:** x
	}
	// A letter before the quote: b"", f"", r"", u"", @"".
	if i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\'') && quotePrefix.has(text[i]) {
		i++
	}
	limit := min(len(text), i+maxValue)
	if quoteAt(text, i) {
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
		if l.quoted {
			l.trimBlanks(text)
		}
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
	l.readBare(text, i, limit)
}

// readBare reads the value that begins at text[i] and stands in no quotes.
func (l *label) readBare(text string, i, limit int) {
	end := i
	if limit = min(limit, i+maxBare); l.parenthesis {
		limit = min(limit, i+maxBare/2)
	}
	for ; end < limit && valueBytes.has(text[end]); end++ {
		c := text[end]
		if !valueStops.has(c) {
			continue
		}
		if c == ')' && l.parenthesis || (c == ',' || c == ';') && (end+1 == limit || l.tight || text[end+1] <= ' ') || c == '&' && (end+1 == limit || text[end+1] <= ' ' || l.tight && pairBehind(text, end+1)) {
			break
		}
	}
	for end > i && trailing.has(text[end-1]) && !(text[end-1] == '!' && end-i < 24 && !l.prose) {
		end--
	}
	l.start, l.end = i, end
}

// pairBehind says whether a name and = stand at text[i], as behind the & of a query, or an entity does.
func pairBehind(text string, i int) bool {
	from := i
	for i < len(text) && i-from < maxName && nameBytes.has(text[i]) {
		i++
	}
	return i < len(text) && i > from && (text[i] == '=' || text[i] == ';')
}

func (l *label) trimBlanks(text string) {
	for l.start < l.end && isSpace(text[l.start]) {
		l.start++
	}
	for l.end > l.start && isSpace(text[l.end-1]) {
		l.end--
	}
}

// readElement reads the value as far as the tag that closes it.
func (l *label) readElement(text string) bool {
	n := strings.IndexByte(text[l.start:min(len(text), l.start+maxValue)], '<')
	if n <= 0 || n+l.start+1 >= len(text) || text[n+l.start+1] != '/' || quoteAt(text, l.start) {
		return false
	}
	l.end = l.start + n
	l.trimBlanks(text)
	return true
}

// around looks at what stands beside the name and the value.
func (l *label) around(text string, start int) {
	before, behind := byte('\n'), byte('\n')
	if start > 0 {
		before = text[start-1]
	}
	if l.end < len(text) {
		behind = text[l.end]
	}
	l.query = before == '?' || before == '&'
	l.connection = l.tight && !l.quoted && (before == ';' || behind == ';') && l.isPassword()
	l.ends = behind == '\n' || behind == '\r'
}
