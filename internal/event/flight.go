package event

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// byAttribute finds the row of an attribute in flight.
var byAttribute = func() map[string]*field {
	m := make(map[string]*field, len(bodyFields))
	for i := range bodyFields {
		m[bodyFields[i].attribute] = &bodyFields[i]
	}
	return m
}()

// attributeNames are those of bodyFields, side by side.
var attributeNames = func() (names []string) {
	for i := range bodyFields {
		names = append(names, bodyFields[i].attribute)
	}
	return names
}()

// fieldOf finds the row of an attribute in flight, and the row behind it. Attributes come in the order of the table, with the
// table's own strings when they never left the process: a walk from the row behind the last one mostly compares lengths, and
// costs a quarter of the map.
func fieldOf(key string, behind int) (*field, int) {
	for i := behind; i < len(attributeNames); i++ {
		if attributeNames[i] == key {
			return &bodyFields[i], i + 1
		}
	}
	return byAttribute[key], behind
}

// ErrNotAudit says that a span event or log record carries no audit event.
var ErrNotAudit = errors.New("no audit event")

// ToSpanEvent writes e into a new event of span. The span keeps the trace id, the
// span id and the parent span id, so e MUST have been read from span.
func ToSpanEvent(e *Event, span ptrace.Span) {
	se := span.Events().AppendEmpty()
	se.SetName(string(e.Type))
	se.SetTimestamp(e.Timestamp)
	putAttributes(e, se.Attributes(), nativeSpan)
}

// FromSpanEvent reads the audit event that se, an event of span, carries. It returns
// [ErrNotAudit] if se carries none, and skipped, the number of attributes that belong
// to no member or have a wrong type: a newer processor, or somebody's forgery.
func FromSpanEvent(span ptrace.Span, se ptrace.SpanEvent, e *Event) (skipped int, err error) {
	*e = Event{}
	if !IsType(se.Name()) {
		return 0, ErrNotAudit
	}
	e.Type = Type(se.Name())
	e.Timestamp = se.Timestamp()
	e.TraceID, e.SpanID, e.ParentSpanID = span.TraceID(), span.SpanID(), span.ParentSpanID()
	return takeAttributes(e, se.Attributes(), nativeSpan)
}

// ToLogRecord writes e into record, replacing what it held.
func ToLogRecord(e *Event, record plog.LogRecord) {
	plog.NewLogRecord().CopyTo(record)
	record.SetEventName(string(e.Type))
	record.SetTimestamp(e.Timestamp)
	record.SetObservedTimestamp(e.ObservedAt)
	record.SetTraceID(e.TraceID)
	record.SetSpanID(e.SpanID)
	putAttributes(e, record.Attributes(), nativeLog)
}

// FromLogRecord reads the audit event that record carries, as [FromSpanEvent] does.
func FromLogRecord(record plog.LogRecord, e *Event) (skipped int, err error) {
	*e = Event{}
	if !IsType(record.EventName()) {
		return 0, ErrNotAudit
	}
	e.Type = Type(record.EventName())
	e.Timestamp = record.Timestamp()
	if record.ObservedTimestamp() <= math.MaxInt64 {
		e.ObservedAt = record.ObservedTimestamp()
	}
	e.TraceID, e.SpanID = record.TraceID(), record.SpanID()
	return takeAttributes(e, record.Attributes(), nativeLog)
}

// putAttributes replaces attributes by those that carry e.
func putAttributes(e *Event, attributes pcommon.Map, carrier native) {
	var present shape
	for i := range bodyFields {
		f := &bodyFields[i]
		if f.native&carrier == 0 && !isAbsent(f.at(e)) {
			present.add(i)
		}
	}
	blank(present).CopyTo(attributes)
	next := 0
	for _, value := range attributes.All() {
		next = present.from(next)
		putValue(value, bodyFields[next].at(e))
		next++
	}
}

