package redact

import (
	"encoding/base64"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

// A million take half a minute: go test -run TestStructureStays ./internal/redact -events 1000000
var events = flag.Int("events", 20_000, "how many generated events TestStructureStays looks at")

func drawn(rng *rand.Rand, set string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[rng.IntN(len(set))]
	}
	return string(b)
}

const (
	hexSet   = "0123456789abcdef"
	upperSet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	wordSet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// structural draws values that carry structure, by the names under which telemetry has them.
var structural = []struct {
	name string
	draw func(*rand.Rand) string
}{
	{"trace_id", func(r *rand.Rand) string { return drawn(r, hexSet, 32) }},
	{"span_id", func(r *rand.Rand) string { return drawn(r, hexSet, 16) }},
	{"event_id", func(r *rand.Rand) string {
		h := drawn(r, hexSet, 32)
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	}},
	{"tool_call_id", func(r *rand.Rand) string { return "call_" + drawn(r, wordSet, 24) }},
	{"tool_use_id", func(r *rand.Rand) string { return "toolu_01" + drawn(r, wordSet, 22) }},
	{"response_id", func(r *rand.Rand) string { return "chatcmpl-" + drawn(r, wordSet, 29) }},
	{"gen_ai.response.id", func(r *rand.Rand) string { return "resp_" + drawn(r, hexSet, 48) }},
	{"message_id", func(r *rand.Rand) string { return "msg_" + drawn(r, wordSet, 24) }},
	{"session.id", func(r *rand.Rand) string { return "01" + drawn(r, upperSet, 24) }},
	{"order_id", func(r *rand.Rand) string { return fmt.Sprint(r.IntN(1e9)) }},
	{"content_hash", func(r *rand.Rand) string { return "sha256:" + drawn(r, hexSet, 64) }},
	{"etag", func(r *rand.Rand) string { return drawn(r, hexSet, 40) }},
	{"timestamp", func(r *rand.Rand) string {
		return time.Unix(1_700_000_000+r.Int64N(1e8), r.Int64N(1e9)).UTC().Format(time.RFC3339Nano)
	}},
	{"start_time", func(r *rand.Rand) string {
		return time.Unix(1_700_000_000+r.Int64N(1e8), 0).UTC().Format(time.DateTime)
	}},
	{"gen_ai.request.model", func(r *rand.Rand) string {
		return []string{"claude-sonnet-4-20250514", "gpt-4o-2024-08-06", "gemini-2.5-pro", "llama-3.3-70b-versatile", "mistral-large-2411"}[r.IntN(5)]
	}},
	{"input_tokens", func(r *rand.Rand) string { return fmt.Sprint(r.IntN(1e6)) }},
	{"max_tokens", func(r *rand.Rand) string { return fmt.Sprint(r.IntN(1e6)) }},
	{"traceparent", func(r *rand.Rand) string { return "00-" + drawn(r, hexSet, 32) + "-" + drawn(r, hexSet, 16) + "-01" }},
	{"finish_reason", func(*rand.Rand) string { return "tool_calls" }},
	{"role", func(*rand.Rand) string { return "assistant" }},
	{"commit", func(r *rand.Rand) string { return drawn(r, hexSet, 40) }},
	{"version", func(r *rand.Rand) string { return fmt.Sprintf("v%d.%d.%d", r.IntN(10), r.IntN(50), r.IntN(200)) }},
	{"image", func(r *rand.Rand) string {
		b, _ := hex.DecodeString("89504e470d0a1a0a" + drawn(r, hexSet, 200))
		return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b)
	}},
}

// No structural value changes: as text, as number, in JSON inside a string, and in attributes that go on to others.
func TestStructureStays(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, Config{})
	seed := uint64(time.Now().UnixNano())
	const workers = 4
	for i := range uint64(workers) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			structureStays(t, r, rand.New(rand.NewPCG(i, seed)), *events/workers)
		})
	}
}

