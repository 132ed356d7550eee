package agentaudits3exporter

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadatatest"
	"github.com/agentaudit/agentaudit/internal/event"
)

// What is read back from the journal is what went in: else a restart would take every repeated line for a conflict.
func TestIdentifyReadsBackWhatWasWritten(t *testing.T) {
	b := newBatch()
	defer b.release()
	b.addTraces(tracesOf(0, 10))
	require.Len(t, b.lines, 10)
	for n, line := range b.lines {
		want := newEvent(n)
		id, err := event.ParseID(want.ID)
		require.NoError(t, err)
		assert.Equal(t, id, line.ID)

		stamped := event.AppendStamp(line.Body, "w", uint64(n+1), noon, n%2 == 0)
		gotID, gotSum, gotSeq, err := identify(stamped)
		require.NoError(t, err)
		assert.Equal(t, line.ID, gotID)
		assert.Equal(t, line.Sum, gotSum)
		assert.EqualValues(t, n+1, gotSeq)
	}
	_, _, _, err := identify([]byte(`{"schema":"agentaudit/v1"}`))
	require.Error(t, err)
}

// A span's event and a log's record with the same content are the same line.
func TestSignalsAgree(t *testing.T) {
	traces, logs := newBatch(), newBatch()
	traces.addTraces(tracesOf(0, 10))
	logs.addLogs(logsOf(0, 10))
	assert.Equal(t, traces.lines, logs.lines)
}

// Hostile neighbours of good events are dropped or trimmed, each counted, and do no other harm.
func TestMalformedNeighbours(t *testing.T) {
	w := newWorld(t)
	e := w.run()
	logs := plog.NewLogs()
	logsOf(0, 2).CopyTo(logs)
	records := logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
	add := func(change func(plog.LogRecord)) {
		ev := newEvent(100 + records.Len())
		r := records.AppendEmpty()
		event.ToLogRecord(&ev, r)
		change(r)
	}
	add(func(r plog.LogRecord) { r.Attributes().Remove("agent_audit.event_id") })
	add(func(r plog.LogRecord) {
		r.Attributes().PutStr("agent_audit.event_id", "{0190163d-8694-839b-aea5-966c26f8ad91}")
	})
	add(func(r plog.LogRecord) { r.Attributes().Remove("agent_audit.retention.tier") })
	add(func(r plog.LogRecord) { r.Attributes().PutStr("agent_audit.retention.tier", "../../days") })
	add(func(r plog.LogRecord) { r.SetTimestamp(0) })
	add(func(r plog.LogRecord) { r.SetTimestamp(1 << 63) })
	malformed := records.Len() - 3
	add(func(r plog.LogRecord) { r.SetEventName("agent.no_such_type") })                             // no audit event
	add(func(r plog.LogRecord) { r.Attributes().Clear() })                                           // no audit event
	add(func(r plog.LogRecord) { r.Attributes().PutStr("agent_audit.writer", "forged") })            // ignored
	add(func(r plog.LogRecord) { r.Attributes().PutStr("agent_audit.reasoning", "a\nb\x80\u2028") }) // kept, as JSON text
	add(func(r plog.LogRecord) { r.Attributes().PutStr("agent_audit.params", strings.Repeat("[", 1<<20)) })
	kept := 2 + 3

	require.NoError(t, e.consumeLogs(t.Context(), logs))
	require.NoError(t, e.shutdown(t.Context()))
	found := w.stored()
	assert.Len(t, found, kept)
	for _, ev := range found {
		assert.Equal(t, "w", ev.Writer)
	}
	metadatatest.AssertEqualAgentAuditS3EventsWritten(t, w.telemetry, sum(int64(kept)), ignore...)
	metadatatest.AssertEqualAgentAuditS3EventsDropped(t, w.telemetry, sum(int64(malformed), attribute.String("reason", "malformed")), ignore...)
	metadatatest.AssertEqualAgentAuditS3AttributesIgnored(t, w.telemetry, sum(3), ignore...) // two of the malformed, and writer
}

func TestSameIDOtherContentIsKeptAndFlagged(t *testing.T) {
	w := newWorld(t)
	e := w.run()
	require.NoError(t, e.consumeLogs(t.Context(), logsOf(0, 1)))
	logs := plog.NewLogs()
	logsOf(0, 1).CopyTo(logs)
	logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(1).Attributes().PutStr("agent_audit.reasoning", "other")
	require.NoError(t, e.consumeLogs(t.Context(), logs))
	metadatatest.AssertEqualAgentAuditS3EventsConflicting(t, w.telemetry, sum(1), ignore...)
	metadatatest.AssertEqualAgentAuditS3EventsWritten(t, w.telemetry, sum(2), ignore...)
}

func BenchmarkEncode(b *testing.B) {
	traces := tracesOf(0, 300)
	b.ReportAllocs()
	for b.Loop() {
		batch := newBatch()
		batch.addTraces(traces)
		if len(batch.lines) != 300 {
			b.Fatal(len(batch.lines))
		}
		batch.release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*300), "ns/event")
}
