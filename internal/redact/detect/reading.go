package detect

import (
	"strings"
	"unsafe"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// reading is another text that a text stands for, with the way back.
type reading struct {
	text  []byte
	joint []joint
}

// joint says that from offset at of the reading on, the source goes on at offset from.
type joint struct{ at, from int }

func (r *reading) reset() { r.text, r.joint = r.text[:0], r.joint[:0] }

// jump notes that what is appended next stands at offset from of the source.
func (r *reading) jump(from int) { r.joint = append(r.joint, joint{len(r.text), from}) }

// source is the offset in the source of offset i of the reading, joints being walked from *k on.
func (r *reading) source(i int) int {
	lo, hi := 0, len(r.joint)
	for lo < hi {
		if mid := (lo + hi) / 2; r.joint[mid].at <= i {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return i
	}
	j := r.joint[lo-1]
	return j.from + i - j.at
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// scanReadings looks at the other texts that text stands for.
func (s *Set) scanReadings(mem *Scratch, text string, hint Hint) {
	if strings.IndexByte(text, '\\') >= 0 {
		s.scanReading(mem, text, hint, (*reading).unescape)
	}
	if i := strings.IndexByte(text, '%'); i >= 0 && i+2 < len(text) {
		s.scanReading(mem, text, hint, (*reading).percent)
	}
	if i := strings.IndexByte(text, '+'); i >= 0 && strings.ContainsAny(text, "=&?%") {
		s.scanReading(mem, text, hint, (*reading).form)
	}
	if i := strings.IndexByte(text, '&'); i >= 0 && strings.IndexByte(text[i:], ';') > 0 {
		s.scanReading(mem, text, hint, (*reading).entities)
	}
	if broken(text) {
		s.scanReading(mem, text, hint, (*reading).joinBroken)
	}
	s.scanBase64(mem, text, hint)
	s.scanKeyed(mem, text, hint)
}

func (s *Set) scanReading(mem *Scratch, text string, hint Hint, read func(*reading, string) bool) {
	r := &mem.reading
	r.reset()
	if !read(r, text) {
		return
	}
	first := len(mem.found)
	s.scan(mem, view(r.text), hint)
	for i := first; i < len(mem.found); i++ {
		f := &mem.found[i]
		// The end is that of the last byte, whatever it was written as.
		f.Start, f.End = r.source(f.Start), min(len(text), r.sourceEnd(f.End))
	}
}

// sourceEnd is the offset in the source behind what became the byte before i.
func (r *reading) sourceEnd(i int) int {
	last := r.source(i - 1)
	if next := r.source(i); next > last && next-last <= maxEscape {
		return next
	}
	return last + 1
}

// maxEscape is how long one escape can be with the backslashes before it.
const maxEscape = 12

// unescape reads backslash escapes, those of JSON in JSON in JSON at once: a row of
// backslashes counts as one.
func (r *reading) unescape(text string) bool {
	any := false
	for i := 0; i < len(text); {
		n := strings.IndexByte(text[i:], '\\')
		if n < 0 {
			r.text = append(r.text, text[i:]...)
			break
		}
		r.text = append(r.text, text[i:i+n]...)
		start := i + n
		end := start
		for end < len(text) && text[end] == '\\' && end-start < 9 {
			end++
		}
		r.text, i = appendEscaped(r.text, text, start, end)
		r.jump(i)
		any = true
	}
	return any
}

// appendEscaped appends what the escape stands for whose backslashes are text[start:end].
func appendEscaped(dst []byte, text string, start, end int) ([]byte, int) {
	if end >= len(text) {
		return append(dst, '\\'), end
	}
	switch c := text[end]; c {
	case 'n', 'r', 't', 'b', 'f', '"', '/':
		return jsontext.AppendUnescaped(dst, `\`+text[end:end+1]), end + 1
	case '\'', '`', '\n':
		if c == '\n' { // a line that goes on
			return dst, end + 1
		}
		return append(dst, c), end + 1
	case 'u':
		if end+5 <= len(text) {
			before := len(dst)
			dst = jsontext.AppendUnescaped(dst, `\`+text[end:end+5])
			if dst[before] != '\\' {
				return dst, end + 5
			}
			dst = dst[:before]
		}
	case 'x':
		if end+3 <= len(text) && hexDigits.has(text[end+1]) && hexDigits.has(text[end+2]) {
			return append(dst, unhex(text[end+1])<<4|unhex(text[end+2])), end + 3
		}
	}
	return append(dst, '\\'), end
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// percent reads URL encoding.
func (r *reading) percent(text string) bool {
	any := false
	for i := 0; i < len(text); {
		n := strings.IndexByte(text[i:], '%')
		if n < 0 || i+n+2 >= len(text) {
			r.text = append(r.text, text[i:]...)
			break
		}
		r.text = append(r.text, text[i:i+n]...)
		i += n
		if !hexDigits.has(text[i+1]) || !hexDigits.has(text[i+2]) {
			r.text = append(r.text, '%')
			i++
			continue
		}
		r.text = append(r.text, unhex(text[i+1])<<4|unhex(text[i+2]))
		i += 3
		r.jump(i)
		any = true
	}
	return any
}

// form reads the encoding of forms: as percent, and a plus is a blank.
func (r *reading) form(text string) bool {
	if !r.percent(text) {
		r.reset()
		r.text = append(r.text, text...)
	}
	// Escaped plus signs are signs; those that stand in the source are blanks, save in base64.
	run := 0
	for i, c := range r.text {
		switch {
		case alnum.has(c):
			run++
			continue
		case c == '+' && run < 16 && text[r.source(i)] == '+':
			r.text[i] = ' '
		}
		run = 0
	}
	return true
}

// maxKeyed bounds a text that is looked at together with its name.
const maxKeyed = 512

// scanKeyed looks at a short text as the value of its name.
func (s *Set) scanKeyed(mem *Scratch, text string, hint Hint) {
	if hint.Key == "" || hint.Structural || len(text) > maxKeyed || len(hint.Key) > maxName {
		return
	}
	r := &mem.reading
	r.reset()
	r.text = append(append(append(r.text, '"'), hint.Key...), `":"`...)
	if !s.anchors.Contains(view(r.text)) {
		return
	}
	n := len(r.text)
	r.text = append(r.text, text...)
	r.text = append(r.text, '"')
	first := len(mem.found)
	s.scan(mem, view(r.text), hint)
	kept := mem.found[:first]
	for _, f := range mem.found[first:] {
		f.Start, f.End = max(0, f.Start-n), min(len(text), f.End-n)
		if f.Start < f.End {
			kept = append(kept, f)
		}
	}
	mem.found = kept
}
