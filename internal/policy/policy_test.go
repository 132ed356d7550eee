package policy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExample(t *testing.T) {
	f, err := Parse(Example)
	require.NoError(t, err)
	assert.NotNil(t, f.Approvals)
	assert.NotNil(t, f.Escalation)
	assert.NotNil(t, f.DataAccess)
	assert.Len(t, f.Budgets, 3)
	assert.Equal(t, int64(5_000_000), f.Budgets[0].Tokens)
	assert.Equal(t, 365, f.Retention.Types["agent.data_modify"])
	assert.True(t, f.Trail.OwnKey)
	assert.True(t, f.Redaction.Required)
}

func TestWrongPoliciesNameTheKey(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "empty"},
		{"no version", "budgets: []\n", "version: 0 is not 1"},
		{"another version", "version: 2\n", "version: 2 is not 1"},
		{"unknown section", "version: 1\nbudget: []\n", "line 2: no key budget here"},
		{"unknown key", "version: 1\napprovals: {tool: [a]}\n", "line 2: no key tool here"},
		{"class", "version: 1\napprovals: {by: [robot]}\n", `approvals.by: "robot" is none of human`},
		{"empty pattern", "version: 1\napprovals: {tools: [a, \"\"]}\n", "approvals.tools[1]"},
		{"rate", "version: 1\nescalation: {max_rate: 50}\n", "escalation.max_rate: 50"},
		{"not a number", "version: 1\nescalation: {max_rate: .nan}\n", "escalation.max_rate: NaN"},
		{"rates crossed", "version: 1\nescalation: {min_rate: 0.5, max_rate: 0.1}\n", "escalation.min_rate: 0.5 is more"},
		{"field", "version: 1\ndata_access: {require: [params]}\n", "data_access.require"},
		{"per", "version: 1\nbudgets: [{per: day, tokens: 1}, {per: week, tokens: 1}]\n", `budgets[1].per: "week"`},
		{"no limit", "version: 1\nbudgets: [{per: day}]\n", "budgets[0]: neither"},
		{"negative", "version: 1\nbudgets: [{per: day, tokens: -1}]\n", "budgets[0].tokens: -1"},
		{"infinite", "version: 1\nbudgets: [{per: day, cost_usd: .inf}]\n", "budgets[0].cost_usd"},
		{"only of a day", "version: 1\nbudgets: [{per: day, only: x, tokens: 1}]\n", "budgets[0].only"},
		{"tier", "version: 1\nretention: {tiers: {gold: 5}}\n", "retention.tiers.gold"},
		{"type", "version: 1\nretention: {types: {agent.nap: 5}}\n", "retention.types.agent.nap"},
		{"type of a value", "version: 1\nretention: {tiers: {info: soon}}\n", "line 2"},
		{"two documents", "version: 1\n---\nversion: 1\n", "one YAML document"},
		{"no mapping", "- a\n", "line 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text))
			require.Error(t, err)
			assert.Contains(t, err.Error(), tt.want)
			assert.NotContains(t, err.Error(), "policy.File")
		})
	}
}

func TestDefaults(t *testing.T) {
	f, err := Parse([]byte("version: 1\napprovals: {tools: [a]}\nretention: {types: {tool_call: 3, data.modify: 4}}\nanomalies: {anything: [goes]}\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"human"}, f.Approvals.By)
	assert.Equal(t, map[string]int{"agent.tool_call": 3, "agent.data_modify": 4}, f.Retention.Types)
	assert.NotZero(t, f.Anomalies.Kind)
	assert.Nil(t, f.Trail)
}

func TestLoad(t *testing.T) {
	name := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(name, []byte("version: 3\n"), 0o600))
	_, err := Load(name)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "policy.yaml: version: 3")
	_, err = Load(name + ".none")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func FuzzParse(f *testing.F) {
	f.Add(Example)
	f.Add([]byte("version: 1\na: &a [*a]\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = Parse(data) // must neither panic nor hang
	})
}
