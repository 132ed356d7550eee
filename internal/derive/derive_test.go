package derive

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

// fields are what a source tells.
type fields = map[dialect.Field]string

// source describes a source for a test. Times are milliseconds.
type source struct {
	op         dialect.Op
	log        string // the name of the log record, if it is one
	id, parent byte
	trace      byte
	from, to   int
	failed     string
	fields     fields
}

func (s source) facts() *dialect.Facts {
	f := &dialect.Facts{Op: s.op}
	f.Signal, f.Resource = dialect.SignalSpan, pcommon.NewMap()
	f.TraceID = pcommon.TraceID{s.trace + 1}
	f.SpanID, f.Start, f.End = pcommon.SpanID{s.id}, at(s.from), at(max(s.from, s.to))
	if s.parent != 0 {
		f.ParentSpanID = pcommon.SpanID{s.parent}
	}
	if s.log != "" {
		f.Signal, f.Name = dialect.SignalLog, s.log
		f.Start = f.End
	}
	f.Failed, f.StatusMessage = s.failed != "", s.failed
	for field, value := range s.fields {
		f.Set(field, value)
	}
	return f
}

func at(ms int) pcommon.Timestamp { return pcommon.Timestamp(1_795_226_400_000+ms) * 1e6 }

var testDeriver = &Deriver{HMAC: func(parts ...string) string {
	text := ""
	for _, p := range parts {
		text += p + "\x00"
	}
	return hash(text)
}}

// tell returns the events of a batch.
func tell(sources ...source) (events []event.Event) {
	var t Tree
	var nodes []*Node
	for _, s := range sources {
		f := s.facts()
		if s.log != "" {
			nodes = append(nodes, t.AddLog(f))
		} else {
			nodes = append(nodes, t.Add(f.TraceID, f.SpanID, f.ParentSpanID, f))
		}
	}
	t.Link()
	for _, n := range nodes {
		events = testDeriver.Events(events, n)
	}
	return events
}

func kindsOf(events []event.Event) (list []event.Type) {
	for i := range events {
		list = append(list, events[i].Type)
	}
	return list
}

// find returns the events of a type.
func find(events []event.Event, kind event.Type) (list []event.Event) {
	for _, e := range events {
		if e.Type == kind {
			list = append(list, e)
		}
	}
	return list
}

// the returns the only event of a type.
func the(t testing.TB, events []event.Event, kind event.Type) event.Event {
	t.Helper()
	list := find(events, kind)
	if len(list) != 1 {
		t.Fatalf("%d events of type %s among %v", len(list), kind, kindsOf(events))
	}
	return list[0]
}
