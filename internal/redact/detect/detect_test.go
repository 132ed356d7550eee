package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newSet(t testing.TB) *Set {
	t.Helper()
	s, err := New(nil, nil)
	require.NoError(t, err)
	return s
}

func find(s *Set, text string) []Finding { return s.Find(&Scratch{}, nil, text, Hint{}) }

func show(found []Finding, text string) string {
	var out []string
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s %q", f.Rule.ID, text[f.Start:f.End]))
	}
	return strings.Join(out, "; ")
}

// Each format finds what its own grammar makes.
func TestEachFormatFindsItsExamples(t *testing.T) {
	s := newSet(t)
	rng := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	for _, d := range s.detectors {
		missed := 0
		var example string
		for range 60 {
			e := d.context + d.random(rng)
			if found := find(s, "a "+e+" b"); len(found) == 0 {
				missed++
				example = e
			}
		}
		assert.LessOrEqual(t, missed, 8, "%s (%.60s): %q", d.id, d.anchors, example)
	}
}

func TestNumbersOfPersonsAreFound(t *testing.T) {
	s := newSet(t)
	rng := rand.New(rand.NewPCG(5, uint64(time.Now().UnixNano())))
	for _, f := range numberFormats {
		missed, example := 0, ""
		for range 500 {
			e := f.example(rng)
			text := "it is " + e + ", I think"
			if found := find(s, text); len(found) != 1 || found[0].End < 6+len(e) {
				missed, example = missed+1, e+" "+show(found, text)
			}
		}
		assert.LessOrEqual(t, missed, 15, "%s: %s", f.id, example)
	}
}

func TestCheckDigitsOfKnownNumbers(t *testing.T) {
	// Numbers that their issuers publish as examples.
	for text, want := range map[string]string{
		"DE89 3704 0044 0532 0130 00": IBAN, "GB82WEST12345698765432": IBAN, "4111 1111 1111 1111": Card, "378282246310005": Card, "756.9217.0769.85": NationalID,
		"12345678Z": NationalID, "RSSMRA85T10A562S": NationalID, "078-05-1120": NationalID, "+41446681800": Phone, "123.45.67.89": IP, "01:23:45:67:89:ab": MAC, "tool_call:01:23:45:67:89:ab": MAC, "trade:01:23:45:67:89:ab": MAC, "abc:01:23:45:67:89:ab": MAC, "ad:01:23:45:67:89:ab": MAC, "43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8": "", "peer:2a00:1450:4001:81b::200e": IP, "S1234567D": NationalID,
		"4111 1111 1111 1112": "", "DE88 3704 0044 0532 0130 00": "", "000-12-3456": "", "12345678A": "", "10.0.0.1": "", "127.0.0.1": "", "1.2.3.4": "", "2026-11-21": "", "20261121": "",
	} {
		got := ""
		if found := find(newSet(t), text); len(found) > 0 {
			got = found[0].Rule.ID
		}
		assert.Equal(t, want, got, text)
	}
}

func TestTableIsWide(t *testing.T) {
	ids := map[string]bool{}
	for _, row := range table() {
		if row.group != Personal {
			ids[row.id] = true
		}
		assert.NotEmpty(t, row.source, row.id)
	}
	assert.GreaterOrEqual(t, len(ids), 120)
}

// What a secret was found by stands beside one of its places; it goes from all of them.
func TestRepeatedSecretsAreFound(t *testing.T) {
	s := newSet(t)
	text := "password=Qx7vRk2m9Lp\nthen run login ci Qx7vRk2m9Lp, not Qx7vRk2m9Lpq; token 'Qx7vRk2m9Lp'"
	assert.Len(t, find(s, text), 3, show(find(s, text), text))
	assert.Len(t, find(s, "password=sunshine\nand sunshine"), 1, "a plain word may be meant as a word")
}

