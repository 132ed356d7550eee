package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Signals that facts are read from.
const (
	SignalSpan = "span"
	SignalLog  = "log"
)

// Source is the span or log record that facts were read from. It refers to the telemetry,
// which must not be changed while the facts are in use.
type Source struct {
	Signal   string
	Name     string // of the span, or of the log's event
	Scope    string
	Resource pcommon.Map

	TraceID      pcommon.TraceID
	SpanID       pcommon.SpanID
	ParentSpanID pcommon.SpanID
	Links        ptrace.SpanLinkSlice
	Kind         ptrace.SpanKind

	Start, End pcommon.Timestamp // equal for log records and span events
	Observed   pcommon.Timestamp // of log records

	Failed        bool // the span's status is ERROR, or the log's severity is
	StatusMessage string

	// HasLinks is false for sources that can't have any.
	HasLinks bool
}

// spanSource describes a span.
func spanSource(span ptrace.Span, scope string, resource pcommon.Map) Source {
	return Source{
		Signal: SignalSpan, Name: span.Name(), Scope: scope, Resource: resource,
		TraceID: span.TraceID(), SpanID: span.SpanID(), ParentSpanID: span.ParentSpanID(),
		Links: span.Links(), HasLinks: span.Links().Len() > 0, Kind: span.Kind(),
		Start: span.StartTimestamp(), End: span.EndTimestamp(),
		Failed: span.Status().Code() == ptrace.StatusCodeError, StatusMessage: span.Status().Message(),
	}
}

// logSource describes a log record.
func logSource(record plog.LogRecord, scope string, resource pcommon.Map) Source {
	at := record.Timestamp()
	if at == 0 {
		at = record.ObservedTimestamp()
	}
	return Source{
		Signal: SignalLog, Name: EventName(record), Scope: scope, Resource: resource,
		TraceID: record.TraceID(), SpanID: record.SpanID(),
		Start: at, End: at, Observed: record.ObservedTimestamp(),
		Failed: record.SeverityNumber() >= plog.SeverityNumberError,
	}
}

// eventSource describes an event of the span that f was read from.
func (f *Facts) eventSource(se ptrace.SpanEvent) Source {
	s := f.Source
	s.Name = se.Name()
	s.Start, s.End = se.Timestamp(), se.Timestamp()
	s.Failed, s.StatusMessage, s.HasLinks = false, "", false
	return s
}

// EventName returns the name of the event that a log record is. It lives in three places, and
// the field made for it is the least reliable (conventions, gotcha 9 and section 10.3).
func EventName(record plog.LogRecord) string {
	if v, ok := record.Attributes().Get("event.name"); ok && v.Str() != "" {
		if body := record.Body(); body.Type() == pcommon.ValueTypeStr && strings.HasSuffix(body.Str(), "."+v.Str()) {
			return body.Str() // Claude Code leaves its prefix out of the attribute
		}
		return v.Str()
	}
	if name := record.EventName(); name != "" {
		return name
	}
	if body := record.Body(); body.Type() == pcommon.ValueTypeStr && !strings.ContainsAny(body.Str(), " \n") {
		return body.Str()
	}
	return ""
}
