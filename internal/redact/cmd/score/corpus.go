package main

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

// placement puts a secret where agents put one.
type placement struct {
	name string
	put  func(rng *rand.Rand, secret string) string
	// whole placements hold secrets of a form of their own only: one that is known by what stands
	// beside it is written in another way there.
	ownFormOnly bool
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(b)
}

var placements = []placement{
	{name: "bare", put: func(_ *rand.Rand, s string) string { return s }},
	{name: "in prose", put: func(_ *rand.Rand, s string) string {
		return "I have set it up. Here it is: " + s + "\nLet me know whether it works."
	}},
	{name: "in JSON", put: func(_ *rand.Rand, s string) string {
		return `{"role":"user","parts":[{"type":"text","content":` + quote("use "+s+" please") + `}]}`
	}},
	{name: "nested JSON", put: func(_ *rand.Rand, s string) string {
		inner := `{"note":` + quote(s) + `}`
		for range 3 {
			inner = `{"body":` + quote(inner) + `,"n":1}`
		}
		return inner
	}},
	{name: "cut-off JSON", put: func(_ *rand.Rand, s string) string {
		return `{"output":` + quote("line one\n\tresult: "+s+"\nline three") + `,"next":{"a":`
	}},
	{name: "\\u escapes", ownFormOnly: true, put: func(_ *rand.Rand, s string) string {
		var b strings.Builder
		for i, c := range []byte(s) {
			if c < 0x80 && i%3 == 0 {
				b.WriteString("\\u00" + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
			} else {
				b.WriteString(strings.Trim(quote(string(c)), `"`))
			}
		}
		return `{"text":"` + b.String() + `"}`
	}},
	{name: "header", ownFormOnly: true, put: func(_ *rand.Rand, s string) string {
		return "GET / HTTP/1.1\r\nHost: api.internal\r\nX-Custom: " + s + "\r\nAccept: */*\r\n\r\n"
	}},
	{name: "URL", ownFormOnly: true, put: func(_ *rand.Rand, s string) string {
		return "https://api.internal/v1/run?q=" + url.QueryEscape(s) + "&page=2"
	}},
	{name: "Markdown", ownFormOnly: true, put: func(_ *rand.Rand, s string) string { return "- the value is **`" + s + "`**, keep it\n" }},
	{name: "base64", put: func(_ *rand.Rand, s string) string {
		return "payload=" + base64.StdEncoding.EncodeToString([]byte("config follows\n"+s+"\nend")) + " (encoded)"
	}},
}

var masks = regexp.MustCompile(`\[REDACTED:[a-z0-9_-]+\]`)

// window is the length of a piece of a secret that must not be left.
const window = 14

// leaked says whether a piece of the secret is left in out, as it is or written in another way.
func leaked(out, secret string) bool {
	out = masks.ReplaceAllString(out, "") // a rule's name may be like its secret
	for _, form := range []string{out, unescaped(out)} {
		if len(secret) <= window {
			if strings.Contains(form, secret) {
				return true
			}
			continue
		}
		// The last bytes of a long secret are no secret by themselves; what is left of its middle is.
		for i := 0; i+window <= len(secret); i++ {
			if strings.Contains(form, secret[i:i+window]) {
				return true
			}
		}
	}
	return false
}

// unescaped undoes the encodings of all placements.
func unescaped(s string) string {
	for range 5 {
		s = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(s)
	}
	if t, err := url.QueryUnescape(s); err == nil {
		s = t
	}
	for _, word := range strings.Fields(s) {
		if b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(word, "payload=")); err == nil && len(b) > 8 {
			s += " " + string(b)
		}
	}
	return s
}

// secretIn is the part of an example that must go: of one known by what stands beside it, what the detectors
// take of it where it stands alone.
func secretIn(r *redact.Redactor, f *detect.Format, example string) string {
	if ownForm(r, f, example) {
		return example
	}
	best := ""
	for _, s := range takenFrom(r, example) {
		if len(s) > len(best) {
			best = s
		}
	}
	return best
}

// draw makes an example of a format, and says what of it must go.
func draw(r *redact.Redactor, f *detect.Format, rng *rand.Rand) (example, secret string) {
	if f.ID == "labelled-secret" {
		return detect.LabelledExample(rng)
	}
	example = f.Example(rng)
	return example, secretIn(r, f, example)
}

// takenFrom are the pieces of an example that the detectors take, where it stands in prose.
func takenFrom(r *redact.Redactor, example string) (pieces []string) {
	const before = "x " // what begins otherwise may be JSON, and be walked
	var l redact.Log
	text := before + example + " y"
	_, list := r.Explain(&l, "", "", text)
	for _, e := range list {
		pieces = append(pieces, text[e.Start:e.End])
	}
	return pieces
}

// ownForm says whether a format is known by its own form, not by what stands beside it: then an example
// goes whole where it stands in other words.
func ownForm(r *redact.Redactor, f *detect.Format, example string) bool {
	if f.Group == detect.Labelled || strings.ContainsAny(example, " \n") {
		return false
	}
	return slices.Contains(takenFrom(r, example), example)
}

// result counts one format in one placement.
type result struct{ tried, found int }

// scoreFormats runs n random examples of each format through each placement.
func scoreFormats(r *redact.Redactor, rng *rand.Rand, n int, of func(*detect.Format) bool) (map[string][]result, []string) {
	scores := map[string][]result{}
	var missed []string
	for _, f := range detect.Formats() {
		if !of(&f) {
			continue
		}
		own := ownForm(r, &f, f.Example(rng))
		row := scores[f.ID]
		if row == nil {
			row = make([]result, len(placements))
		}
		count := n
		if f.Group == detect.Labelled {
			count *= 20 // few rows, many forms
		}
		for range count {
			example, secret := draw(r, &f, rng)
			for p, place := range placements {
				if place.ownFormOnly && !own {
					continue
				}
				row[p].tried++
				text := place.put(rng, example)
				var l redact.Log
				if secret != "" && !leaked(r.Text(&l, "", "", text), secret) {
					row[p].found++
				} else if len(missed) < 2000 {
					missed = append(missed, f.ID+" / "+place.name+": "+text)
				}
			}
		}
		scores[f.ID] = row
	}
	return scores, missed
}
