package agentaudits3exporter

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadata"
	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadatatest"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// newEvent is the n-th event of the tests.
func newEvent(n int) event.Event {
	e := event.Event{
		Type: event.ToolCall, Timestamp: pcommon.NewTimestampFromTime(noon.Add(time.Duration(n))), AgentName: "support",
		SessionID: "s-1", Action: "tool_call:get_order", Params: event.AnyJSON(fmt.Sprintf(`{"order":%d}`, n)),
	}
	e.TraceID[0], e.SpanID[0] = 1, 1
	e.Retention = event.Retention{Tier: event.Tiers[n%len(event.Tiers)], Days: event.IntOf(30)}
	e.ID = event.SpanEventID(e.TraceID, e.SpanID, e.Type, n)
	return e
}

// tracesOf carries events from..to-1, three to a span, among telemetry that is none.
func tracesOf(from, to int) ptrace.Traces {
	traces := ptrace.NewTraces()
	spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	spans.AppendEmpty().SetName("no audit event here")
	var span ptrace.Span
	for n := from; n < to; n++ {
		e := newEvent(n)
		if (n-from)%3 == 0 {
			span = spans.AppendEmpty()
			span.SetTraceID(e.TraceID)
			span.SetSpanID(e.SpanID)
			span.Events().AppendEmpty().SetName("exception")
		}
		event.ToSpanEvent(&e, span)
	}
	traces.MarkReadOnly()
	return traces
}

// logsOf carries events from..to-1, one to a record.
func logsOf(from, to int) plog.Logs {
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	records.AppendEmpty().Body().SetStr("no audit event here")
	for n := from; n < to; n++ {
		e := newEvent(n)
		event.ToLogRecord(&e, records.AppendEmpty())
	}
	logs.MarkReadOnly()
	return logs
}

// host records the statuses reported to it.
type host struct {
	mu     sync.Mutex
	events []componentstatus.Status
}

func (h *host) GetExtensions() map[component.ID]component.Component { return nil }

func (h *host) Report(e *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e.Status())
}

func (h *host) statuses() []componentstatus.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]componentstatus.Status(nil), h.events...)
}

// world is one bucket directory, one journal and the exporters of their life.
type world struct {
	t         *testing.T
	config    *Config
	telemetry *componenttest.Telemetry
	host      *host
	store     objstore.Store // nil: what the URL says
	hook      hookFunc
}

func newWorld(t *testing.T) *world {
	cfg := defaultConfig()
	cfg.Bucket = "file:" + filepath.Join(t.TempDir(), "bucket")
	cfg.Journal.Directory = filepath.Join(t.TempDir(), "journal")
	cfg.Writer = "w"
	cfg.Upload.RetryInitial, cfg.Upload.RetryMax = time.Millisecond, 10*time.Millisecond
	w := &world{t: t, config: cfg, telemetry: componenttest.NewTelemetry(), host: &host{}}
	t.Cleanup(func() { require.NoError(t, w.telemetry.Shutdown(context.WithoutCancel(t.Context()))) })
	return w
}

func (w *world) settings() exporter.Settings {
	set := exportertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = w.telemetry.NewTelemetrySettings()
	return set
}

// run starts an exporter without the Collector around it.
func (w *world) run() *auditExporter {
	w.t.Helper()
	require.NoError(w.t, w.config.Validate())
	e, err := newExporter(w.config, w.settings())
	require.NoError(w.t, err)
	if w.store != nil {
		e.openStore = func(context.Context, string) (objstore.Store, error) { return w.store, nil }
	}
	if w.hook != nil {
		e.hook = w.hook
	}
	e.status.attach(w.host)
	require.NoError(w.t, e.start(w.t.Context()))
	w.t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		assert.NoError(w.t, e.shutdown(ctx))
	})
	return e
}

