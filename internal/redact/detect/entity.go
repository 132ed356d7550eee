package detect

import "strings"

// entityText is what the entities of HTML stand for that are put in place of what marks up.
var entityText = []struct {
	name string
	text byte
}{
	{"&quot;", '"'}, {"&#34;", '"'}, {"&#39;", '\''}, {"&apos;", '\''}, {"&#x27;", '\''}, {"&amp;", '&'}, {"&#38;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&#61;", '='}, {"&#x3D;", '='}, {"&#43;", '+'}, {"&#x2F;", '/'}, {"&nbsp;", ' '},
}

// entities reads the entities of HTML.
func (r *reading) entities(text string) bool {
	any := false
	for i := 0; i < len(text); {
		n := strings.IndexByte(text[i:], '&')
		if n < 0 {
			r.text = append(r.text, text[i:]...)
			break
		}
		r.text = append(r.text, text[i:i+n]...)
		i += n
		length, c := 1, byte('&')
		for _, e := range entityText {
			if strings.HasPrefix(text[i:], e.name) {
				length, c, any = len(e.name), e.text, true
				break
			}
		}
		r.text = append(r.text, c)
		i += length
		if length > 1 {
			r.jump(i)
		}
	}
	return any
}
