package load

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestSameBatchIsSameTelemetry(t *testing.T) {
	var m ptrace.ProtoMarshaler
	once, err := m.MarshalTraces(New(Options{Seed: 3}).Traces(7, 95))
	require.NoError(t, err)
	again, err := m.MarshalTraces(New(Options{Seed: 3}).Traces(7, 95))
	require.NoError(t, err)
	assert.Equal(t, once, again)
}

func TestNoIDTwice(t *testing.T) {
	type id struct {
		trace pcommon.TraceID
		span  pcommon.SpanID
	}
	seen := map[id]bool{}
	for _, seed := range []uint64{0, 1, 2} {
		g := New(Options{Seed: seed, SpanBytes: 1})
		for batch := range uint64(20) {
			for _, span := range g.Traces(batch, 45).ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
				key := id{span.TraceID(), span.SpanID()}
				require.False(t, seen[key], "%v", key)
				seen[key] = true
			}
		}
	}
	assert.Len(t, seen, 3*20*45)
}

func TestSizeOfSpans(t *testing.T) {
	var m ptrace.ProtoMarshaler
	for _, size := range []int{800, DefaultSpanBytes, 10_000} {
		td := New(Options{SpanBytes: size}).Traces(1, 1000)
		require.Equal(t, 1000, td.SpanCount())
		assert.InEpsilon(t, size, m.TracesSize(td)/1000, 0.08)
	}
}

func TestJSONIsValid(t *testing.T) {
	for _, span := range New(Options{}).Traces(1, 200).ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		for key, value := range span.Attributes().All() {
			if text := value.AsString(); text[0] == '{' || text[0] == '[' {
				assert.True(t, json.Valid([]byte(text)), "%s: %s", key, text)
			}
		}
	}
}

func BenchmarkTraces(b *testing.B) {
	b.ReportAllocs()
	g := New(Options{})
	for i := uint64(0); b.Loop(); i++ {
		g.Traces(i, 100)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/span")
}
