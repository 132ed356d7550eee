package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// twins are attributes as they may come over the wire: two of a name.
func twins(t *testing.T, attributes string) pcommon.Map {
	ld, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs([]byte(`{"resourceLogs":[{"resource":{"attributes":[` + attributes + `]}}]}`))
	require.NoError(t, err)
	return ld.ResourceLogs().At(0).Resource().Attributes()
}

func TestTwoAttributesOfOneName(t *testing.T) {
	const two = `{"key":"password","value":{"stringValue":"hunter2-a"}},{"key":"n","value":{"intValue":"1"}},{"key":"password","value":{"stringValue":"hunter2-b"}},
		{"key":"mail ada@example.org","value":{"stringValue":"hunter2-c"}},{"key":"mail ada@example.org","value":{"intValue":"2"}}`
	var l Log
	m := twins(t, two)
	require.Equal(t, 5, m.Len())
	newRedactor(t, Config{Action: Drop}).Map(&l, "", m)
	for k, v := range m.All() {
		assert.NotContains(t, k+v.AsString(), "hunter2-a")
		assert.NotContains(t, k+v.AsString(), "hunter2-b")
		assert.NotContains(t, k, "ada@")
	}
	m = twins(t, two)
	newRedactor(t, Config{}).Map(&l, "", m)
	assert.Equal(t, 5, m.Len())
	for k := range m.All() {
		assert.NotContains(t, k, "ada@")
	}
}

func TestNamesUnderAConditionAreRedacted(t *testing.T) {
	r := newRedactor(t, Config{Rules: []UserRule{{ID: "bird", Words: []string{"bluebird"}, When: "true"}}})
	var l Log
	l.Meet(0, true)
	m := pcommon.NewMap()
	m.PutStr("the bluebird", "x")
	assert.True(t, r.Map(&l, "", m))
	assert.Equal(t, map[string]any{"the [REDACTED:bird]": "x"}, m.AsRaw())
}

// What has no text is taken whole under the name of a secret; allow lists and paths reach it as they reach text.
func TestAllowListsReachNumbersAndContainers(t *testing.T) {
	r := newRedactor(t, Config{
		Allow:   []Allowed{{Rule: "key", Values: []string{"1234", `["a","b"]`, `{"a":"b"}`, "\xff\x01"}}},
		Actions: []ActionRule{{Path: "/kept/**", Rule: "key", Action: Keep}},
	})
	var l Log
	assert.Equal(t, `{"pin":1234,"pwd":"[REDACTED:key]","cookies":["a","b"],"secrets":{"a":"b"},"credentials":"[REDACTED:key]"}`,
		r.JSON(&l, "", "", `{"pin":1234,"pwd":12345,"cookies":["a","b"],"secrets":{"a":"b"},"credentials":["a","b","c"]}`))
	assert.Equal(t, `{"cookies":["x","[REDACTED:email]"],"pin":99}`, r.JSON(&l, "/kept", "", `{"cookies":["x","ada@example.org"],"pin":99}`), "kept from the key rule, not from the detectors")
	m := pcommon.NewMap()
	require.NoError(t, m.FromRaw(map[string]any{"pin": 1234, "pwd": 12345, "cookies": []any{"a", "b"}, "secrets": map[string]any{"a": "b"},
		"credentials": []any{"a", "b", "c"}, "secret": []byte("\xff\x01"), "password": []byte("\xff\x02"), "token": []byte("\xff\x02")}))
	r.Map(&l, "", m)
	assert.Equal(t, map[string]any{"pin": int64(1234), "pwd": "[REDACTED:key]", "cookies": []any{"a", "b"}, "secrets": map[string]any{"a": "b"},
		"credentials": "[REDACTED:key]", "secret": []byte("\xff\x01"), "password": "[REDACTED:key]", "token": "[REDACTED:key]"}, m.AsRaw())
	m = pcommon.NewMap()
	require.NoError(t, m.FromRaw(map[string]any{"cookies": []any{"x", "ada@example.org"}}))
	r.Map(&l, "/kept", m)
	assert.Equal(t, map[string]any{"cookies": []any{"x", "[REDACTED:email]"}}, m.AsRaw())
}

