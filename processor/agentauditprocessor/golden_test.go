package agentauditprocessor

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/agentaudit/agentaudit/internal/event"
)

var update = flag.Bool("update", false, "write the golden files")

// testClock stands a day after the recordings.
var testClock = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func testConfig() *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Output = outputEventsOnly
	cfg.Redaction.Key = "a key for tests, no secret"
	return cfg
}

func testPipeline(t testing.TB, cfg *Config) *pipeline {
	t.Helper()
	p, err := newPipeline(componenttest.NewNopTelemetrySettings(), cfg)
	require.NoError(t, err)
	p.now = func() time.Time { return testClock }
	return p
}

// auditTraces runs spans through the pipeline and returns the stored form of their events.
func auditTraces(t testing.TB, p *pipeline, td ptrace.Traces) (lines [][]byte) {
	t.Helper()
	out, err := p.processTraces(t.Context(), td)
	if err != nil {
		return nil
	}
	var e event.Event
	for _, rs := range out.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				for _, se := range span.Events().All() {
					skipped, err := event.FromSpanEvent(span, se, &e)
					require.NoError(t, err)
					require.Zero(t, skipped)
					lines = append(lines, e.AppendJSON(nil))
				}
			}
		}
	}
	return lines
}

// auditLogs does the same for log records.
func auditLogs(t testing.TB, p *pipeline, ld plog.Logs) (lines [][]byte) {
	t.Helper()
	out, err := p.processLogs(t.Context(), ld)
	if err != nil {
		return nil
	}
	var e event.Event
	for _, rl := range out.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, record := range sl.LogRecords().All() {
				skipped, err := event.FromLogRecord(record, &e)
				require.NoError(t, err)
				require.Zero(t, skipped)
				lines = append(lines, e.AppendJSON(nil))
			}
		}
	}
	return lines
}

// auditFile runs a recording, OTLP-JSON lines, through the pipeline request by request.
func auditFile(t testing.TB, p *pipeline, name string) (lines [][]byte) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	for line := range bytes.Lines(text) {
		if strings.Contains(name, ".logs.") {
			ld, err := new(plog.JSONUnmarshaler).UnmarshalLogs(line)
			require.NoError(t, err)
			lines = append(lines, auditLogs(t, p, ld)...)
			continue
		}
		td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(line)
		require.NoError(t, err)
		lines = append(lines, auditTraces(t, p, td)...)
	}
	return lines
}

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(event.SchemaJSON()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("event.schema.json", doc))
	schema, err := c.Compile("event.schema.json")
	require.NoError(t, err)
	return schema
}

// requireGolden compares lines with a golden file; each must be an event by decoder and schema.
func requireGolden(t testing.TB, name string, lines [][]byte) {
	t.Helper()
	schema := compileSchema(t)
	ids := map[string]bool{}
	for _, line := range lines {
		var e event.Event
		require.NoError(t, event.Decode(line, &e))
		require.False(t, ids[e.ID], "two events have the id %s", e.ID)
		ids[e.ID] = true
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(doc))
	}
	got := append(bytes.Join(lines, []byte("\n")), '\n')
	// The rule set has tests of its own; its version is no part of what telemetry means.
	got = redactionVersion.ReplaceAll(got, []byte(`"redaction_version":"any"`))
	if *update {
		require.NoError(t, os.WriteFile(name, got, 0o600))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(wantLines), len(gotLines)) {
		require.Equal(t, wantLines[i], gotLines[i], "%s:%d; run the test with -update and read the difference", name, i+1)
	}
	require.Len(t, gotLines, len(wantLines), "%s; run the test with -update and read the difference", name)
}

var redactionVersion = regexp.MustCompile(`"redaction_version":"[^"]*"`)

func TestRecordedTelemetry(t *testing.T) {
	files, err := filepath.Glob("../../testdata/recorded/*.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			lines := auditFile(t, testPipeline(t, testConfig()), file)
			requireGolden(t, filepath.Join("../../testdata/golden", name), lines)
		})
	}
}