// stored returns the events in the bucket by id, and checks every object and line on the way.
func (w *world) stored() map[string]event.Event {
	w.t.Helper()
	store := w.store
	if store == nil {
		var err error
		store, err = objstore.Open(w.t.Context(), w.config.Bucket)
		require.NoError(w.t, err)
		defer func() { require.NoError(w.t, store.Close()) }()
	}
	found := map[string]event.Event{}
	seqs := map[int64]bool{}
	for info, err := range store.List(w.t.Context(), layout.EventsRoot, "") {
		require.NoError(w.t, err)
		name, err := layout.ParseSegment(info.Key)
		require.NoError(w.t, err)
		for _, line := range readObject(w.t, store, info.Key) {
			var e event.Event
			require.NoError(w.t, event.Decode([]byte(line), &e), line)
			assert.Equal(w.t, name.Tier, e.Retention.Tier)
			assert.Equal(w.t, name.Date, layout.DateOf(e.Timestamp.AsTime()))
			assert.Equal(w.t, name.Writer, e.Writer)
			assert.False(w.t, seqs[e.Seq.Value], "seq %d twice", e.Seq.Value)
			seqs[e.Seq.Value] = true
			_, twice := found[e.ID]
			assert.False(w.t, twice, "event %s twice", e.ID)
			found[e.ID] = e
		}
	}
	return found
}

func readObject(t *testing.T, store objstore.Store, key string) (lines []string) {
	t.Helper()
	r, err := store.Get(t.Context(), key)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	z, err := zstd.NewReader(r)
	require.NoError(t, err)
	defer z.Close()
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	return splitLines(string(text))
}

// requireStored waits until the events from..to-1, and no others, are in the bucket.
func (w *world) requireStored(from, to int) {
	w.t.Helper()
	var found map[string]event.Event
	if !assert.Eventually(w.t, func() bool { found = w.stored(); return len(found) >= to-from }, 10*time.Second, 10*time.Millisecond) {
		w.t.Logf("%d of %d events are stored", len(found), to-from)
	}
	require.Len(w.t, found, to-from)
	for n := from; n < to; n++ {
		want := newEvent(n)
		got, ok := found[want.ID]
		require.True(w.t, ok, "event %d", n)
		assert.Equal(w.t, want.Params, got.Params)
		assert.Equal(w.t, want.Action, got.Action)
	}
}

func splitLines(text string) (lines []string) {
	for len(text) > 0 {
		n := 0
		for n < len(text) && text[n] != '\n' {
			n++
		}
		lines = append(lines, text[:n])
		text = text[min(n+1, len(text)):]
	}
	return lines
}

func sum(value int64, attributes ...attribute.KeyValue) []metricdata.DataPoint[int64] {
	return []metricdata.DataPoint[int64]{{Value: value, Attributes: attribute.NewSet(attributes...)}}
}

func TestBothSignalsGoThroughOneJournalToObjects(t *testing.T) {
	w := newWorld(t)
	factory := NewFactory()
	traces, err := factory.CreateTraces(t.Context(), w.settings(), w.config)
	require.NoError(t, err)
	logs, err := factory.CreateLogs(t.Context(), w.settings(), w.config)
	require.NoError(t, err)
	assert.False(t, traces.Capabilities().MutatesData)
	require.NoError(t, traces.Start(t.Context(), w.host))
	require.NoError(t, logs.Start(t.Context(), &host{}))

	require.NoError(t, traces.ConsumeTraces(t.Context(), tracesOf(0, 10)))
	require.NoError(t, logs.ConsumeLogs(t.Context(), logsOf(10, 16)))
	require.NoError(t, traces.ConsumeTraces(t.Context(), ptrace.NewTraces()), "nothing is fine, too")

	require.NoError(t, traces.Shutdown(t.Context()))
	require.NoError(t, traces.Shutdown(t.Context()), "twice")
	require.NoError(t, logs.ConsumeLogs(t.Context(), logsOf(16, 20)), "the other signal goes on")
	require.NoError(t, logs.Shutdown(t.Context()), "drains")
	w.requireStored(0, 20)
	require.Error(t, logs.ConsumeLogs(t.Context(), logsOf(20, 21)))
	assert.Empty(t, w.host.statuses(), "no transitions, no reports")

	metadatatest.AssertEqualAgentAuditS3EventsWritten(t, w.telemetry, sum(20), ignore...)
	metadatatest.AssertEqualAgentAuditS3Seals(t, w.telemetry, sum(1), ignore...)
}
