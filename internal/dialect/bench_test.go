package dialect

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// httpSpan is a span that is no agent's, as an HTTP server emits them by the million.
func httpSpan() ptrace.Span {
	span := ptrace.NewSpan()
	span.SetName("GET /orders/{id}")
	a := span.Attributes()
	for _, key := range []string{
		"http.request.method", "url.path", "url.scheme", "http.route", "server.address", "client.address",
		"user_agent.original", "network.protocol.version", "thread.name", "network.peer.address",
	} {
		a.PutStr(key, "some value")
	}
	a.PutInt("http.response.status_code", 200)
	a.PutInt("server.port", 443)
	return span
}

func TestRecognitionOfOtherSpansAllocatesNothing(t *testing.T) {
	span := httpSpan()
	require.True(t, RecogniseSpan(span, 0).Empty())
	require.Zero(t, testing.AllocsPerRun(100, func() { RecogniseSpan(span, 0) }))
}

// BenchmarkRecognise must stay below a microsecond for a span that is no agent's.
func BenchmarkRecognise(b *testing.B) {
	span := httpSpan()
	b.ReportAllocs()
	for b.Loop() {
		if !RecogniseSpan(span, 0).Empty() {
			b.Fatal("taken for an agent's")
		}
	}
}

// BenchmarkRecogniseLog does the same for a log record.
func BenchmarkRecogniseLog(b *testing.B) {
	record := plog.NewLogRecord()
	httpSpan().Attributes().CopyTo(record.Attributes())
	record.SetEventName("http.server.request")
	b.ReportAllocs()
	for b.Loop() {
		if !RecogniseLog(record, 0).Empty() {
			b.Fatal("taken for an agent's")
		}
	}
}

// source is a span or log record to read, with what surrounds it.
type source struct {
	read func(*Facts)
	size int
}

// BenchmarkRead reads the recordings and the synthetic telemetry of each dialect.
func BenchmarkRead(b *testing.B) {
	for _, folder := range []string{"recorded", "dialects"} {
		files, err := filepath.Glob("../../testdata/" + folder + "/*.jsonl")
		require.NoError(b, err)
		for _, file := range files {
			name := folder + "/" + strings.TrimSuffix(filepath.Base(file), ".jsonl")
			b.Run(name, func(b *testing.B) { benchmarkFile(b, file) })
		}
	}
}

func benchmarkFile(b *testing.B, file string) {
	sources := loadSources(b, file)
	var facts Facts
	size := 0
	for _, s := range sources {
		size += s.size
	}
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, s := range sources {
			s.read(&facts)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(sources)), "ns/event")
}

func loadSources(tb testing.TB, file string) (sources []source) {
	tb.Helper()
	text, err := os.ReadFile(file)
	require.NoError(tb, err)
	for line := range bytes.Lines(text) {
		if strings.Contains(file, ".logs.") {
			ld, err := new(plog.JSONUnmarshaler).UnmarshalLogs(line)
			require.NoError(tb, err)
			sources = append(sources, logSources(ld)...)
			continue
		}
		td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(line)
		require.NoError(tb, err)
		sources = append(sources, spanSources(td)...)
	}
	require.NotEmpty(tb, sources)
	return sources
}

func spanSources(td ptrace.Traces) (sources []source) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			scope, resource := ss.Scope().Name(), rs.Resource().Attributes()
			marks := Marks(scope, resource)
			for _, span := range ss.Spans().All() {
				sources = append(sources, source{func(f *Facts) {
					f.ReadSpan(span, scope, resource, RecogniseSpan(span, marks))
				}, sizeOf(span.Attributes())})
			}
		}
	}
	return sources
}

func logSources(ld plog.Logs) (sources []source) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			scope, resource := sl.Scope().Name(), rl.Resource().Attributes()
			marks := Marks(scope, resource)
			for _, record := range sl.LogRecords().All() {
				sources = append(sources, source{func(f *Facts) {
					f.ReadLog(record, scope, resource, RecogniseLog(record, marks))
				}, sizeOf(record.Attributes())})
			}
		}
	}
	return sources
}

func sizeOf(m pcommon.Map) (size int) {
	for key, value := range m.All() {
		size += len(key) + len(value.AsString())
	}
	return size
}

// BenchmarkConvert turns a long conversation into the form of OTel.
func BenchmarkConvert(b *testing.B) {
	turn := `{"role":"user","content":[{"type":"text","text":"` + strings.Repeat("some words ", 400) + `"}]},` +
		`{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"search","arguments":"{\"q\":\"words\"}"}}]},` +
		`{"role":"tool","tool_call_id":"c","content":"` + strings.Repeat("results ", 500) + `"}`
	conversation := "[" + turn + strings.Repeat(","+turn, 99) + "]"
	b.ReportAllocs()
	b.SetBytes(int64(len(conversation)))
	for b.Loop() {
		toMessages(conversation, "user", false)
	}
}