// A panic, JSON or attributes too deep, a text too long: each costs its leaf alone and is counted, in each kind of place.
func TestFailuresCostOneLeafInEachPlace(t *testing.T) {
	deep := func(n int) pcommon.Value {
		v := pcommon.NewValueStr("deep")
		for range n {
			outer := pcommon.NewValueSlice()
			v.MoveTo(outer.Slice().AppendEmpty())
			v = outer
		}
		return v
	}
	small, broken := newRedactor(t, Config{MaxLeafBytes: 100}), newRedactor(t, Config{})
	broken.detectors = nil // every look at a text panics
	long := strings.Repeat("x", 101)
	for name, c := range map[string]struct {
		r      *Redactor
		put    func(pcommon.Map)
		reason string
	}{
		"panic in text":     {broken, func(m pcommon.Map) { m.PutStr("a", "text") }, failedPanic},
		"panic in bytes":    {broken, func(m pcommon.Map) { m.PutEmptyBytes("a").FromRaw([]byte("text")) }, failedPanic},
		"panic in a number": {broken, func(m pcommon.Map) { m.PutInt("a", 1234567890) }, failedPanic},
		"panic in a list":   {broken, func(m pcommon.Map) { m.PutEmptySlice("a").AppendEmpty().SetStr("text") }, failedPanic},
		"size of text":      {small, func(m pcommon.Map) { m.PutStr("a", long) }, failedSize},
		"size of bytes":     {small, func(m pcommon.Map) { m.PutEmptyBytes("a").FromRaw([]byte(long)) }, failedSize},
		"size in a list":    {small, func(m pcommon.Map) { m.PutEmptySlice("a").AppendEmpty().SetStr(long) }, failedSize},
		"depth":             {small, func(m pcommon.Map) { deep(200).MoveTo(m.PutEmpty("a")) }, failedDepth},
		"depth of JSON":     {broken, func(m pcommon.Map) { m.PutStr("a", strings.Repeat("[", 200)+strings.Repeat("]", 200)) }, failedDepth},
	} {
		var l Log
		m := pcommon.NewMap()
		m.PutStr("pwd", "x")
		c.put(m)
		m.PutInt("n", 7)
		assert.True(t, c.r.Map(&l, "", m), name)
		a, _ := m.Get("a")
		text := a.AsString()
		if a.Type() == pcommon.ValueTypeBytes {
			text = string(a.Bytes().AsRaw())
		}
		assert.Contains(t, text, "[REDACTION FAILED: "+c.reason+"]", name)
		counted := 0
		l.Each(func(rule, _ string, n int) {
			if rule == "failed:"+c.reason {
				counted += n
			}
		})
		assert.Equal(t, 1, counted, name)
		pwd, _ := m.Get("pwd")
		assert.Equal(t, "[REDACTED:key]", pwd.Str(), name)
		n, _ := m.Get("n")
		assert.EqualValues(t, 7, n.Int(), name)
	}
	var l Log
	assert.Equal(t, "[REDACTION FAILED: panic]", broken.Structure(&l, "", "user_id", "text"))
	assert.Equal(t, "[REDACTION FAILED: size]", small.Structure(&l, "", "user_id", long))
	name := pcommon.NewMap()
	name.PutStr("a name that is looked at", "x")
	broken.Map(&l, "", name)
	assert.NotContains(t, name.AsRaw(), "a name that is looked at")
}

// A panic outside the detectors costs its attribute.
func TestAPanicOfTheWalkCostsOneAttribute(t *testing.T) {
	r := newRedactor(t, Config{Rules: []UserRule{{ID: "a", Words: []string{"some text"}, When: "true"}}})
	r.policy.allowed = nil
	r.walkers.New = func() any { panic("no walker") }
	var l Log
	m := pcommon.NewMap()
	m.PutStr("a", "some text")
	m.PutBool("b", true)
	assert.True(t, r.Map(&l, "", m))
	assert.Equal(t, map[string]any{"a": "[REDACTION FAILED: panic]", "b": true}, m.AsRaw())
}

func TestUserNames(t *testing.T) {
	for name, want := range map[string]bool{"user_id": true, "userId": true, "enduser.id": true, "langfuse.user.id": true, "user.account_uuid": true, "userIds": true,
		"approval.approver_id": true, "annotator": true, "user": false, "user_name": false, "session_id": false, "id": false, "": false} {
		assert.Equal(t, want, isUserName(name), name)
	}
}
