package deploy

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore/objstoretest"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/internal/verify"
)

const patience = 30 * time.Second

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}

// runCollector runs the built collector, with a role's rights and no others, for one recorded request. dir keeps its journal.
func runCollector(t *testing.T, srv *s3test.Server, role, dir string, settings ...string) (log string) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	binary := filepath.Join(root, "bin", "otelcol-agentaudit")
	if _, err := os.Stat(binary); err != nil {
		t.Skip("no collector: run `make build`")
	}
	otlp, health, metrics := freeAddr(t), freeAddr(t), freeAddr(t)
	_, port, err := net.SplitHostPort(metrics)
	require.NoError(t, err)
	args := []string{"--config", filepath.Join(root, "config.yaml")}
	for _, setting := range append(settings, "object_lock::mode: governance") {
		args = append(args, "--config", "yaml:exporters::agent_audit_s3::"+setting)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(s3test.Env(), "AWS_ACCESS_KEY_ID="+role, "AWS_SECRET_ACCESS_KEY="+secretOf(role), "HOME="+dir,
		"AGENTAUDIT_BUCKET="+srv.URL(bucket, prefix), "AGENTAUDIT_JOURNAL="+filepath.Join(dir, "journal"), "AGENTAUDIT_WRITER="+writer,
		"AGENTAUDIT_KEY_FILE="+filepath.Join(dir, "redaction.key"), "AGENTAUDIT_OTLP_HTTP="+otlp, "AGENTAUDIT_OTLP_GRPC=127.0.0.1:0",
		"AGENTAUDIT_HEALTH="+health, "AGENTAUDIT_METRICS_PORT="+port)
	out, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	defer func() { require.NoError(t, out.Close()) }()
	cmd.Stdout, cmd.Stderr = out, out
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill() }() // if it is still there
	span := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"48048dc37c399307474b7ae675965e9d","spanId":"` + fmt.Sprintf("%016x", time.Now().UnixNano()) + `","name":"execute_tool f",` +
		`"startTimeUnixNano":"1790000000000000000","endTimeUnixNano":"1790000001000000000","attributes":[` +
		`{"key":"gen_ai.operation.name","value":{"stringValue":"execute_tool"}},{"key":"gen_ai.tool.name","value":{"stringValue":"f"}}]}]}]}]}`
	require.Eventually(t, func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+otlp+"/v1/traces", strings.NewReader(span))
		if err != nil {
			return false
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, patience, 50*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	err = cmd.Wait()
	text, readErr := os.ReadFile(out.Name())
	require.NoError(t, readErr)
	require.NoError(t, err, "%s", text)
	return string(text)
}

// TestRolesTogether has the collector run as the writer and the trail verified as the auditor: the policies are not only strict, they
// suffice.
func TestRolesTogether(t *testing.T) {
	srv := install(t)
	log := runCollector(t, srv, "writer", t.TempDir())
	assert.NotContains(t, log, "AccessDenied")
	assert.NotContains(t, log, "\twarn\t")
	s := as(t, srv, "auditor")
	report, err := verify.Run(t.Context(), s, verify.Options{CheckLocks: true})
	require.NoError(t, err)
	assert.True(t, report.OK, "%v", report.Findings)
	require.Len(t, report.Writers, 1)
	assert.True(t, report.Writers[0].Closed)
	assert.EqualValues(t, 2, report.Lines, "a call and its result")

	developer := as(t, srv, "developer")
	for _, key := range objstoretest.Keys(t, developer, "events/", "") {
		err := get(t, developer, key)
		if strings.Contains(key, "tier=info/") || strings.Contains(key, "tier=debug/") {
			assert.NoError(t, err)
		} else {
			refused(t, err, key)
		}
	}
}

// TestMinimalWriter: the smallest rights suffice, also for a process that goes on with the log of an earlier one.
func TestMinimalWriter(t *testing.T) {
	srv := install(t)
	dir := t.TempDir()
	for range 2 {
		log := runCollector(t, srv, "writer-minimal", dir)
		assert.Contains(t, log, "access denied", "it is told that it may not look around")
		assert.NotContains(t, log, "ALARM")
		assert.NotContains(t, log, "stay in the journal")
	}
	s := as(t, srv, "auditor")
	report, err := verify.Run(t.Context(), s, verify.Options{CheckLocks: true})
	require.NoError(t, err)
	assert.True(t, report.OK, "%v", report.Findings)
	assert.EqualValues(t, 4, report.Lines)
	assert.EqualValues(t, 6, report.Writers[0].Size, "start, seal and closing, twice")
}
