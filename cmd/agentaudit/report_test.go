package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/policy"
)

// auditor is somebody with a bucket to read, a cache, and a folder for files.
type auditor struct {
	t           *testing.T
	dir, bucket string
}

func newAuditor(t *testing.T) *auditor {
	t.Helper()
	if !lake.HasEngine {
		t.Skip("no engine without cgo")
	}
	dir := t.TempDir()
	a := &auditor{t: t, dir: dir, bucket: "file:" + filepath.Join(dir, "bucket")}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bucket"), 0o700))
	store, err := objstore.Open(t.Context(), a.bucket)
	require.NoError(t, err)
	defer store.Close()
	s := generate.NewScenario(time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC))
	refund := generate.Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:payments"}
	s.Session("s-1", "alice", "support").Turn("refund").Ask(refund).Approve(refund, "bob").Call(refund.Approved("bob")).
		Handoff("clerk", "").Call(generate.Call{Tool: "fetch_url", Error: "connection refused"}).Return("sorry").Answer("done").End()
	_, err = generate.WriteEvents(t.Context(), store, s.Events())
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error { return os.Chmod(path, 0o700) }) //nolint:gosec // to be removed
	})
	return a
}

func (a *auditor) file(name string) string { return filepath.Join(a.dir, name) }

func (a *auditor) write(name, text string) string {
	a.t.Helper()
	require.NoError(a.t, os.WriteFile(a.file(name), []byte(text), 0o600))
	return a.file(name)
}

// run runs the command and wants it to end with that code.
func (a *auditor) run(code int, args ...string) (stdout, stderr string) {
	a.t.Helper()
	var out, errs bytes.Buffer
	got := run(args, strings.NewReader(""), &out, &errs)
	require.Equal(a.t, code, got, "%v\n%s\n%s", args, out.String(), errs.String())
	return out.String(), errs.String()
}

// ask runs a command that asks the lake.
func (a *auditor) ask(code int, args ...string) (stdout, stderr string) {
	a.t.Helper()
	return a.run(code, append(args, "--bucket", a.bucket, "--cache", a.file("cache"))...)
}

func TestReports(t *testing.T) {
	a := newAuditor(t)
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"report", "summary"}, []string{"Totals", "handoffs", "support"}},
		{[]string{"report", "tools"}, []string{"issue_refund", "fetch_url", "100.0 %"}},
		{[]string{"report", "errors"}, []string{"connection refused", "network"}},
		{[]string{"report", "access"}, []string{"db:payments", "alice"}},
		{[]string{"report", "tokens"}, []string{"By agent", "none"}},
		{[]string{"report", "daily", "--date", "2026-11-16"}, []string{"Day 2026-11-16", "bob", "clerk"}},
		{[]string{"report", "daily"}, []string{"No events"}},
		{[]string{"agent", "clerk"}, []string{"Agent clerk", "from support", "fetch_url"}},
		{[]string{"report", "summary", "--tier", "critical", "--format", "json"}, []string{`"tier": "critical"`}},
		{[]string{"report", "tools", "--agent", "clerk", "--format", "csv"}, []string{"fetch_url,1,1,1,1"}},
		{[]string{"report", "errors", "--format", "md"}, []string{"# Errors", "| network |"}},
		{[]string{"report", "access", "--format", "html"}, []string{"<!doctype html>", "db:payments"}},
	} {
		out, _ := a.ask(0, tt.args...)
		for _, want := range tt.want {
			assert.Contains(t, out, want, tt.args)
		}
		again, _ := a.ask(0, tt.args...)
		assert.Equal(t, out, again)
	}
}

func TestReportsRefuse(t *testing.T) {
	a := newAuditor(t)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"agent", "klerk"}, "agents in this period: support, clerk"},
		{[]string{"report", "daily", "--date", "monday"}, `--date: "monday" is no day`},
		{[]string{"report", "daily", "--since", "2026-11-16"}, "give --date"},
		{[]string{"report", "compliance"}, "--example-policy"},
		{[]string{"report", "tokens", "--policy", a.write("bad.yaml", "version: 1\nbudgets: [{per: week, tokens: 1}]\n")}, "budgets[0].per"},
		{[]string{"report", "compliance", "--policy", a.write("ok.yaml", "version: 1\n"), "--sign", "k"}, "--sign needs --output"},
		{[]string{"report", "summary", "--format", "pdf"}, "formats are text"},
	} {
		out, errs := a.ask(2, tt.args...)
		assert.Empty(t, out)
		assert.Contains(t, errs, tt.want, tt.args)
	}
}

func TestComplianceIsSigned(t *testing.T) {
	a := newAuditor(t)
	example, _ := a.run(0, "report", "compliance", "--example-policy")
	assert.Equal(t, string(policy.Example), example)
	rules := a.write("policy.yaml", "version: 1\napprovals: {tools: [issue_refund]}\nretention: {tiers: {info: 30}}\n")
	out, _ := a.ask(0, "report", "compliance", "--policy", rules)
	assert.Contains(t, out, "2 passed, 0 failed, 0 not decidable")

	public, _ := a.run(0, "keygen", a.file("auditor.key"))
	pub := a.write("auditor.pub", public)
	file := a.file("report.md")
	a.ask(0, "report", "compliance", "--policy", rules, "--format", "md", "--output", file, "--sign", a.file("auditor.key"))
	first, err := os.ReadFile(file + ".sig")
	require.NoError(t, err)
	out, _ = a.run(0, "report", "check", file, "--key", pub)
	assert.Contains(t, out, "OK")
	assert.Contains(t, out, "log    writer: size")

	a.ask(0, "report", "compliance", "--policy", rules, "--format", "md", "--output", file, "--sign", a.file("auditor.key"), "--fresh")
	second, err := os.ReadFile(file + ".sig")
	require.NoError(t, err)
	assert.Equal(t, string(first), string(second), "the same input gives the same bytes")

	text, err := os.ReadFile(file)
	require.NoError(t, err)
	a.write("report.md", strings.Replace(string(text), "2 passed", "9 passed", 1))
	_, errs := a.run(1, "report", "check", file, "--key", pub)
	assert.Contains(t, errs, "not the one that was signed")
	a.run(2, "report", "check", file)
}

func TestComplianceFails(t *testing.T) {
	a := newAuditor(t)
	rules := a.write("policy.yaml", "version: 1\napprovals: {tools: ['*']}\n")
	out, _ := a.ask(1, "report", "compliance", "--policy", rules)
	assert.Contains(t, out, "fetch_url: no approval")
}

func TestReportOverAlteredObjects(t *testing.T) {
	a := newAuditor(t)
	objects, err := filepath.Glob(a.file("bucket/*/tier=info/date=2026-11-16/*"))
	require.NoError(t, err)
	require.NotEmpty(t, objects)
	for _, name := range objects {
		require.NoError(t, os.Chmod(name, 0o600))
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		text[len(text)/2] ^= 1
		require.NoError(t, os.WriteFile(name, text, 0o600))
	}
	out, errs := a.ask(1, "report", "summary")
	assert.Contains(t, out, "Not seen: 1 object of tier info")
	assert.Contains(t, errs, "Found wrong with the data")
}

func TestReportOverEmptyBucket(t *testing.T) {
	if !lake.HasEngine {
		t.Skip("no engine without cgo")
	}
	a := &auditor{t: t, dir: t.TempDir()}
	a.bucket = "file:" + a.dir
	out, errs := a.ask(0, "report", "summary")
	assert.Contains(t, out, "No events")
	assert.Contains(t, errs, "no events in")
}
