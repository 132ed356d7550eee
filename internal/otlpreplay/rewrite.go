package otlpreplay

import (
	"encoding/binary"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// rewrite calls the two functions with every timestamp and trace id of b and stores what they return. What is absent
// (zero) stays so.
func (b *batch) rewrite(time func(pcommon.Timestamp) pcommon.Timestamp, trace func(pcommon.TraceID) pcommon.TraceID) {
	rw := rewriter{
		time: func(t pcommon.Timestamp) pcommon.Timestamp {
			if t == 0 {
				return t
			}
			return time(t)
		},
		trace: func(id pcommon.TraceID) pcommon.TraceID {
			if id.IsEmpty() {
				return id
			}
			return trace(id)
		},
	}
	for _, resource := range b.traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				rw.span(span)
			}
		}
	}
	for _, resource := range b.logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				rw.record(record)
			}
		}
	}
}

type rewriter struct {
	time  func(pcommon.Timestamp) pcommon.Timestamp
	trace func(pcommon.TraceID) pcommon.TraceID
}

func (rw *rewriter) span(s ptrace.Span) {
	s.SetTraceID(rw.trace(s.TraceID()))
	s.SetStartTimestamp(rw.time(s.StartTimestamp()))
	s.SetEndTimestamp(rw.time(s.EndTimestamp()))
	for _, e := range s.Events().All() {
		e.SetTimestamp(rw.time(e.Timestamp()))
	}
	for _, l := range s.Links().All() {
		l.SetTraceID(rw.trace(l.TraceID()))
	}
}

func (rw *rewriter) record(r plog.LogRecord) {
	r.SetTraceID(rw.trace(r.TraceID()))
	r.SetTimestamp(rw.time(r.Timestamp()))
	r.SetObservedTimestamp(rw.time(r.ObservedTimestamp()))
}

// newest returns the latest timestamp of b, 0 if there is none.
func (b *batch) newest() (newest pcommon.Timestamp) {
	b.rewrite(func(t pcommon.Timestamp) pcommon.Timestamp {
		newest = max(newest, t)
		return t
	}, same)
	return newest
}

func same[T any](v T) T { return v }

// shift returns what moves a time by so many nanoseconds, and never past the ends of what a timestamp can say nor to
// zero, which would mean that there is none.
func shift(by int64) func(pcommon.Timestamp) pcommon.Timestamp {
	return func(t pcommon.Timestamp) pcommon.Timestamp {
		moved := t + pcommon.Timestamp(by) // two's complement: right for a negative by, too
		switch {
		case by < 0 && moved >= t:
			return 1
		case by > 0 && moved < t:
			return ^pcommon.Timestamp(0)
		}
		return max(moved, 1)
	}
}

// freshTraces returns what gives each trace another id, the same one whenever it is met again in this sending.
func freshTraces(mask uint64) func(pcommon.TraceID) pcommon.TraceID {
	return func(id pcommon.TraceID) pcommon.TraceID {
		fresh := id
		binary.BigEndian.PutUint64(fresh[8:], binary.BigEndian.Uint64(id[8:])^mask)
		if fresh.IsEmpty() {
			return id
		}
		return fresh
	}
}
