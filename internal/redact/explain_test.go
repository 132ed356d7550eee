package redact

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func explain(t *testing.T, cfg Config, key, text string) []Explanation {
	t.Helper()
	r := newRedactor(t, cfg)
	var l, plain Log
	out, list := r.Explain(&l, "", key, text)
	require.Equal(t, r.Text(&plain, "", key, text), out, "to explain is to redact")
	require.Equal(t, plain.JSON(), l.JSON())
	require.Nil(t, l.explain)
	for i := range list {
		assert.NotEmpty(t, list[i].Reason)
		list[i].Reason = ""
	}
	return list
}

func TestExplainText(t *testing.T) {
	assert.Equal(t, []Explanation{{Start: 5, End: 20, Rule: "email", Group: "personal", Action: Mask}}, explain(t, Config{}, "", "mail ada@example.org now"))
	assert.Equal(t, []Explanation{{End: 1, Rule: "key", Group: "key", Action: Mask}}, explain(t, Config{}, "password", "x"))
	assert.Empty(t, explain(t, Config{}, "", "nothing here"))
}

func TestExplainWalksJSON(t *testing.T) {
	text := `{"a":[{"pwd":"x"},"to ada@example.org"],"in":"{\"note\":\"\\tada@example.org\"}","pin":1234,"bob@example.org":1} then eve@example.org`
	assert.Equal(t, []Explanation{
		{Path: "/a/0/pwd", End: 1, Rule: "key", Group: "key", Action: Mask},
		{Path: "/a/1", Start: 3, End: 18, Rule: "email", Group: "personal", Action: Mask},
		{Path: "/in/note", Start: 1, End: 16, Rule: "email", Group: "personal", Action: Mask},
		{Path: "/pin", End: 4, Rule: "key", Group: "key", Action: Mask},
		{Path: "/*", End: 15, Rule: "email", Group: "personal", Action: Mask},
		{Start: 118, End: 133, Rule: "email", Group: "personal", Action: Mask},
	}, explain(t, Config{}, "", text))
	assert.Equal(t, "eve@example.org", text[118:133])
}

func TestExplainSaysWhatStaysAndWhy(t *testing.T) {
	r := newRedactor(t, Config{
		Allow:   []Allowed{{Rule: "email", Values: []string{"a@example.org"}}},
		Actions: []ActionRule{{Rule: "ip", Action: Keep}},
		Rules:   []UserRule{{ID: "bird", Words: []string{"heron"}, When: "true"}},
	})
	var l Log
	const text = "a@example.org b@example.org 93.184.216.34 heron"
	out, list := r.Explain(&l, "", "", text)
	assert.Equal(t, "a@example.org [REDACTED:email] 93.184.216.34 heron", out)
	require.Len(t, list, 4)
	assert.Equal(t, []Action{Keep, Mask, Keep, Keep}, []Action{list[0].Action, list[1].Action, list[2].Action, list[3].Action})
	assert.Contains(t, list[0].Reason, "allow list")
	assert.Contains(t, list[1].Reason, "RFC 5321")
	assert.Contains(t, list[3].Reason, "condition")
	l.Meet(0, true)
	_, list = r.Explain(&l, "", "", text)
	assert.Equal(t, Mask, list[3].Action)
	assert.NotContains(t, list[3].Reason, "heron", "nor is the value in the reason")
}

func TestExplainSaysWhatFailed(t *testing.T) {
	assert.Equal(t, []Explanation{{Rule: "failed:size", Action: Mask}}, explain(t, Config{MaxLeafBytes: 3}, "", "long"))
}
