package redact

import (
	"encoding/json"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

func newRedactor(t testing.TB, cfg Config) *Redactor {
	t.Helper()
	r, err := New(cfg)
	require.NoError(t, err)
	return r
}

func TestJSONKeyRule(t *testing.T) {
	r := newRedactor(t, Config{})
	for in, want := range map[string]string{
		``:                                   ``,
		`plain text`:                         `"plain text"`,
		` { "a" : 1 } `:                      `{"a":1}`,
		`{"password":"x"}`:                   `{"password":"[REDACTED:key]"}`,
		`{"password":12345}`:                 `{"password":"[REDACTED:key]"}`,
		`{"password":null,"secret":true}`:    `{"password":null,"secret":true}`,
		`{"password":"<REDACTED>"}`:          `{"password":"<REDACTED>"}`,
		`{"password":"__REDACTED__"}`:        `{"password":"__REDACTED__"}`,
		`{"secrets":{"a":"b"},"c":"d"}`:      `{"secrets":"[REDACTED:key]","c":"d"}`,
		`{"cookies":[],"c":1.50e3}`:          `{"cookies":[],"c":1.50e3}`,
		`{"tokens":["a",1,{"x":"b","n":2}]}`: `{"tokens":["[REDACTED:key]",1,{"x":"[REDACTED:key]","n":2}]}`,
		`{"input_tokens":"12","token":17}`:   `{"input_tokens":"12","token":17}`,
		`[{"name":"Authorization","value":"x"},{"name":"Accept","value":"y"}]`: `[{"name":"Authorization","value":"[REDACTED:key]"},{"name":"Accept","value":"y"}]`,
		`{"argv":["psql","--password","x","-h"]}`:                              `{"argv":["psql","--password","[REDACTED:key]","-h"]}`,
		`{"body":"{\"user\":\"é\",\"pwd\":\"x\\ny\"}"}`:                        `{"body":"{\"user\":\"é\",\"pwd\":\"[REDACTED:key]\"}"}`,
		`"{\"pwd\":\"x\"}"`:          `"{\"pwd\":\"[REDACTED:key]\"}"`,
		`{"a":"\u0041\/","pwd":"x"}`: `{"a":"\u0041\/","pwd":"[REDACTED:key]"}`,
		`{"p\u0077d":"x"}`:           `{"p\u0077d":"[REDACTED:key]"}`,
	} {
		var l Log
		got := r.JSON(&l, "/params", "", in)
		assert.Equal(t, want, got)
		assert.Equal(t, strings.Contains(want, "[REDACTED:"), l.Len() > 0, in)
	}
}

func TestTextWalksJSONWhereItLies(t *testing.T) {
	r := newRedactor(t, Config{})
	for in, want := range map[string]string{
		"{ \"pwd\" : \"x\" }":                "{ \"pwd\" : \"[REDACTED:key]\" }",
		"{\"pwd\":\"x\"}\n{\"pwd\":\"y\"}\n": "{\"pwd\":\"[REDACTED:key]\"}\n{\"pwd\":\"[REDACTED:key]\"}\n",
		"{\"pwd\":\"x\"} and more":           "{\"pwd\":\"[REDACTED:key]\"} and more",
		"[INFO] hello":                       "[INFO] hello",
		"\"quoted\" words":                   "\"quoted\" words",
	} {
		var l Log
		assert.Equal(t, want, r.Text(&l, "", "", in))
	}
	var l Log
	same := strings.Repeat("nothing here ", 10)
	require.Equal(t, same, r.Text(&l, "", "", same))
	assert.Empty(t, l.JSON())
	assert.Equal(t, "[REDACTED:key]", r.Text(&l, "/attributes/api_key", "api_key", "anything"))
	assert.Equal(t, "512", r.Text(&l, "", "max_tokens", "512"))
}

// nest puts text into n JSON strings, one in the other.
func nest(text string, n int) string {
	for range n {
		quoted, _ := json.Marshal(text)
		text = `{"in":` + string(quoted) + `}`
	}
	return text
}

func TestJSONInStringsToDepth8(t *testing.T) {
	r := newRedactor(t, Config{})
	for n := range 12 {
		var l Log
		got := r.JSON(&l, "", "", nest(`{"password":"hunter2hunter2"}`, n))
		require.NotContains(t, got, "hunter2", "%d", n)
		_, err := jsontext.Check(got)
		require.NoError(t, err)
		if n < maxNested {
			require.Equal(t, nest(`{"password":"[REDACTED:key]"}`, n), got)
			require.Equal(t, `[{"path":"`+strings.Repeat("/in", n)+`/password","rule":"key","action":"mask","count":1}]`, l.JSON())
		} else {
			require.Contains(t, got, "[REDACTION FAILED: depth]")
		}
	}
	var l Log
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	assert.Equal(t, `{"a":"[REDACTION FAILED: depth]","b":1}`, r.JSON(&l, "", "", `{"a":"`+deep+`","b":1}`))
	assert.Equal(t, `"[REDACTION FAILED: depth]"`, r.JSON(&l, "", "", deep))
}

func TestSizeLimitFailsClosed(t *testing.T) {
	r := newRedactor(t, Config{MaxLeafBytes: 100})
	var l Log
	long := strings.Repeat("x", 101)
	assert.Equal(t, "[REDACTION FAILED: size]", r.Text(&l, "", "", long))
	assert.Equal(t, `"[REDACTION FAILED: size]"`, r.JSON(&l, "", "", long))
	assert.Equal(t, 2, l.Len())
}

func TestActions(t *testing.T) {
	var l Log
	drop := newRedactor(t, Config{Action: Drop})
	assert.Equal(t, `{"pwd":null,"a":1}`, drop.JSON(&l, "", "", `{"pwd":"x","a":1}`))
	keep := newRedactor(t, Config{Action: Keep})
	assert.Equal(t, `{"pwd":"x","secrets":{"a":1}}`, keep.JSON(&l, "", "", `{"pwd":"x","secrets":{"a":1}}`))
	cfg := Config{Action: Hash, Key: "0123456789abcdef", KeyID: "k1"}
	a, b := newRedactor(t, cfg), newRedactor(t, cfg)
	x := a.Text(&l, "", "password", "hunter2")
	assert.Regexp(t, `^key:k1:[a-z2-7]{16}$`, x)
	assert.Equal(t, x, b.Text(&l, "", "password", "hunter2"))
	assert.NotEqual(t, x, a.Text(&l, "", "password", "hunter3"))
}

func TestHMAC(t *testing.T) {
	a, b := newRedactor(t, Config{Key: "0123456789abcdef"}), newRedactor(t, Config{})
	assert.Regexp(t, `^hmac-sha256:[0-9a-f]{64}$`, a.HMAC("x"))
	assert.NotEqual(t, a.HMAC("ab", "c"), a.HMAC("a", "bc"))
	assert.NotEqual(t, a.HMAC("x"), b.HMAC("x"))
	assert.False(t, a.Generated())
	assert.True(t, b.Generated())
	assert.Equal(t, a.Version(), b.Version(), "the key is no part of the version")
}

func TestValidateNamesTheKey(t *testing.T) {
	for want, cfg := range map[string]Config{
		"key: ": {Key: "short"}, "key and key_file": {Key: "0123456789abcdef", KeyFile: "x"}, "key_id": {KeyID: "A B"},
		"action: ": {Action: "burn"}, "max_leaf_bytes": {MaxLeafBytes: -1}, "key_file: ": {KeyFile: "/nonexistent/key"},
	} {
		_, err := New(cfg)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "short\"")
	}
}

