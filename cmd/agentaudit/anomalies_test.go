package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

var anomalyDay = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

// writeBucket puts events into a directory and returns its URL.
func writeBucket(t *testing.T, events []event.Event) string {
	t.Helper()
	dir := t.TempDir()
	url := "file:" + dir
	store, err := objstore.Open(t.Context(), url)
	require.NoError(t, err)
	_, err = generate.WriteEvents(t.Context(), store, events)
	require.NoError(t, err)
	require.NoError(t, store.Close())
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(p string, _ os.DirEntry, _ error) error { return os.Chmod(p, 0o700) }) //nolint:gosec // to be removed
	})
	return url
}

// loopingEvents are of an agent that makes the same call again and again.
func loopingEvents(agent string) []event.Event {
	s := generate.NewScenario(anomalyDay)
	r := s.Session("s-1", "alice", agent).Turn("find it")
	for range 8 {
		r.Call(generate.Call{Tool: "search_kb", Args: `{"q":"refund"}`, Result: "[]"}).After(time.Second)
	}
	r.Call(generate.Call{Tool: "issue_refund", CallID: "c", Args: `{}`, Result: "ok"})
	return s.Events()
}

func ranWith(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	assert.Equal(t, want, run(args, nil, &out, &err), "%v: %s", args, err.String())
	return out.String(), err.String()
}

func TestAnomalies(t *testing.T) {
	bucket, cache := writeBucket(t, loopingEvents("searcher")), t.TempDir()
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(policy, []byte("version: 1\napprovals: {tools: ['issue_*']}\n"), 0o600))
	base := []string{"anomalies", "--bucket", bucket, "--cache", cache}

	text, stderr := ranWith(t, exitFinding, base...)
	assert.Contains(t, text, "15 rules, 1 findings: 1 medium.")
	assert.Contains(t, text, "loop (medium): the same call again and again")
	assert.Contains(t, text, "first_use")
	assert.Contains(t, stderr, "without --since")

	text, _ = ranWith(t, exitFinding, append(base, "--policy", policy, "--min-severity", "critical", "--format", "json")...)
	var d struct {
		Sections []struct {
			Name string
			Rows []map[string]any
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	require.Equal(t, "findings", d.Sections[0].Name)
	require.Len(t, d.Sections[0].Rows, 1)
	assert.Equal(t, "unapproved", d.Sections[0].Rows[0]["rule"])

	text, _ = ranWith(t, exitOK, append(base, "--rule", "burst,orphans", "--agent", "searcher")...)
	assert.Contains(t, text, "2 rules, no finding.")
	assert.Contains(t, text, "--agent leaves some out")
	text, _ = ranWith(t, exitFinding, append(base, "--rule", "loop", "--format", "csv")...)
	assert.Contains(t, text, "\nmedium,loop,2026-11-16T09:00:08")

	_, stderr = ranWith(t, exitFailed, append(base, "--rule", "nonsense")...)
	assert.Contains(t, stderr, `no rule "nonsense"`)
	_, stderr = ranWith(t, exitFailed, append(base, "--min-severity", "awful")...)
	assert.Contains(t, stderr, `no severity "awful"`)
	require.NoError(t, os.WriteFile(policy, []byte("version: 1\nanomalies: {loops: {}}\n"), 0o600))
	_, stderr = ranWith(t, exitFailed, append(base, "--policy", policy)...)
	assert.Contains(t, stderr, `no rule "loops"`)
}
