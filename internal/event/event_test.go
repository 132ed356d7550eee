package event

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files")

// full returns an event with every field set.
func full() *Event {
	e := &Event{}
	for i := range fields {
		f := &fields[i]
		switch v := f.at(e).(type) {
		case *string:
			*v = "a " + strings.ReplaceAll(f.name, "_", " ")
			if f.format != nil {
				*v = allowed(f.format)
			}
		case *JSON:
			*v = AnyJSON(`{"of": "` + f.name + `", "n": [1, 2.50, null]}`)
		case *Int:
			*v = IntOf(int64(100 + i))
		case *Float:
			*v = FloatOf(float64(i) / 128)
		case *Bool:
			*v = BoolOf(i%2 == 0)
		case *Type:
			*v = ToolResult
		case *pcommon.Timestamp:
			*v = pcommon.NewTimestampFromTime(time.Date(2026, 11, 21, 1, 39, 36, 123456789+i, time.UTC))
		case *pcommon.TraceID:
			*v = pcommon.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36}
		case *pcommon.SpanID:
			*v = pcommon.SpanID{0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, byte(i)}
		}
	}
	return e
}

func allowed(f *format) string {
	switch f {
	case uuidFormat:
		return "0190163d-8694-839b-aea5-966c26f8ad91"
	case dateFormat:
		return "2027-11-21"
	case hashFormat:
		return "sha256:" + strings.Repeat("0123456789abcdef", 4)
	case writerFormat:
		return "collector-1.eu_7f3a"
	}
	return f.values[0]
}

func minimal() *Event {
	return &Event{ID: allowed(uuidFormat), Type: Error, Timestamp: 1, Retention: Retention{Tier: TierCritical}}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(name, got, 0o600))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func vectors() []*Event {
	hostile := minimal()
	hostile.AgentName = "a\x00\xff\"\\\n\u2028<b>&'é世\U0001F600"
	hostile.Params = AnyJSON("{\"k\" : \"\xff\"}")
	hostile.Result = AnyJSON(" [1 , {\"a\\u0041\" : 1e400}] ")
	hostile.CostUSD = FloatOf(1e-9)
	hostile.DurationMS = FloatOf(0.000001)
	return []*Event{minimal(), full(), hostile}
}

func TestGoldenVectors(t *testing.T) {
	var lines []byte
	for _, e := range vectors() {
		lines = append(e.AppendJSON(lines), '\n')
	}
	golden(t, "testdata/vectors.jsonl", lines)
	schema := compileSchema(t)
	for line := range bytes.Lines(lines) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		var e Event
		require.NoError(t, Decode(line, &e))
		require.Equal(t, string(line), string(e.AppendJSON(nil)))
		accepts(t, schema, line)
	}
}

func compileSchema(t testing.TB) *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(SchemaJSON()))
	require.NoError(t, err)
	require.NoError(t, c.AddResource("event.schema.json", doc))
	schema, err := c.Compile("event.schema.json")
	require.NoError(t, err)
	return schema
}

func accepts(t require.TestingT, schema *jsonschema.Schema, line []byte) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(doc))
}

func TestSchemaIsGenerated(t *testing.T) {
	want, err := GenerateSchema()
	require.NoError(t, err)
	require.Equal(t, string(want), string(SchemaJSON()), "run go generate")
}

func TestFieldNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range fields {
		require.False(t, seen[f.name], f.name)
		seen[f.name] = true
		require.NotEmpty(t, f.doc, f.name)
	}
	require.Equal(t, "retention.expires_on", bodyFields[len(bodyFields)-1].name, "ReadHeader reads retention from the end")
}

// anyEvent draws an event whose texts are any bytes at all.
func anyEvent(t *rapid.T) *Event {
	text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	e := &Event{}
	for i := range fields {
		f := &fields[i]
		set := rapid.Bool().Draw(t, "set")
		if !set {
			continue
		}
		switch v := f.at(e).(type) {
		case *string:
			if f.format != nil {
				*v = allowed(f.format)
			} else {
				*v = text.Draw(t, f.name)
			}
		case *JSON:
			*v = AnyJSON(text.Draw(t, f.name))
		case *Int:
			*v = IntOf(rapid.Int64().Draw(t, f.name))
		case *Float:
			*v = FloatOf(rapid.Float64().Draw(t, f.name))
		case *Bool:
			*v = BoolOf(rapid.Bool().Draw(t, f.name))
		case *Type:
			*v = rapid.SampledFrom(Types).Draw(t, f.name)
		case *pcommon.Timestamp:
			*v = pcommon.Timestamp(rapid.Uint64Range(1, 1<<63-1).Draw(t, f.name))
		case *pcommon.TraceID:
			v[rapid.IntRange(0, 15).Draw(t, f.name)] = 7
		case *pcommon.SpanID:
			v[rapid.IntRange(0, 7).Draw(t, f.name)] = 7
		}
	}
	e.ID, e.Retention.Tier = allowed(uuidFormat), TierInfo
	e.Type = rapid.SampledFrom(Types).Draw(t, "type")
	e.Timestamp = pcommon.Timestamp(rapid.Uint64Range(1, 1<<63-1).Draw(t, "timestamp"))
	return e
}

