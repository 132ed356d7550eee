package redact

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

// crafted is an input that makes a step of the work as hard as it can be, at any size.
type crafted struct {
	name string
	of   func(n int) string
}

func repeated(s string) func(int) string {
	return func(n int) string { return strings.Repeat(s, n/len(s)+1)[:n] }
}

// between puts n bytes of s, again and again, between two others.
func between(open, s, end string) func(int) string {
	return func(n int) string { return open + strings.Repeat(s, n/len(s)) + end }
}

func listed(s string) func(int) string { return between("[", s+",", "0]") }

// craftedDocuments make the walk of JSON work hard.
var craftedDocuments = []crafted{
	{"open brackets", repeated("[")}, {"open objects", repeated(`{"a":`)}, {"open strings", repeated(`["`)}, {"unfinished", between(`{"a":[`, `"x",`, "")},
	{"values", between("{", `"value":1,`, `"name":"x"}`)}, {"jwk", between("{", `"d":"x",`, `"e":1}`)}, {"lines", repeated("{}\n")}, {"lines, the last cut", between("", `{"a":1}`+"\n", `{"a":`)},
	{"names and values", listed(`{"name":"x","value":"y"}`)}, {"nested lists", listed(jsontext.Quote(`["[\"a\"]"]`))}, {"many secrets", listed(`{"password":"x"}`)},
	{"many names", listed(`{"a@example.org":1}`)}, {"escapes", listed(`"\u0041\n\t\\"`)}, {"flags", listed(`"--password"`)}, {"numbers", listed("4111111111111111")},
	{"backslashes", between(`"`, `\\`, `"`)}, {"depth", repeated(strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n")}, {"keys of one letter", between("{", `"a":"",`, `"a":0}`)},
	{"secret containers", listed(`{"secrets":{"a":[1]}}`)}, {"quotes in quotes", listed(`"\"a\""`)}, {"empty containers", listed(`{"a":[]}`)}, {"surrogates", listed(`"\ud83d\ude00\ud83d"`)},
	{"strings of JSON", func(n int) string {
		deep := repeated(`{"password": "x"} `)(n)
		for range maxNested - 1 {
			deep = jsontext.Quote(deep[:min(len(deep), n/2)])
		}
		return deep
	}},
	{"a failing tail at each depth", func(n int) string {
		deep := repeated(`{"a":1}`)(n / 16)
		for range maxNested - 1 {
			deep = `{"a":` + jsontext.Quote(deep) + `} x`
		}
		return deep
	}},
}

// craftedTexts make the detectors work hard.
var craftedTexts = []string{
	"UVVKRFJFVkdSMGhKU2t0TVRVNVBVRkZTVTFSVlZsZFlXVm8 ", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo", "T3BlbkFJ", `a"'b`, `a"b`, "a+b=", "%2541", "%41", "\\", `\u0041`, `\n`, "a@b.de ", "a@", "a", "0", "-", ".",
	"a://b:c@d ", "://", "password", "token: ", "key=", "password=", "password \"", "password for ", "passport number ", "new password is ", "a\u200b", "1.2.3.4.5.", "1.2.3.4 ", "a:b:", "ab:", "::1 ",
	"DE89370400440532013000 ", "123-45-6789 ", "4111111111111111 ", "+4917612345678", "+14155552671 ", "0123456789abcdef", "deadbeef", "-----BEGIN PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----", "eyJ",
	"eyJhbGciOi.", "eyJhbGciOiJIUzI1NiJ9.", "AccountKey=", "Basic QWxhZGRpbjpvcGVu ", "Authorization: ", "Cookie: a=b ", "curl -u ", "machine password ", "machine a ", `digest a="`, ":AA", "sk-", "jdbc:oracle:thin:",
	"DirectoryEntry(", "**`", "`a` ", "born 01.02.1980 ", "00:1b:44:11:3a:b7 ", "é", "\x80", "a\n", " ", "=", "<a>", "['a']",
	"비밀번호", "비밀번호: ", "password=Qx7vRk2m9Lp ", "password for a b ", "identified by ", "<password>", `password, "`, "snmpget -c ", "password(a", "MIIEpAIBAAKC", "abc:01:23:45:67:89:", "exa_pat-key_", "key=pwd=otp=", "pwd-", "psw-pwd_", "1.2-3 4/", "key.sk-api_", "Cookie: a=b; password=x1y2z3 ",
}

// craftedInputs are all of these, and of each format its example and beginnings of it, one after the other.
func craftedInputs() []crafted {
	list := slices.Clone(craftedDocuments)
	for _, s := range craftedTexts {
		list = append(list, crafted{fmt.Sprintf("%.20q", s), repeated(s)})
	}
	rng := rand.New(rand.NewPCG(5, 5))
	formats := detect.Formats()
	for i := range formats {
		example := formats[i].Example(rng)
		list = append(list, crafted{formats[i].ID, repeated(example + " ")})
		for _, part := range []int{4, len(example) / 2, len(example) - 1} {
			if part = min(part, len(example)); part > 0 {
				list = append(list, crafted{fmt.Sprintf("%s, %d bytes", formats[i].ID, part), repeated(example[:part])})
			}
		}
	}
	return list
}

// nsPerByte is the time of the processor that a byte takes, the best of some runs.
func nsPerByte(r *Redactor, text string, asJSON bool, runs int) float64 {
	var l Log
	best := time.Duration(1 << 62)
	for range runs {
		l.Reset()
		start := cpuTime()
		if asJSON {
			r.JSON(&l, "", "", text)
		} else {
			r.Text(&l, "", "", text)
		}
		best = min(best, cpuTime()-start)
	}
	return float64(max(best, 1)) / float64(len(text))
}

// someCrafted are the crafted inputs, of the formats some by lot; BenchmarkHostile looks at all.
func someCrafted() (list []crafted, seed uint64) {
	seed = uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	list = craftedInputs()
	own := len(craftedDocuments) + len(craftedTexts)
	rng.Shuffle(len(list)-own, func(i, j int) { list[own+i], list[own+j] = list[own+j], list[own+i] })
	return list[:own+100], seed
}

// A byte costs the same in a long text as in a short one. What is quadratic costs eight times as much; what a busy machine adds to one
// run it doesn't add to all.
func TestCraftedInputsAreLinear(t *testing.T) {
	const short, long, bound, tries = 16 << 10, 128 << 10, 4.0, 8
	r := newRedactor(t, Config{})
	list, seed := someCrafted()
	for _, c := range list {
		for _, asJSON := range []bool{true, false} {
			a, b, growth := c.of(short), c.of(long), 0.0
			for try := 1; try <= tries; try++ {
				if growth = nsPerByte(r, b, asJSON, try) / nsPerByte(r, a, asJSON, try); growth < bound {
					break
				}
			}
			assert.Less(t, growth, bound, "%s, JSON %t: the cost of a byte grows with the size (seed %d)", c.name, asJSON, seed)
		}
	}
}

// A byte of a crafted input costs at most 20 times what a byte of a chat costs.
func TestCraftedInputsCostLittle(t *testing.T) {
	const size, bound, tries = 64 << 10, 20.0, 30
	r := newRedactor(t, Config{})
	list, seed := someCrafted()
	for _, asJSON := range []bool{true, false} {
		normal := chat(size, asJSON)
		base := nsPerByte(r, normal, asJSON, 2*tries)
		for _, c := range list {
			text := c.of(size)
			ns := nsPerByte(r, text, asJSON, 1)
			for try := 0; try < tries && ns >= bound*base; try++ {
				ns = min(ns, nsPerByte(r, text, asJSON, 1))
			}
			assert.Less(t, ns/base, bound, "%s, JSON %t: times the cost of a chat (seed %d)", c.name, asJSON, seed)
		}
	}
}

// chat is what agents say, of JSON or as a text alone.
func chat(size int, asJSON bool) string {
	if asJSON {
		return messages(size, 3)
	}
	return strings.Repeat(strings.ReplaceAll(prose, `\n`, "\n"), size/len(prose))
}

// BenchmarkHostile shows the worst cost of a byte of a crafted megabyte as a multiple of that of a chat, of JSON and of a
// text alone, with the ten worst inputs. It is to be below 20. Other work on the machine slows what misses the caches: runs of
// the chat and of the input take turns, and the least of each counts.
func BenchmarkHostile(b *testing.B) {
	const size, doubtful = 1 << 20, 12.0
	r := newRedactor(b, Config{})
	for name, asJSON := range map[string]bool{"JSON": true, "text": false} {
		b.Run(name, func(b *testing.B) {
			normal := chat(size, asJSON)
			type cost struct {
				name string
				ns   float64
			}
			var costs []cost
			base := nsPerByte(r, normal, asJSON, 20)
			for range b.N {
				costs = costs[:0]
				for _, c := range craftedInputs() {
					text := c.of(size)
					ns := nsPerByte(r, text, asJSON, 1)
					for try := 0; try < 10 && ns > doubtful*base; try++ {
						base = min(base, nsPerByte(r, normal, asJSON, 1))
						ns = min(ns, nsPerByte(r, text, asJSON, 1))
					}
					costs = append(costs, cost{name: c.name, ns: ns})
				}
			}
			slices.SortFunc(costs, func(x, y cost) int { return cmp.Compare(y.ns, x.ns) })
			for _, c := range costs[:10] {
				b.Logf("%5.1f times the normal time: %s", c.ns/base, c.name)
			}
			b.ReportMetric(1e3/base, "MB/s-normal")
			b.ReportMetric(costs[0].ns/base, "×normal-worst")
			b.ReportMetric(0, "ns/op")
		})
	}
}