func structureStays(t *testing.T, r *Redactor, rng *rand.Rand, n int) {
	var l Log
	for range n {
		doc := []byte("{")
		m := pcommon.NewMap()
		for i, s := range structural {
			if i > 0 {
				doc = append(doc, ',')
			}
			doc = append(jsontext.AppendQuoted(doc, s.name), ':')
			value := s.draw(rng)
			doc = jsontext.AppendQuoted(doc, value)
			m.PutStr(s.name, value)
		}
		doc = fmt.Appendf(doc, `,"latency_ms":%d,"start_ns":%d,"seq":%d}`, rng.IntN(1e5), 1_700_000_000_000_000_000+rng.Int64N(1e17), rng.Int64N(1e6))
		text := string(doc)
		if rng.IntN(4) == 0 {
			text = `{"body":` + jsontext.Quote(text) + `}`
		}
		l.Reset()
		if out := r.JSON(&l, "/attributes", "", text); out != text {
			require.Fail(t, "changed", "%s\n%s\n%s", text, out, l.JSON())
		}
		if rng.IntN(10) == 0 && r.Map(&l, "/attributes", m) {
			require.Fail(t, "changed", "%s\n%s", text, l.JSON())
		}
	}
}

// What a million generated events had in which something was found.
func TestStructureThatWasMistaken(t *testing.T) {
	r := newRedactor(t, Config{})
	var l Log
	for _, text := range []string{
		`{"image":"data:image/png;base64,iVBORw0KGgqc7mThxmsye/xOilRjM3ZwiSKFbKn7YVkKIyeKs93MdaQEEfHbSqS6FKLdEC2Zv/keY/I2pSAJydWfQS2U3RKzcA1p5HcZQmd4OCE3n28CQQtFUR2mxvlTi5NgC69Z5op31/9z"}`,
		`{"image":"data:image/png;base64,iVBORw0KGgoL/bBVaBBR6xYjPOQDMPTqhblcNmVImNfTiRnCyLX8rVgUXwsnKUoOEG54rZzsQ+AStxmYodWIArfWdNVtzpC8LO+ByvCs4Ah+fUwPeVsa8lt0AL2xaa5IRwsnWRX2CxSM4Qat"}`,
	} {
		assert.Equal(t, text, r.JSON(&l, "", "", text))
	}
}

// Whatever is redacted is valid JSON, a second pass finds nothing new, and no secret of a format is left.
func TestRandomDocumentsStayValidAndClean(t *testing.T) {
	r := newRedactor(t, Config{})
	rng := rand.New(rand.NewPCG(8, uint64(time.Now().UnixNano())))
	formats := detect.Formats()
	var l Log
	for range 1000 {
		f := &formats[rng.IntN(len(formats))]
		example := f.Example(rng)
		text := `{"a":[1,` + jsontext.Quote("see "+example+" there") + `,{"b":` + jsontext.Quote(`{"c":`+jsontext.Quote(example)+`}`) + `}],"z":true}`
		out := r.JSON(&l, "", "", text)
		_, err := jsontext.Check(out)
		require.NoError(t, err, "%s: %s", text, out)
		again := r.JSON(&l, "", "", out)
		require.Equal(t, out, again, "%s: a second pass changes it", f.ID)
	}
}

func FuzzJSON(f *testing.F) {
	r, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{`{"password":"x"}`, nest(`{"token":"abc"}`, 3), `[{"name":"Authorization","value":"x"}]`, `{"a":"\ud83d"}`, "{\"a\":1}\n{\"pwd\":\"x\"} tail", `"{\"a\":\"-----BEGIN RSA PRIVATE KEY-----"`} {
		f.Add(s, "key")
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		var l Log
		out := r.JSON(&l, "/p", key, text)
		if text == "" {
			require.Empty(t, out)
			return
		}
		compact, err := jsontext.Check(out)
		require.NoError(t, err)
		require.True(t, compact)
		l.Each(func(rule, _ string, _ int) { require.NotEqual(t, "failed:panic", rule) })
		if want, err := jsontext.Compact(text); err == nil && l.Len() == 0 {
			require.Equal(t, want, out, "nothing was done, so nothing changes")
		}
		l.Reset()
		if plain := r.Text(&l, "/p", key, text); l.Len() == 0 {
			require.Equal(t, text, plain)
		}
	})
}
