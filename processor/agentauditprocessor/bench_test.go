package agentauditprocessor

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/agentaudit/agentaudit/internal/derive"
	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/test/load"
)

// benchSpans is one request of agents' spans, 1.9 KB each.
const benchSpans = 100

func benchTraces() (ptrace.Traces, int64) {
	td := load.New(load.Options{Start: testClock}).Traces(1, benchSpans)
	return td, int64(new(ptrace.ProtoMarshaler).TracesSize(td))
}

// BenchmarkTraces is the whole processor on one request.
func BenchmarkTraces(b *testing.B) {
	td, size := benchTraces()
	p := testPipeline(b, testConfig())
	b.SetBytes(size)
	b.ReportAllocs()
	events := 0
	for b.Loop() {
		b.StopTimer()
		in := ptrace.NewTraces()
		td.CopyTo(in)
		b.StartTimer()
		out, err := p.processTraces(b.Context(), in)
		if err != nil {
			b.Fatal(err)
		}
		events = 0
		for _, span := range out.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			events += span.Events().Len()
		}
	}
	perEvent(b, events)
}

// BenchmarkRead recognises and reads the spans of one request.
func BenchmarkRead(b *testing.B) {
	td, size := benchTraces()
	batch := testPipeline(b, testConfig()).begin(b.Context())
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		batch.used = 0
		batch.tree.Reset()
		batch.readSpans(td)
		batch.tree.Link()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSpans, "ns/span")
}

// BenchmarkDerive makes raw events from facts.
func BenchmarkDerive(b *testing.B) {
	td, size := benchTraces()
	batch := testPipeline(b, testConfig()).begin(b.Context())
	sources := batch.readSpans(td)
	batch.tree.Link()
	b.SetBytes(size)
	b.ReportAllocs()
	events := 0
	for b.Loop() {
		events = 0
		for i := range sources {
			events += len(batch.derive(sources[i].node))
		}
	}
	perEvent(b, events)
}

// BenchmarkRedact redacts the raw events of one request.
func BenchmarkRedact(b *testing.B) {
	td, size := benchTraces()
	batch := testPipeline(b, testConfig()).begin(b.Context())
	var raw []event.Event
	for _, s := range batch.readSpans(td) {
		raw = append(raw, batch.derive(&derive.Node{Facts: s.node.Facts})...)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for i := range raw {
			e := raw[i]
			batch.redact(&e, 0)
		}
	}
	perEvent(b, len(raw))
}

// BenchmarkOtherSpans is what a span costs that is no agent's.
func BenchmarkOtherSpans(b *testing.B) {
	span := addSpan(ptrace.NewTraces(), 1, 2, "GET /orders/{id}", map[string]any{
		"http.request.method": "GET", "http.response.status_code": 200, "url.path": "/orders/17", "url.scheme": "https", "server.address": "shop",
		"server.port": 443, "client.address": "10.0.0.7", "user_agent.original": "curl", "network.protocol.version": "2", "http.route": "/orders/{id}",
	})
	b.ReportAllocs()
	for b.Loop() {
		if !dialect.RecogniseSpan(span, 0).Empty() {
			b.Fatal("recognised")
		}
	}
}

func perEvent(b *testing.B, events int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(events), "ns/event")
}