func TestColoursAreNoLetters(t *testing.T) {
	s := newSet(t)
	for _, text := range []string{"\x1b[93mghp_" + "Q3EGRIVZXKTM5WNPQ3EGRIVZXKTM5WNPabcd\x1b[0m", "\x1b[1;94mAKIA" + "Q3EGRIVZXKTM5WNP\x1b[0m"} {
		assert.Len(t, find(s, text), 1, text)
	}
}

var benchText = strings.Repeat("The agent looked at the order, called get_order with id 4711 and found that the token count was 1,024. It then wrote: the key idea is to ask first. ", 60)

func benchmarkFind(b *testing.B, text string) {
	s := newSet(b)
	var mem Scratch
	var found []Finding
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		found = s.Find(&mem, found[:0], text, Hint{})
	}
}

func BenchmarkFind(b *testing.B) {
	for _, size := range []int{3 << 10, 8 << 10} {
		b.Run(fmt.Sprintf("clean/%dK", size>>10), func(b *testing.B) { benchmarkFind(b, benchText[:size]) })
	}
}

// hostile are texts that make each step of a scan work as hard as it can.
func hostile(n int) map[string]string {
	rep := func(s string) string { return strings.Repeat(s, n/len(s)+1)[:n] }
	return map[string]string{
		"base64": rep("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo"), "key=": rep("key="), "password=": rep("password="), "begin": rep("-----BEGIN RSA PRIVATE KEY-----\n"),
		"end": rep("-----END RSA PRIVATE KEY-----"), "eyJ": rep("eyJ"), "eyJ.": rep("eyJhbGciOiJIUzI1NiJ9."), "://": rep("://"), "digits": rep("4111111111111111 "), "plus": rep("+14155552671 "),
		"sk-": rep("sk-"), "@": rep("a@"), "dots": rep("."), "backslashes": rep("\\"), "percent": rep("%41"), "quotes": rep("a\"b"), "colons": rep("ab:"), "curl": rep("curl -u "),
		"passport": rep("passport number "), "cookie": rep("Cookie: a=b "), "quoted": rep("password \""), "for": rep("password for "), "hex": rep("0123456789abcdef"), "machine": rep("machine password "), "netrc": rep("machine a "),
		"T3B": rep("T3BlbkFJ"), "aaa": rep("a"), "tele": rep(":AA"), "digest": rep("digest a=\""), "zero": rep("0"), "dash": rep("-"), "jdbc": rep("jdbc:oracle:thin:"), "dir": rep("DirectoryEntry("), "newpass": rep("new password is "),
		"repeated": rep("password=Qx7vRk2m9Lp "), "far": rep("password for a b "), "sql": rep("identified by "), "elements": rep("<password>"), "foreign": rep("비밀번호"), "foreign sign": rep("비밀번호: "), "commas": rep("password, \""),
		"snmp": rep("snmpget -c "), "cell": rep("password(a"), "der": rep("MIIEpAIBAAKC"), "macs": rep("abc:01:23:45:67:89:"),
	}
}

func TestHostileTextsAreLinear(t *testing.T) {
	s := newSet(t)
	var mem Scratch
	base := testing.Benchmark(func(b *testing.B) {
		text := strings.Repeat(benchText, 20)[:100_000]
		for b.Loop() {
			s.Find(&mem, nil, text, Hint{})
		}
	}).NsPerOp()
	for name, text := range hostile(100_000) {
		start := time.Now()
		s.Find(&mem, nil, text, Hint{})
		// 20 times is what it should be on a machine at rest (BenchmarkHostile); a quadratic check is over 1,000.
		ratio := float64(time.Since(start).Nanoseconds()) / float64(base)
		t.Logf("%-12s %5.1f times the normal time", name, ratio)
		assert.Less(t, ratio, 300.0, name)
	}
}

