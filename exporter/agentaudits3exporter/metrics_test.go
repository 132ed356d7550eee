package agentaudits3exporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadatatest"
	"github.com/agentaudit/agentaudit/internal/event"
)

func TestMetricsOfAnOutageAndItsEnd(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.down = errDown
	w.store = store
	e := w.run()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 8)))

	size := e.journal.Stats().Bytes
	require.Positive(t, size)
	metadatatest.AssertEqualAgentAuditS3JournalSize(t, w.telemetry, sum(size), ignore...)
	metadatatest.AssertEqualAgentAuditS3JournalLimit(t, w.telemetry, sum(1<<30), ignore...)
	age, err := w.telemetry.GetMetric("otelcol_agent_audit_s3_journal_age")
	require.NoError(t, err)
	assert.Positive(t, age.Data.(metricdata.Gauge[float64]).DataPoints[0].Value)

	store.set(func() { store.down = nil })
	e.sealer.press() // as a full journal would
	eventually(t, func() bool { return e.journal.Stats().Bytes == 0 }, "uploaded")
	metadatatest.AssertEqualAgentAuditS3JournalSize(t, w.telemetry, sum(0), ignore...)
	metadatatest.AssertEqualAgentAuditS3JournalAge(t, w.telemetry, []metricdata.DataPoint[float64]{{Value: 0}}, ignore...)

	require.NoError(t, e.shutdown(t.Context()))
	var events, sizes []metricdata.DataPoint[int64]
	for _, tier := range event.Tiers {
		set := attribute.NewSet(attribute.String("tier", tier))
		events = append(events, metricdata.DataPoint[int64]{Value: 2, Attributes: set})
		sizes = append(sizes, metricdata.DataPoint[int64]{Attributes: set})
	}
	metadatatest.AssertEqualAgentAuditS3ObjectEvents(t, w.telemetry, events, ignore...)
	metadatatest.AssertEqualAgentAuditS3ObjectSize(t, w.telemetry, sizes, append(ignore, metricdatatest.IgnoreValue())...)
	metadatatest.AssertEqualAgentAuditS3UploadLag(t, w.telemetry, []metricdata.HistogramDataPoint[float64]{{}}, append(ignore, metricdatatest.IgnoreValue())...)
	metadatatest.AssertEqualAgentAuditS3Seals(t, w.telemetry, sum(1), ignore...)
	_, err = w.telemetry.GetMetric("otelcol_agent_audit_s3_journal_size")
	require.Error(t, err, "gauges end with the exporter")
}

func TestMetricsOfTheTrail(t *testing.T) {
	w := newWorld(t)
	w.config.Seal.Age = 10 * time.Millisecond
	e := w.run()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 8)))
	eventually(t, func() bool { return e.trailStats().Entries["seal"] > 0 }, "sealed")
	byKind := func(kind string, n int64) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(attribute.String("kind", kind))}
	}
	seals := int64(e.trailStats().Entries["seal"])
	metadatatest.AssertEqualAgentAuditS3TrailEntries(t, w.telemetry, []metricdata.DataPoint[int64]{byKind("start", 1), byKind("seal", seals)}, ignore...)
	metadatatest.AssertEqualAgentAuditS3TrailSize(t, w.telemetry, []metricdata.DataPoint[int64]{{Value: 1 + seals}}, ignore...)
	for _, name := range []string{"trail_writers_seen", "trail_days_waiting", "stopped", "segments_waiting"} {
		got, err := w.telemetry.GetMetric("otelcol_agent_audit_s3_" + name)
		require.NoError(t, err)
		if name != "segments_waiting" { // it may still be there for a moment
			assert.Zero(t, got.Data.(metricdata.Gauge[int64]).DataPoints[0].Value, name)
		}
	}
	age, err := w.telemetry.GetMetric("otelcol_agent_audit_s3_trail_age")
	require.NoError(t, err)
	assert.Less(t, age.Data.(metricdata.Gauge[float64]).DataPoints[0].Value, 60.0)
	e.sealer.halt(errStopped)
	stopped, err := w.telemetry.GetMetric("otelcol_agent_audit_s3_stopped")
	require.NoError(t, err)
	assert.EqualValues(t, 1, stopped.Data.(metricdata.Gauge[int64]).DataPoints[0].Value)
	require.NoError(t, e.shutdown(t.Context()))
}