func TestEveryEventIsOneValidLineAndReadsBack(t *testing.T) {
	schema := compileSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		line := anyEvent(t).AppendJSON(nil)
		require.True(t, json.Valid(line))
		require.NotContains(t, string(line), "\n")
		accepts(t, schema, line)
		var back Event
		require.NoError(t, Decode(line, &back))
		require.Equal(t, string(line), string(back.AppendJSON(nil)))
	})
}

func TestFlightRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvent(t)
		e.Writer, e.Seq, e.IngestedAt, e.Conflict = "", Int{}, 0, Bool{}
		want := string(e.AppendJSON(nil))

		record, back := plog.NewLogRecord(), Event{}
		ToLogRecord(e, record)
		skipped, err := FromLogRecord(record, &back)
		require.NoError(t, err)
		require.Zero(t, skipped)
		require.Equal(t, want, string(back.AppendJSON(nil)))

		span := ptrace.NewSpan()
		span.SetTraceID(e.TraceID)
		span.SetSpanID(e.SpanID)
		span.SetParentSpanID(e.ParentSpanID)
		ToSpanEvent(e, span)
		skipped, err = FromSpanEvent(span, span.Events().At(0), &back)
		require.NoError(t, err)
		require.Zero(t, skipped)
		require.Equal(t, want, string(back.AppendJSON(nil)))
	})
}

func TestFlightRefusesForgeries(t *testing.T) {
	record := plog.NewLogRecord()
	ToLogRecord(minimal(), record)
	attrs := record.Attributes()
	attrs.PutStr("agent_audit.writer", "me")
	attrs.PutStr("agent_audit.no_such_member", "x")
	attrs.PutStr("agent_audit.tokens.input", "12")
	attrs.PutStr("agent_audit.outcome", "splendid")
	attrs.PutStr("other", "kept out")
	var e Event
	skipped, err := FromLogRecord(record, &e)
	require.NoError(t, err)
	assert.Equal(t, 4, skipped)
	assert.Equal(t, string(minimal().AppendJSON(nil)), string(e.AppendJSON(nil)))

	attrs.PutStr("agent_audit.event_id", "not-a-uuid")
	attrs.Remove("agent_audit.retention.tier")
	e = Event{}
	_, err = FromLogRecord(record, &e)
	require.ErrorContains(t, err, "event_id is missing")

	plain := plog.NewLogRecord()
	plain.SetEventName("agent.error")
	_, err = FromLogRecord(plain, &e)
	require.ErrorIs(t, err, ErrNotAudit, "an agent's own log of that name is no audit event")
}

func TestDecodeRefuses(t *testing.T) {
	good := string(full().AppendJSON(nil))
	swap := func(old, new string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, new, 1)
	}
	for name, line := range map[string]string{
		"empty":               ``,
		"array":               `[]`,
		"white space":         swap(`,"trace_id"`, `, "trace_id"`),
		"trailing":            good + "{}",
		"cut":                 good[:len(good)-1],
		"other schema":        swap(`agentaudit/v1`, `agentaudit/v2`),
		"unknown member":      swap(`"trace_id":`, `"trace":`),
		"unknown in group":    swap(`"cache_read":`, `"cache":`),
		"twice":               swap(`,"trace_id":`, `,"event_type":"agent.error","trace_id":`),
		"group twice":         swap(`"total":`, `"total":1},"tokens":{"total":`),
		"out of order":        swap(`"agent_id":"a agent id","agent_version":"a agent version"`, `"agent_version":"a agent version","agent_id":"a agent id"`),
		"empty text":          swap(`"a agent id"`, `""`),
		"empty group":         swap(`"handoff":{`, `"handoff":{},"x":{`),
		"number for text":     swap(`"a agent id"`, `7`),
		"text for number":     swap(`"step_number":`, `"step_number":"1","x":`),
		"other spelling":      swap(`"step_number":118`, `"step_number":118.0`),
		"escaped needlessly":  swap(`"a agent id"`, `"\u0061 agent id"`),
		"bad time":            swap(`"timestamp":"2026-`, `"timestamp":"2026/`),
		"time zone":           swap(`Z","observed_at"`, `+00:00","observed_at"`),
		"upper-case id":       swap(`4bf92f`, `4BF92F`),
		"zero id":             swap(`4bf92f3577b34da6a3ce929d0e0e4736`, strings.Repeat("0", 32)),
		"bad enum":            swap(`"outcome":"success"`, `"outcome":"fine"`),
		"bad event type":      swap(`agent.tool_result`, `agent.tool_results`),
		"bad hash":            swap(`sha256:0`, `md5:0`),
		"missing id":          swap(`"event_id":"0190163d-8694-839b-aea5-966c26f8ad91",`, ``),
		"invalid UTF-8":       swap(`a agent id`, "a agent \xff"),
		"missing tier":        swap(`"tier":"debug",`, ``),
		"nested conflict off": swap(`"conflict":`, `"conflict":1,"x":`),
	} {
		var e Event
		assert.Error(t, Decode([]byte(line), &e), name)
	}
	var e Event
	require.NoError(t, Decode([]byte(good), &e))
}

