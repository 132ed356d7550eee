package anomaly_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/anomaly"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
)

// TestOrdinaryDays counts what rules name in generated days of ordinary work, in which nothing is wrong: its agents have approvals for what needs
// them, fail now and then, and use their tools at random. That is why they read what is sensitive and send mails, all day long, and why exfiltration, which
// goes by names, isn't asked.
func TestOrdinaryDays(t *testing.T) {
	store := generate.NewMemory()
	start := today.AddDate(0, 0, -14)
	_, err := generate.Write(t.Context(), generate.Spec{Seed: 1, Events: 15_000, Days: 15, Start: start, Agents: 4}, store, 1)
	require.NoError(t, err)
	l, err := lake.Open(t.Context(), store, lake.Options{
		Dir: t.TempDir(), Since: today, Until: today.AddDate(0, 0, 1), History: anomaly.History, Now: today.Add(72 * time.Hour),
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	p, err := anomaly.ParsePolicy([]byte("version: 1\napprovals: {tools: [issue_refund, run_command, delete_record, deploy]}\nanomalies: {exfiltration: {off: true}}\n"))
	require.NoError(t, err)
	result := run(t, l, lake.Filter{}, anomaly.Options{Policy: p})
	named := map[string]int{}
	for _, f := range result.Findings {
		named[f.Rule]++
		t.Logf("%s %s: %s (%s)", f.Rule, f.Agent, f.Seen, f.Baseline)
	}
	for _, u := range result.Undecided {
		t.Logf("undecided %s: %s", u.Rule, u.Why)
	}
	assert.Len(t, result.Rules, len(anomaly.Rules)-1)
	assert.Empty(t, named)
}