// A text long enough for all lanes of the automaton, with many secrets of one kind in it: each is found.
func TestManyOfOneKindInLongText(t *testing.T) {
	s := newSet(t)
	rng := rand.New(rand.NewPCG(3, uint64(time.Now().UnixNano())))
	for _, d := range s.detectors {
		if d.group == Labelled || d.inner || d.fold {
			continue
		}
		var text strings.Builder
		var at [][2]int
		for range 12 {
			text.WriteString(benchText[:700] + "\n")
			example := d.context + d.random(rng)
			if len(find(s, example)) != 1 {
				continue
			}
			at = append(at, [2]int{text.Len(), text.Len() + len(example)})
			text.WriteString(example + "\n")
		}
		found := find(s, text.String())
		for _, span := range at {
			hit := false
			for _, f := range found {
				hit = hit || f.Start < span[1] && f.End > span[0]
			}
			assert.True(t, hit, "%s: %q", d.id, text.String()[span[0]:span[1]])
		}
	}
}

// Short anchors come in pictures by chance, a handful in a million.
func TestPicturesHoldNoSecrets(t *testing.T) {
	s := newSet(t)
	for _, text := range []string{
		"data:image/png;base64,iVBORw0KGgqDBqRm/AP7AuzpwVPphFFF7JNAXKTHR6Lv3GKT2zVW0Sw0rWuUVZ4EyZYn4GInIhZkd6DYxrASFV2nsig8YMvbGb4TWHZrkKz0xIkqOzbwYGXSZl5x5nxEaM6tX2eoIEPm/O9n",
		"data:image/png;base64,iVBORw0KGgpWq6j0veYrO4zd+h8dYR0QUfXJCmHxaQcaXlFNcF+yIH/ZFgMaNVTprFfvNfGFHWnMHHTieZaociCqxDHSDQZMdD/MEjK/YCMkF1WCAMmg8U7wjsA28iJIzVsRWnnqsz8J33dV",
		"data:image/png;base64,iVBORw0KGgqHJNW0xp1Hk4nUMnDCZdzdEiq68zwt9NG7S/+dOB2494638Czx7R0Gs4z8rMhnjCNoEFK+H9CQ5F51H0RhT3ZIUzjm/W+GfjaTv5tnRwKr1zfzx3YSq8RF91ShY6tRhpT7rgb5",
		"data:image/png;base64,iVBORw0KGgqHJNW0xp1Hk4nUMnDCZdzdEiq68zwt9NG7S/+dOB2494638/zx7R0Gs4z8rMhnjCNoEFK+H9CQ5F51H0RhT3ZIUzjm/W+GfjaTv5tnRwKr1zfzx3YSq8RF91ShY6tRhpT7rgb5",
		"data:image/png;base64,iVBORw0KGgpfZFyocbIroNXSv0Et0IZwEXCvZDqBfkZUte/46NQ+05Yo0xwTT92ugbmuyQ3/RTZGASKDgSFX+l8QI7rkxE8equir+YCMFiOa2HLU5tkStH7sTjucgajSL4A04SwxBxDTQqKj",
		"data:image/png;base64,iVBORw0KGgoVdtwumVv4JQ0uTCfrhHJaWog0WyF2pJSNtrUllrVGgZrpDISgRdQShnsQwqIizkV+0MxepCUkCV0X7945a/v7PDRP+0c9gnOGLcdv1pf7GI29bQddqkjvvy+AP7mAzLLosvm5",
	} {
		assert.Empty(t, find(s, text), show(find(s, text), text))
	}
}

func TestSecretsInPathsAreFound(t *testing.T) {
	s := newSet(t)
	for _, before := range []string{"https://s3.internal/backups/2026/", "src/main/java/com/acme/AppKeys/", "/9b74c9897bac770ffc029102a200c5de/", "/home/Ada/Projects/GoCode/MyApp/"} {
		assert.NotEmpty(t, find(s, before+"AKIA"+"Q3EGRIVZXKTM5WNP"), before)
	}
}