func TestAliasesAreRead(t *testing.T) {
	for _, name := range Aliases() {
		line := strings.Replace(string(minimal().AppendJSON(nil)), "agent.error", name, 1)
		var e Event
		require.NoError(t, Decode([]byte(line), &e), name)
		want, ok := ParseType(name)
		require.True(t, ok)
		assert.Equal(t, want, e.Type)
		assert.False(t, IsType(name))
	}
	assert.Len(t, Types, 20)
	assert.Len(t, Aliases(), 21)
}

func TestIDs(t *testing.T) {
	trace, span := pcommon.TraceID{1}, pcommon.SpanID{2}
	id := SpanEventID(trace, span, ToolCall, 0)
	assert.Equal(t, "d8b0e5b0-6d0d-8e0c-9b0a-000000000000"[14:15], id[14:15], "version 8")
	assert.Contains(t, "89ab", id[19:20], "variant of RFC 9562")
	assert.Equal(t, id, SpanEventID(trace, span, ToolCall, 0))
	others := map[string]bool{id: true}
	others[SpanEventID(trace, span, ToolResult, 0)] = true
	others[SpanEventID(trace, span, ToolCall, 1)] = true
	others[SpanEventID(trace, pcommon.SpanID{3}, ToolCall, 0)] = true
	others[SpanEventID(pcommon.TraceID{3}, span, ToolCall, 0)] = true
	assert.Len(t, others, 5)

	e := full()
	first, buf := ContentID(e, 0, nil)
	again, _ := ContentID(e, 0, buf)
	assert.Equal(t, first, again)
	second, _ := ContentID(e, 1, nil)
	assert.NotEqual(t, first, second)
	e.AgentName = "other"
	changed, _ := ContentID(e, 0, nil)
	assert.NotEqual(t, first, changed)
	_, err := ParseID(first)
	require.NoError(t, err)
}

func TestHeaderIsReadWithoutTheMiddle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvent(t)
		// A payload that imitates the members that are looked for.
		e.Params = AnyJSON(`{"x":1,"retention":{"tier":"debug","days":1},"writer":"w","seq":1,"ingested_at":"2026-11-21T01:39:36.123456789Z"}`)
		e.Retention.Tier = TierCritical
		e.Writer, e.Seq, e.IngestedAt, e.Conflict = "", Int{}, 0, Bool{}
		body := e.AppendBody(nil)
		at := time.Date(2026, 11, 21, 1, 2, 3, 4, time.UTC)
		conflict := rapid.Bool().Draw(t, "conflict")
		line := AppendStamp(bytes.Clone(body), "w-1", 42, at, conflict)

		var back Event
		require.NoError(t, Decode(line, &back))
		require.Equal(t, conflict, back.Conflict.Value)

		h, err := ReadHeader(line)
		require.NoError(t, err)
		assert.Equal(t, e.ID, h.ID)
		assert.Equal(t, e.Type, h.Type)
		assert.True(t, e.Timestamp.AsTime().Equal(h.Time))
		assert.Equal(t, TierCritical, h.Tier)
		assert.Equal(t, e.Retention.Days.Value, h.Days)
		assert.Equal(t, "w-1", h.Writer)
		assert.Equal(t, uint64(42), h.Seq)
		assert.True(t, at.Equal(h.Ingested))
		assert.Equal(t, string(body), string(h.Body))
	})
}

func FuzzDecode(f *testing.F) {
	for _, e := range vectors() {
		f.Add(e.AppendJSON(nil))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		_, _ = ReadHeader(line)
		var e Event
		if Decode(line, &e) != nil {
			return
		}
		again := e.AppendJSON(nil)
		var back Event
		require.NoError(t, Decode(again, &back))
		require.Equal(t, string(again), string(back.AppendJSON(nil)))
	})
}

func BenchmarkEncode(b *testing.B) {
	e := full()
	var buf []byte
	buf = e.AppendJSON(buf[:0])
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendStamp(e.AppendBody(buf[:0]), "w-1", 42, time.Unix(1, 2), false)
	}
}

