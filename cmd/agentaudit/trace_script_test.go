package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/trail"
)

// TestTraceScripts are those of trace, session and forensics.
func TestTraceScripts(t *testing.T) {
	t.Parallel()
	if !lake.HasEngine {
		t.Skip("no engine without cgo")
	}
	testscript.Run(t, testscript.Params{
		Dir:  filepath.Join("testdata", "trace"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exit": exit, "scenario": scenario},
		Setup: func(env *testscript.Env) error {
			env.Setenv("AGENTAUDIT_BUCKET", "file:./bucket")
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
	})
}

// incidentScenario has a session that failed in spite of an approval and a retry, and one that went well.
func incidentScenario() *generate.Scenario {
	s := generate.NewScenario(time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC))
	refund := generate.Call{Tool: "issue_refund", CallID: "c-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:refunds"}
	broken := refund.Approved("bob")
	broken.Error, broken.ErrorType = "gateway timeout", "ToolError"
	fails := func(e *event.Event) { e.Outcome, e.Error = event.OutcomeError, "gateway timeout" }
	s.Session("session-of-alice", "alice", "triage").
		Turn("refund order 1").
		Model(generate.Model{In: 310, Out: 40, CostUSD: 0.002, Reasoning: "look up the order first"}).
		Call(generate.Call{Tool: "get_order", Args: `{"id":1}`, Operation: event.Read, Resource: "db:orders"}).
		Handoff("refunds", `{"order":1}`).
		Ask(refund).After(40*time.Second).Approve(refund, "bob").
		Call(broken).Call(broken).
		Return("").Edit(fails).Answer("").Edit(fails).End()
	s.Session("session-of-carol", "carol", "desk").Turn("hi").Model(generate.Model{In: 5, Out: 5}).Answer("hello")
	s.Session("later", "dave", "desk").At(time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)).Turn("hi").Answer("hello").End()
	return s
}

// scenario BUCKET fills a new bucket, writes the key to key.pub and the trace of the incident to trace.txt.
func scenario(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	store, err := objstore.Open(context.Background(), "file:"+dir)
	ts.Check(err)
	defer store.Close()
	events := incidentScenario().Events()
	for i := range events {
		if events[i].UserID == "alice" {
			events[i].TaskID = "task-of-alice"
		}
	}
	result, err := generate.WriteEvents(context.Background(), store, events)
	ts.Check(err)
	key, err := trail.MarshalPublicKey(result.Key)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("key.pub"), key, 0o600))
	for i := range events {
		if events[i].Error != "" {
			ts.Setenv("TRACE", events[i].TraceID.String())
			ts.Setenv("PART", events[i].TraceID.String()[:8])
		}
	}
}

// TestFollow follows a bucket while it is written to, until it is told to end.
func TestFollow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error { return os.Chmod(path, 0o700) }) //nolint:gosec // to be removed
	})
	store, err := objstore.Open(t.Context(), "file:"+dir)
	require.NoError(t, err)
	defer store.Close()
	_, err = store.Check(t.Context(), objstore.Requirements{Write: true})
	require.NoError(t, err)

	reading, writing := io.Pipe()
	var messages strings.Builder
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		out := newOutput(writing, &messages)
		done <- runLog(ctx, out, logFlags{bucket: "file:" + dir, follow: true, every: 100 * time.Millisecond, memory: 16, since: "2026-11-16", tools: []string{"issue_refund"}})
		_ = writing.Close()
	}()
	events := incidentScenario().Events()
	_, err = generate.WriteEvents(t.Context(), store, events)
	require.NoError(t, err)
	want := 0
	for i := range events {
		if events[i].Tool.Name == "issue_refund" {
			want++
		}
	}
	lines := bufio.NewScanner(reading)
	for range want {
		require.True(t, lines.Scan(), "every event comes")
		assert.Contains(t, lines.Text(), "tool=issue_refund")
	}
	stop()
	require.NoError(t, <-done)
	assert.False(t, lines.Scan(), "and once")
	assert.Empty(t, messages.String())
}
