package dialect

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// readSpan reads a span with these attributes, as the processor would.
func readSpan(attributes map[string]any) *Facts {
	span := ptrace.NewSpan()
	span.SetName("span")
	_ = span.Attributes().FromRaw(attributes)
	f := &Facts{}
	f.ReadSpan(span, "", pcommon.NewMap(), RecogniseSpan(span, 0))
	return f
}

// readFlat reads flattened input messages of OpenInference, before they are converted.
func readFlat(attributes map[string]any) *Facts {
	f := &Facts{}
	for i, d := range Dialects {
		if d == &openInference {
			f.Dialects = 1 << i
		}
	}
	m := pcommon.NewMap()
	_ = m.FromRaw(attributes)
	f.readAttributes(m)
	f.readLeaves()
	return f
}

func TestFlattenedKeysBecomeDocuments(t *testing.T) {
	const p = "llm.input_messages."
	for _, test := range []struct {
		name       string
		attributes map[string]any
		want       string
	}{
		{"order by index, not by text", map[string]any{p + "10.a": "ten", p + "9.a": "nine", p + "2.a": 2}, `[{"a":2},{"a":"nine"},{"a":"ten"}]`},
		{"gaps are closed", map[string]any{p + "1.a": true, p + "7.a": false}, `[{"a":true},{"a":false}]`},
		{"leading zeros don't matter", map[string]any{p + "010.a": "x", p + "9.a": "y"}, `[{"a":"y"},{"a":"x"}]`},
		{"lists in lists", map[string]any{p + "0.b.1.c": "y", p + "0.b.0.c": "x", p + "0.a": 1.5}, `[{"a":1.5,"b":[{"c":"x"},{"c":"y"}]}]`},
		{"wrappers go", map[string]any{p + "0.message.role": "user", p + "0.message.tool_calls.0.tool_call.id": "c"}, `[{"role":"user","tool_calls":[{"id":"c"}]}]`},
		{"leaves of a list", map[string]any{p + "0": "x", p + "1": "y"}, `["x","y"]`},
		{"a list as a leaf", map[string]any{p + "0.a": []any{"x", "y"}}, `[{"a":["x","y"]}]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := readFlat(test.attributes)
			assert.JSONEq(t, test.want, f.Content(InputMessages))
			assert.Empty(t, f.Rest)
			assert.False(t, f.WasCut(InputMessages))
		})
	}
}

// Gotcha 19: keys of flattened lists come from outside and may be hostile.
func TestGotcha19HostileKeys(t *testing.T) {
	const p = "llm.input_messages."
	for _, key := range []string{
		"__proto__.polluted", "0.__proto__.polluted", "0.constructor.prototype.x", "0.message.prototype", "-1.a", "99999999999999999999.a", "1e3.a", "", ".", "a.b",
	} {
		t.Run(key, func(t *testing.T) {
			f := readFlat(map[string]any{p + key: "x"})
			assert.False(t, f.Has(InputMessages))
			require.Len(t, f.Rest, 1, "not lost: it stays an attribute")
			assert.Equal(t, p+key, f.Rest[0].Key)
		})
	}
	for name, attributes := range map[string]map[string]any{
		"too deep":               {p + "0" + strings.Repeat(".a", maxFlatDepth+1): "x", p + "1.a": "y"},
		"a leaf that has leaves": {p + "0.a": "x", p + "0.a.b": "y"},
		"too long":               {p + "0.a": strings.Repeat("x", maxFlatBytes+1), p + "1.a": "y"},
	} {
		t.Run(name, func(t *testing.T) {
			f := readFlat(attributes)
			assert.True(t, f.WasCut(InputMessages), "what was left out is marked")
			assert.True(t, json.Valid([]byte(f.Content(InputMessages))))
		})
	}
	t.Run("too many", func(t *testing.T) {
		many := map[string]any{}
		for i := range maxFlatKeys + 10 {
			many[fmt.Sprintf("%s%d.a", p, i)] = 1
		}
		f := readFlat(many)
		assert.True(t, f.WasCut(InputMessages))
		n := 0
		for range jsontext.Elements(f.Content(InputMessages)) {
			n++
		}
		assert.Equal(t, maxFlatKeys, n)
	})
}

// What is flattened comes back, in whatever order the attributes arrive.
func TestFlattenRoundTrip(t *testing.T) {
	leafs := rapid.OneOf(rapid.Just[any]("text"), rapid.Just[any](""), rapid.Just[any](int64(7)), rapid.Just[any](true))
	name := rapid.StringMatching(`[a-z]{1,6}`)
	object := func(of *rapid.Generator[any]) *rapid.Generator[any] {
		return rapid.Custom(func(t *rapid.T) any { return rapid.MapOfN(name, of, 1, 4).Draw(t, "object") })
	}
	list := func(of *rapid.Generator[any]) *rapid.Generator[any] {
		return rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(of, 1, 4).Draw(t, "list") })
	}
	document := list(object(rapid.OneOf(leafs, list(leafs), list(object(leafs)), object(leafs))))
	rapid.Check(t, func(t *rapid.T) {
		doc := document.Draw(t, "document")
		flat := map[string]any{}
		flatten(flat, "llm.input_messages", doc)
		keys := slices.Collect(maps.Keys(flat))
		rand.New(rand.NewSource(1)).Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		f := readFlat(flat)
		want, err := json.Marshal(doc)
		require.NoError(t, err)
		require.JSONEq(t, string(want), f.Content(InputMessages))
	})
}

func flatten(into map[string]any, key string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if slices.Contains(wrappers, name+".") {
				name += "x" // a wrapper would go, rightly
			}
			flatten(into, key+"."+name, member)
		}
	case []any:
		for i, element := range v {
			flatten(into, fmt.Sprintf("%s.%d", key, i), element)
		}
	default:
		into[key] = v
	}
}

func FuzzReadIndexed(f *testing.F) {
	f.Add("0.message.role", "1.message.content", "user")
	f.Add("0.a.b", "0.a", "")
	f.Add("__proto__", "999999.1.1.1.1.1.1.1.1.1.1.1.1.1", "x")
	f.Fuzz(func(t *testing.T, a, b, value string) {
		const p = "llm.input_messages."
		facts := readFlat(map[string]any{p + a: value, p + b: value, p + "0.message.content": value})
		if text := facts.Content(InputMessages); !json.Valid([]byte(text)) {
			t.Fatalf("%q and %q give %s", a, b, text)
		}
	})
}
