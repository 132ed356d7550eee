package agentaudits3exporter

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadata"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// discard is a bucket that takes everything and keeps nothing.
type discard struct{ *fakeStore }

func (discard) Put(_ context.Context, _ string, body objstore.Body, _ objstore.PutOptions) (objstore.Result, error) {
	_, err := io.Copy(io.Discard, io.NewSectionReader(body.Reader, 0, body.Size))
	return objstore.Result{}, err
}

func (discard) Check(context.Context, objstore.Requirements) (string, error) { return "", nil }

var generation atomic.Int64

// renew gives every event a new id, so that no batch is a duplicate.
func renew(traces ptrace.Traces) {
	n := generation.Add(1)
	i := 0
	for _, span := range traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		for _, e := range span.Events().All() {
			if event.IsType(e.Name()) {
				e.Attributes().PutStr("agent_audit.event_id", fmt.Sprintf("%08x-8694-839b-aea5-%012x", n, i))
				i++
			}
		}
	}
}

// hundredSpans is a batch as a busy agent sends it: 100 spans of three events each, one of them with a text of 1 kB.
func hundredSpans() ptrace.Traces {
	traces := ptrace.NewTraces()
	tracesOf(0, 300).CopyTo(traces)
	for i, span := range traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		if i > 0 {
			span.Events().At(1).Attributes().PutStr("agent_audit.reasoning", fmt.Sprint(i, strings.Repeat(" The order was shipped on Monday.", 32)))
		}
	}
	return traces
}

// BenchmarkConsume is the whole way to the acknowledgement, fsync included, while the sealer works behind it.
func BenchmarkConsume(b *testing.B) {
	for _, senders := range []int{1, 32} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			cfg := defaultConfig()
			cfg.Journal.Directory = filepath.Join(b.TempDir(), "journal")
			e, err := newExporter(cfg, exportertest.NewNopSettings(metadata.Type))
			require.NoError(b, err)
			e.openStore = func(context.Context, string) (objstore.Store, error) { return discard{newFakeStore(nil)}, nil }
			require.NoError(b, e.start(b.Context()))
			defer func() { require.NoError(b, e.shutdown(b.Context())) }()

			b.ReportAllocs()
			b.SetParallelism(senders)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				traces := hundredSpans()
				for pb.Next() {
					renew(traces)
					if err := e.consumeTraces(b.Context(), traces); err != nil {
						b.Error(err)
					}
				}
			})
			b.StopTimer()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*300), "ns/event")
			b.ReportMetric(float64(b.N*100)/b.Elapsed().Seconds(), "spans/s")
		})
	}
}

// BenchmarkRenew is what of BenchmarkConsume is not the exporter's.
func BenchmarkRenew(b *testing.B) {
	traces := hundredSpans()
	b.ReportAllocs()
	for b.Loop() {
		renew(traces)
	}
}