func BenchmarkDecode(b *testing.B) {
	line := full().AppendJSON(nil)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		var e Event
		if err := Decode(line, &e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFlight(b *testing.B) {
	e := full()
	b.ReportAllocs()
	for b.Loop() {
		span := ptrace.NewSpan()
		ToSpanEvent(e, span)
		var back Event
		if _, err := FromSpanEvent(span, span.Events().At(0), &back); err != nil {
			b.Fatal(err)
		}
	}
}

type shouting struct{ paths, structure []string }

func (s *shouting) Text(path, _, text string) string {
	s.paths = append(s.paths, path)
	return strings.ToUpper(text)
}

func (s *shouting) Structure(path, _, text string) string {
	s.structure = append(s.structure, path)
	return text
}

func (s *shouting) JSON(path, key, text string) string {
	return TextJSON(s.Text(path, key, text)).String()
}

func TestRewriteSparesStructureOnly(t *testing.T) {
	e, s := full(), &shouting{}
	e.Params = RawJSON("no JSON\n")
	e.Rewrite(s)
	assert.Equal(t, []string{
		"/agent_name", "/source", "/action", "/resource", "/params", "/result", "/reasoning", "/decision", "/rationale", "/finish_reason", "/input", "/output",
		"/approval/reason", "/handoff/from", "/handoff/to", "/handoff/context", "/error", "/error_type", "/error_stack", "/tool/name", "/tool/type", "/tool/server",
		"/guardrail/name", "/guardrail/verdict", "/guardrail/reason", "/guardrail/target", "/feedback/name", "/feedback/label", "/feedback/comment",
		"/origin/scope", "/origin/name", "/service/name", "/service/environment", "/attributes",
	}, s.paths)
	assert.Equal(t, []string{
		"/agent_id", "/agent_version", "/user_id", "/tenant_id", "/session_id", "/task_id", "/turn_id", "/provider", "/model", "/response_id", "/approval/approver_id",
		"/tool/call_id", "/guardrail/policy_id", "/guardrail/policy_version", "/feedback/target_id", "/feedback/annotator", "/service/version", "/service/instance_id",
	}, s.structure)
	assert.Equal(t, `"NO JSON\n"`, e.Params.String())
	assert.Equal(t, "A AGENT NAME", e.AgentName)
	assert.Equal(t, "a model", e.Model)
	var back Event
	require.NoError(t, Decode(e.AppendJSON(nil), &back))
}

func BenchmarkReadHeader(b *testing.B) {
	e := full()
	line := AppendStamp(e.AppendBody(nil), "w-1", 42, time.Unix(1, 2), false)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadHeader(line); err != nil {
			b.Fatal(err)
		}
	}
}

// typical is an event as a tool call leaves it.
func typical() *Event {
	e := full()
	all := *e
	*e = Event{
		ID: all.ID, Type: ToolResult, Timestamp: all.Timestamp, TraceID: all.TraceID, SpanID: all.SpanID, ParentSpanID: all.ParentSpanID,
		ParentEventID: all.ParentEventID, AgentName: all.AgentName, SessionID: all.SessionID, UserID: all.UserID, Source: all.Source,
		Action: all.Action, Result: all.Result, Outcome: OutcomeSuccess, DurationMS: all.DurationMS, Tool: all.Tool, ActionHash: all.ActionHash,
		Convention: all.Convention, Origin: all.Origin, Service: all.Service, RedactionVersion: all.RedactionVersion, Retention: all.Retention,
	}
	return e
}

func BenchmarkToSpanEvent(b *testing.B) {
	e := typical()
	b.ReportAllocs()
	for b.Loop() {
		ToSpanEvent(e, ptrace.NewSpan())
	}
}

func BenchmarkFromSpanEvent(b *testing.B) {
	span := ptrace.NewSpan()
	ToSpanEvent(typical(), span)
	b.ReportAllocs()
	for b.Loop() {
		var e Event
		if _, err := FromSpanEvent(span, span.Events().At(0), &e); err != nil {
			b.Fatal(err)
		}
	}
}

func TestShapesBeyondTheBoundTravelToo(t *testing.T) {
	defer blankCount.Store(blankCount.Swap(maxBlanks))
	e := typical()
	e.Rationale = "a shape that no other test makes"
	span := ptrace.NewSpan()
	span.SetTraceID(e.TraceID)
	span.SetSpanID(e.SpanID)
	span.SetParentSpanID(e.ParentSpanID)
	ToSpanEvent(e, span)
	var back Event
	_, err := FromSpanEvent(span, span.Events().At(0), &back)
	require.NoError(t, err)
	assert.Equal(t, string(e.AppendJSON(nil)), string(back.AppendJSON(nil)))
}
