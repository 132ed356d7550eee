package agentauditprocessor

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/agentaudit/agentaudit/internal/event"
)

// attrs are attributes as Go values.
type attrs = map[string]any

// aSpan describes a span for a test; ids are made of names, times are milliseconds.
type aSpan struct {
	name, id, parent, trace string
	scope                   string
	kind                    ptrace.SpanKind
	from, to                int
	failed                  string // the status message of a failed span
	attrs                   attrs
	events                  []aSpanEvent
	links                   []string // ids of spans of another trace
}

type aSpanEvent struct {
	name  string
	attrs attrs
}

// aRecord describes a log record.
type aRecord struct {
	name, body, scope string
	at                int
	attrs             attrs
}

func spanID(name string) (id pcommon.SpanID) {
	digest := sha256.Sum256([]byte(name))
	copy(id[:], digest[:])
	return id
}

func traceID(name string) (id pcommon.TraceID) {
	digest := sha256.Sum256([]byte("trace " + name))
	copy(id[:], digest[:])
	return id
}

func timeAt(ms int) pcommon.Timestamp {
	return pcommon.NewTimestampFromTime(testClock) + pcommon.Timestamp(ms)*1e6
}

// traces makes a request of spans in that order, with one resource.
func traces(t testing.TB, resource attrs, spans ...aSpan) ptrace.Traces {
	t.Helper()
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	require.NoError(t, rs.Resource().Attributes().FromRaw(resource))
	for _, s := range spans {
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(s.scope)
		span := ss.Spans().AppendEmpty()
		span.SetName(s.name)
		span.SetTraceID(traceID(s.trace))
		span.SetSpanID(spanID(s.id))
		if s.parent != "" {
			span.SetParentSpanID(spanID(s.parent))
		}
		span.SetKind(s.kind)
		span.SetStartTimestamp(timeAt(s.from))
		span.SetEndTimestamp(timeAt(max(s.from, s.to)))
		if s.failed != "" {
			span.Status().SetCode(ptrace.StatusCodeError)
			span.Status().SetMessage(s.failed)
		}
		require.NoError(t, span.Attributes().FromRaw(s.attrs))
		for _, e := range s.events {
			se := span.Events().AppendEmpty()
			se.SetName(e.name)
			se.SetTimestamp(timeAt(s.to))
			require.NoError(t, se.Attributes().FromRaw(e.attrs))
		}
		for _, l := range s.links {
			link := span.Links().AppendEmpty()
			link.SetTraceID(traceID("linked"))
			link.SetSpanID(spanID(l))
		}
	}
	return td
}

// records makes a request of log records.
func records(t testing.TB, resource attrs, list ...aRecord) plog.Logs {
	t.Helper()
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	require.NoError(t, rl.Resource().Attributes().FromRaw(resource))
	for _, r := range list {
		sl := rl.ScopeLogs().AppendEmpty()
		sl.Scope().SetName(r.scope)
		record := sl.LogRecords().AppendEmpty()
		record.SetEventName(r.name)
		record.SetTimestamp(timeAt(r.at))
		record.SetObservedTimestamp(timeAt(r.at))
		if r.body != "" {
			record.Body().SetStr(r.body)
		}
		require.NoError(t, record.Attributes().FromRaw(r.attrs))
	}
	return ld
}

// told are the events of a test.
type told []event.Event

func decode(t testing.TB, lines [][]byte) (events told) {
	t.Helper()
	for _, line := range lines {
		var e event.Event
		require.NoError(t, event.Decode(line, &e))
		events = append(events, e)
	}
	return events
}

// tellSpans runs one request of spans.
func tellSpans(t testing.TB, spans ...aSpan) told {
	t.Helper()
	return decode(t, auditTraces(t, testPipeline(t, testConfig()), traces(t, nil, spans...)))
}

// tellLogs runs one request of log records.
func tellLogs(t testing.TB, list ...aRecord) told {
	t.Helper()
	return decode(t, auditLogs(t, testPipeline(t, testConfig()), records(t, nil, list...)))
}

func (events told) of(kind event.Type) (list told) {
	for _, e := range events {
		if e.Type == kind {
			list = append(list, e)
		}
	}
	return list
}

// one returns the only event of a type.
func (events told) one(t testing.TB, kind event.Type) event.Event {
	t.Helper()
	list := events.of(kind)
	require.Len(t, list, 1, "events of type %s among %v", kind, events.types())
	return list[0]
}

func (events told) types() (types []event.Type) {
	for _, e := range events {
		types = append(types, e.Type)
	}
	return types
}
