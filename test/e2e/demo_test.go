package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
)

// TestDemoRun goes the way of `make demo`, with a bucket of its own: a recorded run of several agents goes in, and what an
// auditor wants to know comes out.
func TestDemoRun(t *testing.T) {
	t.Parallel()
	c := startCollector(t, setup{})
	files, err := filepath.Glob(root(t, "testdata", "demo", "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	run(t, append([]string{"replay", "--endpoint", "http://" + c.http.Load().(string)}, files...)...)
	c.stop()
	journalIsEmpty(t, c.journal)

	w := readWorld(t, c.bucket)
	shown := readLog(t, c.bucket)
	require.Len(t, shown, len(w.events), "the log shows each event")
	assert.True(t, slices.IsSortedFunc(shown, func(a, b event.Event) int {
		return a.Timestamp.AsTime().Compare(b.Timestamp.AsTime())
	}), "in time order")

	var tokens, errors, approvals int64
	handoffs, tools, agents, tiers := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range shown {
		assert.NotEmpty(t, e.AgentName, "%s", e.ID)
		assert.NotEmpty(t, e.SessionID, "%s", e.ID)
		assert.NotEmpty(t, e.Action, "%s", e.ID)
		agents[e.AgentName], tiers[e.Retention.Tier] = true, true
		switch e.Type {
		case event.ToolCall, event.ToolResult:
			tools[e.Tool.Name] = true
			assert.NotEmpty(t, e.Tool.Name, "%s", e.ID)
		case event.TokenUsage:
			tokens += e.Tokens.Input.Value + e.Tokens.Output.Value
		case event.Error:
			errors++
			assert.NotEmpty(t, e.Error, "%s", e.ID)
		case event.Handoff:
			handoffs[e.Handoff.From+" to "+e.Handoff.To] = true
		case event.HumanIntervention:
			approvals++
			assert.Equal(t, "human", e.Approval.ActorClass)
		}
	}
	assert.Subset(t, keys(agents), []string{"billing_agent", "ops_agent", "travel_agent", "triage_agent"})
	assert.Subset(t, keys(tools), []string{"delete_file", "get_weather", "pay"})
	assert.Contains(t, keys(handoffs), "triage_agent to billing_agent")
	assert.Equal(t, []string{"compliance", "critical", "debug", "info"}, keys(tiers))
	assert.EqualValues(t, 1, errors)
	assert.EqualValues(t, 1, approvals)
	assert.Positive(t, tokens)
	assert.Len(t, w.objects, 4, "one object for each tier: one seal, one day")

	table := run(t, "log", "--bucket", c.bucket)
	assert.Equal(t, len(shown), strings.Count(table, "\n"))
	for _, text := range []string{"billing_agent", "tool_call:pay", "approval=approved by=human", "tokens=", "critical"} {
		assert.Contains(t, table, text)
	}
}

// TestDemoScript runs what `make demo` runs. It must need nothing but the binaries, and complain of nothing.
func TestDemoScript(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	cmd := exec.Command(root(t, "scripts", "demo.sh"), data)
	cmd.Env = surroundings()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s%s", &stdout, &stderr)
	assert.Empty(t, stderr.String())
	assert.Contains(t, stdout.String(), "sent 4 requests with 32 spans")
	w := readWorld(t, "file:"+filepath.Join(data, "demo", "bucket"))
	rows := regexp.MustCompile(`(?m)^2026-11-21T\S+Z  \w+_agent `).FindAllString(stdout.String(), -1)
	assert.Len(t, rows, len(w.events), "a row for each event")
	for key := range w.objects {
		assert.Contains(t, stdout.String(), key, "where it lies")
	}
	seePage(t, data, stdout.String())
}

// seePage opens the page that the demo ends with, ends it, and finds the look in the trail.
func seePage(t *testing.T, data, said string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "demo", "page.pid"))
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	ended := false
	defer func() {
		if !ended {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(said[strings.LastIndex(said, "The page of this run"):])
	require.NotEmpty(t, address)
	response, err := http.Get(address + "session/session-2")
	require.NoError(t, err)
	page, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	assert.Equal(t, http.StatusOK, response.StatusCode)
	for _, text := range []string{"billing_agent", "handoff", "Verified"} {
		assert.Contains(t, string(page), text)
	}
	require.NoError(t, syscall.Kill(pid, syscall.SIGTERM))
	require.Eventually(t, func() bool { return syscall.Kill(pid, 0) != nil }, 30*time.Second, 20*time.Millisecond, "the page ends")
	ended = true
	assert.Contains(t, run(t, "log", "--bucket", "file:"+filepath.Join(data, "demo", "bucket"), "--type", "data_access"), "view:session")
}

// readLog returns what the auditors' command reads, in its order.
func readLog(t *testing.T, bucket string) (events []event.Event) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(run(t, "log", "--bucket", bucket, "--json")))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event.Event
		require.NoError(t, event.Decode(lines.Bytes(), &e), "%s", lines.Text())
		events = append(events, e)
	}
	require.NoError(t, lines.Err())
	return events
}

func keys(set map[string]bool) (list []string) {
	for key := range set {
		list = append(list, key)
	}
	slices.Sort(list)
	return list
}

// TestBothSignals has traces and log records of every recording go through one journal, under one name.
func TestBothSignals(t *testing.T) {
	t.Parallel()
	c := startCollector(t, setup{env: map[string]string{"AGENTAUDIT_SEAL_AGE": "100ms"}})
	files, err := filepath.Glob(root(t, "testdata", "recorded", "*.jsonl"))
	require.NoError(t, err)
	var traces, logs []string
	for _, name := range files {
		if strings.HasSuffix(name, ".logs.jsonl") {
			logs = append(logs, name)
		} else {
			traces = append(traces, name)
		}
	}
	require.NotEmpty(t, logs)
	args := []string{"replay", "--endpoint", "http://" + c.http.Load().(string)}
	first := command(t, append(args, logs...)...)
	require.NoError(t, first.Start()) // both at a time
	run(t, append(args, traces...)...)
	require.NoError(t, first.Wait())
	c.stop()
	journalIsEmpty(t, c.journal)

	w := readWorld(t, c.bucket)
	require.Len(t, w.seqs, 1, "writers")
	signals := map[string]int{}
	for _, e := range w.events {
		signals[e.Origin.Signal]++
		assert.NotEmpty(t, e.Convention)
	}
	assert.Greater(t, signals["span"], 300)
	assert.Greater(t, signals["log"], 30)
	assert.Len(t, readLog(t, c.bucket), w.distinct())
}

// TestSchemaCommand prints the schema that the lines above were checked with.
func TestSchemaCommand(t *testing.T) {
	t.Parallel()
	text := run(t, "schema")
	assert.True(t, json.Valid([]byte(text)))
	assert.Equal(t, string(event.SchemaJSON()), text)
}
