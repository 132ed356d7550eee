package agentaudits3exporter

import (
	"testing"

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
