package otlpdepth

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/agentaudit/agentaudit/test/load"
)

// places lists where a request of traces and one of logs have attributes.
var places = map[string]func(pcommon.Value) []byte{
	"resource of spans": traces(func(rs ptrace.ResourceSpans) pcommon.Map { return rs.Resource().Attributes() }),
	"scope of spans":    traces(func(rs ptrace.ResourceSpans) pcommon.Map { return rs.ScopeSpans().AppendEmpty().Scope().Attributes() }),
	"span":              traces(func(rs ptrace.ResourceSpans) pcommon.Map { return span(rs).Attributes() }),
	"span event":        traces(func(rs ptrace.ResourceSpans) pcommon.Map { return span(rs).Events().AppendEmpty().Attributes() }),
	"span link":         traces(func(rs ptrace.ResourceSpans) pcommon.Map { return span(rs).Links().AppendEmpty().Attributes() }),
	"resource of logs":  logs(func(rl plog.ResourceLogs) pcommon.Map { return rl.Resource().Attributes() }),
	"scope of logs":     logs(func(rl plog.ResourceLogs) pcommon.Map { return rl.ScopeLogs().AppendEmpty().Scope().Attributes() }),
	"log record":        logs(func(rl plog.ResourceLogs) pcommon.Map { return record(rl).Attributes() }),
	"body":              logs(func(rl plog.ResourceLogs) pcommon.Map { return record(rl).Body().SetEmptyMap() }),
}

func span(rs ptrace.ResourceSpans) ptrace.Span {
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetName("some span")
	s.SetTraceID(pcommon.TraceID{1})
	return s
}

func record(rl plog.ResourceLogs) plog.LogRecord {
	r := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	r.SetTraceID(pcommon.TraceID{1})
	r.SetObservedTimestamp(1)
	return r
}

func traces(place func(ptrace.ResourceSpans) pcommon.Map) func(pcommon.Value) []byte {
	return func(v pcommon.Value) []byte {
		td := ptrace.NewTraces()
		v.CopyTo(place(td.ResourceSpans().AppendEmpty()).PutEmpty("deep"))
		body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
		if err != nil {
			panic(err)
		}
		return body
	}
}

func logs(place func(plog.ResourceLogs) pcommon.Map) func(pcommon.Value) []byte {
	return func(v pcommon.Value) []byte {
		ld := plog.NewLogs()
		v.CopyTo(place(ld.ResourceLogs().AppendEmpty()).PutEmpty("deep"))
		body, err := plogotlp.NewExportRequestFromLogs(ld).MarshalProto()
		if err != nil {
			panic(err)
		}
		return body
	}
}

func nestedLists(depth int) pcommon.Value {
	v := pcommon.NewValueEmpty()
	at := v
	for range depth {
		at = at.SetEmptySlice().AppendEmpty()
	}
	return v
}

func nestedMaps(depth int) pcommon.Value {
	v := pcommon.NewValueEmpty()
	at := v
	for range depth {
		at = at.SetEmptyMap().PutEmpty("k")
	}
	return v
}

func TestCheckLooksEverywhere(t *testing.T) {
	for name, encode := range places {
		require.NoError(t, Check(encode(nestedLists(10))), name)
		require.NoError(t, Check(encode(nestedLists(Max/2-10))), name)
		require.ErrorIs(t, Check(encode(nestedLists(Max/2))), ErrTooDeep, name)
		require.NoError(t, Check(encode(nestedMaps(Max/3-10))), name)
		require.ErrorIs(t, Check(encode(nestedMaps(Max/3))), ErrTooDeep, name)
	}
}

func TestCheckTakesWhatAgentsSend(t *testing.T) {
	body, err := ptraceotlp.NewExportRequestFromTraces(load.New(load.Options{}).Traces(1, 100)).MarshalProto()
	require.NoError(t, err)
	assert.NoError(t, Check(body))
}

func TestMalformedIsNotItsBusiness(t *testing.T) {
	body := places["span"](nestedLists(100))
	for i := range body {
		assert.NoError(t, Check(body[:i]))
		changed := slices.Clone(body)
		changed[i] ^= 0xff
		assert.NoError(t, Check(changed))
	}
}

// TestOrderOfFields puts in front what is no message though it stands in the place of one.
func TestOrderOfFields(t *testing.T) {
	deep := places["log record"](nestedLists(Max))
	var m plog.ProtoUnmarshaler
	_, err := m.UnmarshalLogs(deep)
	require.NoError(t, err)
	// resource_logs { scope_logs { log_records { trace_id, then the rest } } }
	id := append([]byte{9<<3 | 2, 16}, make([]byte, 16)...)
	inner := protowire.AppendBytes(append(id, 6<<3|2), pairOf(deep))
	for _, number := range []byte{2, 2, 1} {
		inner = protowire.AppendBytes([]byte{number<<3 | 2}, inner)
	}
	got, err := m.UnmarshalLogs(inner)
	require.NoError(t, err)
	require.Equal(t, 1, got.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().Len())
	require.ErrorIs(t, Check(inner), ErrTooDeep)
}

// pairOf returns the first attribute of the first log record of a request.
func pairOf(body []byte) []byte {
	for _, number := range []protowire.Number{1, 2, 2, 6} {
		for {
			found, start, end := next(body, 0)
			if found == number {
				body = body[start:end]
				break
			}
			body = body[end:]
		}
	}
	return body
}

// FuzzCheck compares with the real reader: what passes can be read, or refused, without harm.
func FuzzCheck(f *testing.F) {
	for _, encode := range places {
		f.Add(encode(nestedMaps(3)))
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		if Check(body) != nil {
			return
		}
		_ = ptraceotlp.NewExportRequest().UnmarshalProto(body)
		_ = plogotlp.NewExportRequest().UnmarshalProto(body)
	})
}

func BenchmarkCheck(b *testing.B) {
	body, err := ptraceotlp.NewExportRequestFromTraces(load.New(load.Options{}).Traces(1, 100)).MarshalProto()
	require.NoError(b, err)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Check(body); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/span")
}