func TestLogIsBounded(t *testing.T) {
	r := newRedactor(t, Config{})
	var l Log
	r.JSON(&l, "", "", `[`+strings.Repeat(`{"pwd":"x"},`, 500)+`0]`)
	assert.Equal(t, 500, l.Len())
	var list []map[string]any
	require.NoError(t, json.Unmarshal([]byte(l.JSON()), &list))
	require.Len(t, list, maxEntries+1)
	assert.EqualValues(t, 500-maxEntries, list[maxEntries]["count"])
	sum := 0
	l.Each(func(_, _ string, n int) { sum += n })
	assert.Equal(t, 500, sum)
	l.Reset()
	assert.Zero(t, l.Len())
	assert.Empty(t, l.JSON())
}

func TestPointers(t *testing.T) {
	r := newRedactor(t, Config{})
	var l Log
	r.JSON(&l, "/params", "", `{"a/b":[0,{"~x":{"pwd":"1"}}]}`)
	assert.Contains(t, l.JSON(), `"path":"/params/a~1b/1/~0x/pwd"`)
}

func testMap(t *testing.T) pcommon.Map {
	m := pcommon.NewMap()
	require.NoError(t, m.FromRaw(map[string]any{
		"plain": "text", "n": 7, "f": 1.5, "nan": math.NaN(), "ok": true,
		"api_key": "k", "pin": 1234, "bytes": []byte("{\"pwd\":\"x\"}"), "raw": []byte{0xff, 0},
		"nested":  map[string]any{"pwd": "x", "list": []any{map[string]any{"token": "t"}, 3}},
		"cookies": []any{"a", "b"},
	}))
	return m
}