// putValue sets an attribute to what a row points to.
func putValue(value pcommon.Value, target any) {
	switch v := target.(type) {
	case *string:
		value.SetStr(*v)
	case *JSON:
		value.SetStr(v.text)
	case *Int:
		value.SetInt(v.Value)
	case *Float:
		value.SetDouble(v.Value)
	case *Bool:
		value.SetBool(v.Value)
	case *pcommon.Timestamp:
		value.SetInt(int64(*v)) //nolint:gosec // nanoseconds, read back as such
	case *pcommon.SpanID:
		value.SetStr(v.String())
	}
}

func takeAttributes(e *Event, attributes pcommon.Map, carrier native) (skipped int, err error) {
	audit, row := false, 0
	for key, value := range attributes.All() {
		if !strings.HasPrefix(key, AttributePrefix) {
			continue
		}
		audit = true
		var f *field
		if f, row = fieldOf(key, row); f == nil || f.native&carrier != 0 || !takeValue(f, f.at(e), value) {
			skipped++
		}
	}
	if !audit {
		return 0, ErrNotAudit
	}
	if err := e.checkIdentity(); err != nil {
		return skipped, fmt.Errorf("event in flight: %w", err)
	}
	return skipped, nil
}

// takeValue sets what the row points to from an attribute, and says whether the
// attribute was of the row's type and allowed there.
func takeValue(f *field, target any, value pcommon.Value) bool {
	switch v := target.(type) {
	case *string:
		if value.Type() != pcommon.ValueTypeStr || f.format != nil && !f.format.valid(value.Str()) {
			return false
		}
		*v = value.Str()
	case *JSON:
		if value.Type() != pcommon.ValueTypeStr {
			return false
		}
		*v = AnyJSON(value.Str())
	case *Int:
		if value.Type() != pcommon.ValueTypeInt {
			return false
		}
		*v = IntOf(value.Int())
	case *Float:
		if value.Type() != pcommon.ValueTypeDouble || math.IsNaN(value.Double()) || math.IsInf(value.Double(), 0) {
			return false
		}
		*v = FloatOf(value.Double())
	case *Bool:
		if value.Type() != pcommon.ValueTypeBool {
			return false
		}
		*v = BoolOf(value.Bool())
	case *pcommon.Timestamp:
		if value.Type() != pcommon.ValueTypeInt {
			return false
		}
		*v = pcommon.Timestamp(value.Int()) //nolint:gosec // nanoseconds, written as such
	case *pcommon.SpanID:
		return value.Type() == pcommon.ValueTypeStr && parseID(v[:], `"`+value.Str()+`"`) == nil
	default:
		return false
	}
	return true
}

// Set sets the member of that dotted name from a value that a user's rule gave. Identity, the stamp and
// what the redactor or the retention policy decide can't be set.
func (e *Event) Set(name string, value pcommon.Value) error {
	if err := Settable(name); err != nil {
		return err
	}
	f := byAttribute[AttributePrefix+name]
	target := f.at(e)
	if j, ok := target.(*JSON); ok && value.Type() != pcommon.ValueTypeStr {
		*j = RawJSON(value.AsString())
		return nil
	}
	if s, ok := target.(*string); ok && value.Type() != pcommon.ValueTypeStr && f.format == nil {
		*s = value.AsString()
		return nil
	}
	if !takeValue(f, target, value) {
		return fmt.Errorf("%s can't be %s %q", name, value.Type(), value.AsString())
	}
	return nil
}

// Settable says whether a user's rule may set the member of that name.
func Settable(name string) error {
	f := byAttribute[AttributePrefix+name]
	if f == nil {
		return fmt.Errorf("there is no member %q", name)
	}
	if f.native != 0 || f.group == "retention" || slices.Contains([]string{"event_id", "parent_event_id", "links", "redactions", "redaction_version", "truncated"}, name) {
		return fmt.Errorf("member %q can't be set", name)
	}
	return nil
}
