package redact

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// hostileSize is the size of a crafted document, in bytes.
const hostileSize = 1 << 20

// hostileDocuments make the walk of JSON and the reading of texts work as hard as they can.
func hostileDocuments(n int) map[string]string {
	rep := func(s string) string { return strings.Repeat(s, n/len(s)+1)[:n] }
	list := func(s string) string { return "[" + strings.Repeat(s+",", n/(len(s)+1)) + "0]" }
	deep := rep("{\"password\": \"x\"} ")
	for range maxNested - 1 {
		deep = jsontext.Quote(deep[:min(len(deep), n/2)])
	}
	return map[string]string{
		"open brackets": rep("["), "open objects": rep(`{"a":`), "open strings": rep(`["`), "values": "{" + strings.Repeat(`"value":1,`, n/10) + `"name":"x"}`,
		"names and values": list(`{"name":"x","value":"y"}`), "jwk": "{" + strings.Repeat(`"d":"x",`, n/8) + `"e":1}`, "lines": rep("{}\n"), "nested": deep,
		"nested lists": list(jsontext.Quote(`["[\"a\"]"]`)), "many secrets": list(`{"password":"x"}`), "many names": list(`{"a@example.org":1}`),
		"escapes": list(`"\u0041\n\t\\"`), "flags": list(`"--password"`), "numbers": list("4111111111111111"), "unfinished": `{"a":[` + rep(`"x",`), "backslashes": `"` + rep(`\\`) + `"`,
		"depth": rep(strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n"), "base64 of base64": rep("UVVKRFJFVkdSMGhKU2t0TVRVNVBVRkZTVTFSVlZsZFlXVm8 "), "quotes": rep(`a"'b`), "plus": rep("a+b="), "percent": rep("%2541"),
		"emails": rep("a@b.de "), "long email": rep("a") + "@", "urls": rep("a://b:c@d "), "cut URL": rep("://"), "one word": rep("password"), "labels": rep("token: "), "zero width": rep("a\u200b"),
		"ip": rep("1.2.3.4.5."), "ipv6": rep("a:b:"), "iban": rep("DE89370400440532013000 "), "ids": rep("123-45-6789 "), "phone": rep("+4917612345678"), "hex": rep("deadbeef"),
		"pem": rep("-----BEGIN PRIVATE KEY-----"), "jwt": rep("eyJhbGciOi."), "connection": rep("AccountKey="), "basic": rep("Basic QWxhZGRpbjpvcGVu "), "header": rep("Authorization: "),
	}
}

// costs measures what a document costs against a chat of the same size, the better of two runs.
func costs(r *Redactor, texts map[string]string) map[string]float64 {
	var l Log
	run := func(text string) float64 {
		best := time.Duration(1 << 62)
		for range 2 {
			l.Reset()
			start := time.Now()
			r.JSON(&l, "", "", text)
			best = min(best, time.Since(start))
		}
		return float64(best) / float64(len(text))
	}
	normal := run(messages(hostileSize, 3))
	ratios := map[string]float64{}
	for name, text := range texts {
		ratios[name] = run(text) / normal
	}
	return ratios
}

// The bound is 20 times on a machine at rest, which BenchmarkHostile shows; what is quadratic is over 1,000.
func TestHostileDocumentsAreLinear(t *testing.T) {
	r := newRedactor(t, Config{})
	for name, ratio := range costs(r, hostileDocuments(hostileSize/4)) {
		assert.Less(t, ratio, 200.0, name)
	}
}

func BenchmarkHostile(b *testing.B) {
	r := newRedactor(b, Config{})
	texts := hostileDocuments(hostileSize)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		b.Run(name, func(b *testing.B) {
			ratio := 0.0
			for b.Loop() {
				ratio = costs(r, map[string]string{name: texts[name]})[name]
			}
			b.ReportMetric(ratio, "×normal")
			b.ReportMetric(0, "ns/op")
		})
	}
}
