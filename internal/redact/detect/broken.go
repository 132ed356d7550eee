package detect

import "strings"

// quotes may break up a word that is one to who reads it: shell and Markdown quoting.
const quotes = "\"'`*"

// broken says whether quotes stand inside a word of text somewhere.
func broken(text string) bool {
	for _, q := range []byte(quotes) {
		for i := strings.IndexByte(text, q); i >= 0; {
			if breakEnd(text, i) > i {
				return true
			}
			n := strings.IndexByte(text[i+1:], q)
			if n < 0 {
				break
			}
			i += n + 1
		}
	}
	return strings.Contains(text, "\u200b")
}

// breakEnd is where the quotes end that stand at text[i] inside a word; i if they don't.
func breakEnd(text string, i int) int {
	end := i
	for end < len(text) && end-i < 6 && strings.IndexByte(quotes, text[end]) >= 0 {
		end++
	}
	if i == 0 || end == len(text) || !word.has(text[i-1]) && text[i-1] != '-' || !word.has(text[end]) {
		return i
	}
	if end-i == 1 && text[i] == '\'' && !isDigit(text[i-1]) && !isDigit(text[end]) && text[end] > 'Z' {
		return i // an apostrophe
	}
	return end
}

// joinBroken reads the words without the quotes inside them.
func (r *reading) joinBroken(text string) bool {
	from := 0
	for i := 0; i < len(text); i++ {
		end := i
		if strings.IndexByte(quotes, text[i]) >= 0 {
			end = breakEnd(text, i)
		} else if strings.HasPrefix(text[i:], "\u200b") {
			end = i + len("\u200b")
		}
		if end == i {
			continue
		}
		r.text = append(r.text, text[from:i]...)
		r.jump(end)
		from, i = end, end-1
	}
	r.text = append(r.text, text[from:]...)
	return from > 0
}