func TestMapInPlace(t *testing.T) {
	r := newRedactor(t, Config{})
	var l Log
	m := testMap(t)
	assert.True(t, r.Map(&l, "/attributes", m))
	assert.Equal(t, 6, l.Len())
	assert.Equal(t, map[string]any{"pwd": "[REDACTED:key]", "list": []any{map[string]any{"token": "[REDACTED:key]"}, int64(3)}}, m.AsRaw()["nested"])
	assert.Equal(t, "[REDACTED:key]", m.AsRaw()["api_key"])
	var again Log
	assert.False(t, r.Map(&again, "", m), "a second pass has nothing to do")
	assert.Empty(t, again.JSON())

	m = testMap(t)
	assert.True(t, newRedactor(t, Config{Action: Drop}).Map(&l, "", m))
	_, there := m.Get("api_key")
	assert.False(t, there)
}

func TestConcurrentUse(t *testing.T) {
	r := newRedactor(t, Config{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var l Log
			for range 50 {
				l.Reset()
				assert.Equal(t, `{"a":"{\"pwd\":\"[REDACTED:key]\"}"}`, r.JSON(&l, "", "", `{"a":"{\"pwd\":\"x\"}"}`))
			}
		})
	}
	wg.Wait()
}

func TestPanicInADetectorCostsOneLeaf(t *testing.T) {
	r := newRedactor(t, Config{})
	r.detectors = nil // every look at a text panics
	var l Log
	assert.Equal(t, `{"a":"[REDACTION FAILED: panic]","pwd":"[REDACTED:key]","n":1}`, r.JSON(&l, "/p", "", `{"a":"some text","pwd":"x","n":1}`))
	assert.Contains(t, l.JSON(), `{"path":"/p/a","rule":"failed:panic","action":"mask","count":1}`)
	assert.Equal(t, "[REDACTION FAILED: panic]", r.Text(&l, "", "", "some text"))
}

func TestNamesAreRedactedAndPathsDoNotHoldThem(t *testing.T) {
	r := newRedactor(t, Config{})
	var l Log
	assert.Equal(t, `{"[REDACTED:email]":{"pwd":"[REDACTED:key]"}}`, r.JSON(&l, "", "", `{"ada@example.org":{"pwd":"x"}}`))
	assert.NotContains(t, l.JSON(), "ada@")
	m := pcommon.NewMap()
	m.PutStr("ada@example.org", "x")
	m.PutStr("bob@example.org", "y")
	assert.True(t, r.Map(&l, "", m))
	assert.Equal(t, 2, m.Len())
	assert.NotContains(t, l.JSON(), "@")
}

func TestJSONWebKeys(t *testing.T) {
	r := newRedactor(t, Config{})
	var l Log
	assert.Equal(t, `{"kty":"EC","d":"[REDACTED:key]","x":"abc"}`, r.JSON(&l, "", "", `{"kty":"EC","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","x":"abc"}`))
	assert.Equal(t, `{"d":"plain"}`, r.JSON(&l, "", "", `{"d":"plain"}`))
}
