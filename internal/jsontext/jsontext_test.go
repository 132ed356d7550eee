package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var samples = []string{
	``, ` `, `null`, `true`, `false`, `nul`, `0`, `-0`, `01`, `-`, `1.`, `1.5e+9`, `1e`, `.5`, `+1`,
	`""`, `"a"`, `"`, `"\"`, `"\n"`, `"\x"`, `"\u00"`, `"\u0041"`, `"\ud83d\ude00"`, `"\ud83d"`, "\"\x01\"", "\"\xff\"", `"é世界"`,
	`[]`, `[ ]`, `[1,2]`, `[1 , 2]`, `[1,]`, `[,1]`, `[1 2]`, `[`, `]`, `[}`, `{]`, `[[[]]]`,
	`{}`, `{ }`, `{"a":1}`, `{"a" : 1 , "b":[{}]}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1,}`, `{"a":1}}`, `{"a":{"b":{"c":[1,{"d":null}]}}}`,
	`{"a":1} `, "\t[1]\n", `1 2`, `"a" "b"`, "\"" + strings.Repeat("long text without anything special ", 9) + "\"",
}

func TestCheckAgreesWithEncodingJSON(t *testing.T) {
	for _, s := range samples {
		_, err := Check(s)
		want := json.Valid([]byte(s)) && utf8.ValidString(s)
		assert.Equal(t, want, err == nil, "%q", s)
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range samples {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		compact, err := Check(s)
		if errors.Is(err, ErrDepth) {
			return
		}
		want := json.Valid([]byte(s)) && utf8.ValidString(s)
		require.Equal(t, want, err == nil)
		if err != nil {
			return
		}
		var buf bytes.Buffer
		require.NoError(t, json.Compact(&buf, []byte(s)))
		got, err := Compact(s)
		require.NoError(t, err)
		require.Equal(t, buf.String(), got)
		require.Equal(t, got == s, compact)
		for range Members(s) {
		}
		for range Elements(s) {
		}
	})
}

func FuzzQuote(f *testing.F) {
	f.Add("plain")
	f.Add("\x00\xff\"\\\n\u2028é")
	f.Fuzz(func(t *testing.T, s string) {
		quoted := Quote(s)
		_, err := Check(quoted)
		require.NoError(t, err)
		back, ok := Unquote(quoted)
		require.True(t, ok)
		require.Equal(t, string([]rune(s)), back, "each byte that is not UTF-8 becomes U+FFFD")
	})
}

func TestUnquoteAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		text, err := json.Marshal(s)
		require.NoError(t, err)
		got, ok := Unquote(string(text))
		require.True(t, ok)
		require.Equal(t, s, got)
	})
	for _, s := range []string{`"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ude00"`, `"\/\b\f"`} {
		var want string
		require.NoError(t, json.Unmarshal([]byte(s), &want))
		got, _ := Unquote(s)
		assert.Equal(t, want, got, s)
	}
}

func TestDepthIsBounded(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	_, err := Check(deep(MaxDepth))
	require.NoError(t, err)
	_, err = Check(deep(MaxDepth + 1))
	require.ErrorIs(t, err, ErrDepth)
	_, err = Check(strings.Repeat(`{"a":`, 1_000_000))
	require.ErrorIs(t, err, ErrDepth)
}

func TestWalk(t *testing.T) {
	var keys, values []string
	for k, v := range Members(` {"a": 1, "b" :[2, 3] ,"c":{"d":"}"}}`) {
		keys, values = append(keys, k), append(values, v)
	}
	assert.Equal(t, []string{"a", "b", "c"}, keys)
	assert.Equal(t, []string{"1", "[2, 3]", `{"d":"}"}`}, values)

	var elements []string
	for e := range Elements(`[1, "x,]" , {"a":[]}, null]`) {
		elements = append(elements, e)
	}
	assert.Equal(t, []string{"1", `"x,]"`, `{"a":[]}`, "null"}, elements)

	v, ok := Get(`{"a":1,"b":"two"}`, "b")
	assert.True(t, ok)
	assert.Equal(t, `"two"`, v)
	assert.Equal(t, "two", GetString(`{"a":1,"b":"two"}`, "b"))
	assert.Empty(t, GetString(`{"b":2}`, "b"))

	for s, want := range map[string]Kind{`{`: Object, ` [`: Array, `"`: String, `-1`: Number, `7`: Number, `true`: Bool, `false`: Bool, `null`: Null, `x`: Invalid, ``: Invalid} {
		assert.Equal(t, want, KindOf(s), s)
	}
}

var message = `[{"role":"user","parts":[{"type":"text","content":"` + strings.Repeat(`The quick brown fox jumps over the lazy dog. \"Quoted\" and\nbroken. `, 40) + `"}]}]`

func BenchmarkCheck(b *testing.B) {
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Check(message); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQuote(b *testing.B) {
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf = AppendQuoted(buf[:0], message)
	}
}
