package agentauditprocessor

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processorhelper"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/retention"
	"github.com/agentaudit/agentaudit/internal/rules"
	"github.com/agentaudit/agentaudit/processor/agentauditprocessor/internal/metadatatest"
)

var nopConsumer = consumertest.NewNop()

var spanStart = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// addSpan adds a span of 100 ms with attributes to a request.
func addSpan(td ptrace.Traces, id, parent byte, name string, attributes map[string]any) ptrace.Span {
	if td.ResourceSpans().Len() == 0 {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", "shop")
		rs.ScopeSpans().AppendEmpty().Scope().SetName("test")
	}
	span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().AppendEmpty()
	span.SetName(name)
	span.SetTraceID(pcommon.TraceID{1})
	span.SetSpanID(pcommon.SpanID{id})
	if parent != 0 {
		span.SetParentSpanID(pcommon.SpanID{parent})
	}
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(spanStart.Add(time.Duration(id) * time.Second)))
	span.SetEndTimestamp(span.StartTimestamp() + 100_000_000)
	if err := span.Attributes().FromRaw(attributes); err != nil {
		panic(err)
	}
	return span
}

func toolSpan(td ptrace.Traces, id byte, more map[string]any) ptrace.Span {
	attributes := map[string]any{"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_order"}
	for k, v := range more {
		attributes[k] = v
	}
	return addSpan(td, id, 0, "execute_tool get_order", attributes)
}

// decodeAll decodes lines and indexes them by type; two of a type fail the test.
func decodeAll(t *testing.T, lines [][]byte) map[event.Type]*event.Event {
	t.Helper()
	events := map[event.Type]*event.Event{}
	for _, line := range lines {
		e := &event.Event{}
		require.NoError(t, event.Decode(line, e))
		require.Nil(t, events[e.Type], "two events of type %s", e.Type)
		events[e.Type] = e
	}
	return events
}

func TestKeyRuleReachesEveryPlace(t *testing.T) {
	td := ptrace.NewTraces()
	span := toolSpan(td, 1, map[string]any{
		"gen_ai.tool.call.arguments": `{"user":"ann","password":"hunter2-args","nested":"{\"api_key\":\"hunter2-nested\"}"}`,
		"gen_ai.tool.call.result":    map[string]any{"ok": true, "session": map[string]any{"auth_token": "hunter2-map"}},
		"db.password":                "hunter2-attribute",
		"headers":                    []any{map[string]any{"Authorization": "hunter2-slice"}},
		"gen_ai.usage.input_tokens":  12,
	})
	se := span.Events().AppendEmpty()
	se.SetName("note")
	se.Attributes().PutStr("secret", "hunter2-event")

	for _, output := range []string{outputEventsOnly, outputAnnotate} {
		in := ptrace.NewTraces()
		td.CopyTo(in)
		cfg := testConfig()
		cfg.Output = output
		out, err := testPipeline(t, cfg).processTraces(t.Context(), in)
		require.NoError(t, err)
		text, err := new(ptrace.JSONMarshaler).MarshalTraces(out)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "hunter2", output)
		assert.Contains(t, string(text), "ann")
	}
}

func TestForgedEventsAreRemovedUnlessTrusted(t *testing.T) {
	forged := func() ptrace.Traces {
		td := ptrace.NewTraces()
		span := addSpan(td, 1, 0, "plain", map[string]any{"gen_ai.tool.name": "pay"})
		e := event.Event{Type: event.HumanIntervention, Timestamp: span.StartTimestamp(), ID: "0190163d-8694-839b-aea5-966c26f8ad91",
			Action: "approve:everything", Retention: event.Retention{Tier: event.TierCompliance}}
		event.ToSpanEvent(&e, span)
		return td
	}
	assert.Nil(t, decodeAll(t, auditTraces(t, testPipeline(t, testConfig()), forged()))[event.HumanIntervention])

	cfg := testConfig()
	cfg.TrustIncoming = true
	assert.NotNil(t, decodeAll(t, auditTraces(t, testPipeline(t, cfg), forged()))[event.HumanIntervention])

	logs := plog.NewLogs()
	record := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	event.ToLogRecord(&event.Event{Type: event.Decision, Timestamp: 1, ID: "0190163d-8694-839b-aea5-966c26f8ad91",
		Retention: event.Retention{Tier: event.TierCompliance}}, record)
	kept := plog.NewLogs()
	logs.CopyTo(kept)
	assert.Empty(t, auditLogs(t, testPipeline(t, testConfig()), logs))
	assert.Len(t, auditLogs(t, testPipeline(t, cfg), kept), 1)
}

func TestRules(t *testing.T) {
	cfg := testConfig()
	cfg.Rules = []rules.Rule{
		{When: `span.name == "charge"`, Event: "agent.decision", Set: map[string]string{"decision": `"charge"`, "resource": `span.attributes["order.id"]`, "confidence": `0.9`}},
		{When: `span.attributes["order.id"] != nil`, Set: map[string]string{"tenant_id": `"acme"`}},
		{Event: "agent.tool_result", Set: map[string]string{"rationale": `span.attributes["why"]`}},
	}
	cfg.Retention.Rules = []retention.Rule{{When: `span.attributes["order.id"] == "o-1"`, Event: "agent.decision", Tier: "critical"}}
	cfg.Drop = []string{`span.attributes["gen_ai.tool.name"] == "ping"`}
	require.NoError(t, cfg.Validate())
	p := testPipeline(t, cfg)

	td := ptrace.NewTraces()
	addSpan(td, 1, 0, "charge", map[string]any{"order.id": "o-1", "password": "hunter2"})
	events := decodeAll(t, auditTraces(t, p, td))
	assert.Len(t, events, 2, "the third rule adds an event to every span")
	decision := events[event.Decision]
	assert.Equal(t, "charge", decision.Decision)
	assert.Equal(t, "o-1", decision.Resource)
	assert.Equal(t, event.FloatOf(0.9), decision.Confidence)
	assert.Equal(t, "acme", decision.TenantID)
	assert.Equal(t, event.TierCritical, decision.Retention.Tier)
	assert.NotContains(t, string(decision.AppendJSON(nil)), "hunter2")

	td = ptrace.NewTraces()
	toolSpan(td, 1, map[string]any{"why": "asked to", "order.id": "o-2"})
	events = decodeAll(t, auditTraces(t, p, td))
	assert.Equal(t, "asked to", events[event.ToolResult].Rationale)
	assert.Empty(t, events[event.ToolCall].Rationale)
	assert.Equal(t, "acme", events[event.ToolCall].TenantID)

	td = ptrace.NewTraces()
	toolSpan(td, 1, map[string]any{"gen_ai.tool.name": "ping"})
	assert.Empty(t, auditTraces(t, p, td))
}

func TestBadInput(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	many := map[string]any{}
	for i := range 10_000 {
		many[fmt.Sprintf("custom.key.%05d", i)] = i
	}
	original := func(e *event.Event) string { return e.Attributes.String() }
	cases := []struct {
		name  string
		spoil func(ptrace.Span)
		check func(*testing.T, map[event.Type]*event.Event)
	}{
		{"no ids", func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}); s.SetTraceID(pcommon.TraceID{}) },
			func(t *testing.T, e map[event.Type]*event.Event) {
				assert.NotEmpty(t, e[event.ToolCall].ID)
				assert.NotEqual(t, e[event.ToolCall].ID, e[event.ToolResult].ID)
			}},
		{"1970", func(s ptrace.Span) { s.SetStartTimestamp(1); s.SetEndTimestamp(2) },
			func(t *testing.T, e map[event.Type]*event.Event) {
				assert.Equal(t, testClock, e[event.ToolCall].Timestamp.AsTime())
				assert.Contains(t, original(e[event.ToolCall]), `"agent_audit.original_start_unix_nano":"1"`)
			}},
		{"2300", func(s ptrace.Span) { s.SetEndTimestamp(10413792000000000000) },
			func(t *testing.T, e map[event.Type]*event.Event) {
				assert.Equal(t, e[event.ToolCall].Timestamp, e[event.ToolResult].Timestamp)
				assert.Contains(t, original(e[event.ToolCall]), "10413792000000000000")
			}},
		{"no end", func(s ptrace.Span) { s.SetEndTimestamp(0) },
			func(t *testing.T, e map[event.Type]*event.Event) {
				assert.Equal(t, e[event.ToolCall].Timestamp, e[event.ToolResult].Timestamp)
				assert.True(t, e[event.ToolCall].Attributes.IsZero())
			}},
		{"invalid UTF-8", func(s ptrace.Span) { s.Attributes().PutStr("gen_ai.tool.call.result", "\xff\xfe\x00") },
			func(t *testing.T, e map[event.Type]*event.Event) {
				assert.Equal(t, `"��\u0000"`, e[event.ToolResult].Result.String())
			}},
		{"10 MB attribute", func(s ptrace.Span) { s.Attributes().PutStr("gen_ai.tool.call.result", strings.Repeat("é", 5<<20)) },
			func(t *testing.T, e map[event.Type]*event.Event) {
				assert.Equal(t, `["/result"]`, e[event.ToolResult].Truncated.String())
				assert.InDelta(t, defaultValueBytes, len(e[event.ToolResult].Result.String()), 8)
			}},
		{"10,000 attributes", func(s ptrace.Span) {
			for k, v := range many {
				s.Attributes().PutInt(k, int64(v.(int)))
			}
		}, func(t *testing.T, e map[event.Type]*event.Event) {
			assert.Equal(t, `["/attributes"]`, e[event.ToolCall].Truncated.String())
			assert.Equal(t, defaultAttributes, strings.Count(original(e[event.ToolCall]), "custom.key."))
		}},
		{"deep nesting", func(s ptrace.Span) { s.Attributes().PutStr("gen_ai.tool.call.arguments", deep) },
			func(t *testing.T, e map[event.Type]*event.Event) {
				assert.NotEmpty(t, e[event.ToolCall].Params.String())
			}},
		{"wrong types", func(s ptrace.Span) {
			s.Attributes().PutEmptySlice("gen_ai.agent.name").AppendEmpty().SetInt(1)
			s.Attributes().PutStr("gen_ai.usage.input_tokens", "many")
		}, func(t *testing.T, e map[event.Type]*event.Event) {
			assert.JSONEq(t, `{"gen_ai.agent.name":[1],"gen_ai.usage.input_tokens":"many"}`, original(e[event.ToolCall]))
		}},
		{"own parent", func(s ptrace.Span) { s.SetParentSpanID(s.SpanID()) },
			func(t *testing.T, e map[event.Type]*event.Event) { assert.Empty(t, e[event.ToolCall].ParentEventID) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			td := ptrace.NewTraces()
			c.spoil(toolSpan(td, 1, nil))
			toolSpan(td, 2, map[string]any{"gen_ai.tool.name": "neighbour"})
			lines := auditTraces(t, testPipeline(t, testConfig()), td)
			require.Len(t, lines, 4)
			events := decodeAll(t, lines[:2])
			c.check(t, events)
			neighbour := decodeAll(t, lines[2:])
			assert.Equal(t, "tool_call:neighbour", neighbour[event.ToolCall].Action)
			assert.True(t, neighbour[event.ToolResult].Truncated.IsZero())
		})
	}
}

func TestCirclesOfParentsEnd(t *testing.T) {
	td := ptrace.NewTraces()
	agent := map[string]any{"gen_ai.operation.name": "invoke_agent"}
	addSpan(td, 1, 3, "invoke_agent a", agent)
	addSpan(td, 2, 1, "invoke_agent b", agent)
	addSpan(td, 3, 2, "invoke_agent c", agent)
	assert.NotEmpty(t, auditTraces(t, testPipeline(t, testConfig()), td))
}

func TestOtherSpansPassUntouched(t *testing.T) {
	td := ptrace.NewTraces()
	addSpan(td, 1, 0, "GET /", map[string]any{"http.request.method": "GET", "password": "theirs"})
	want := ptrace.NewTraces()
	td.CopyTo(want)

	cfg := testConfig()
	cfg.Output = outputAnnotate
	out, err := testPipeline(t, cfg).processTraces(t.Context(), td)
	require.NoError(t, err)
	assert.Equal(t, want, out)

	cfg.Redaction.AllSpans = true
	require.NoError(t, err)
	out, err = testPipeline(t, cfg).processTraces(t.Context(), td)
	require.NoError(t, err)
	text, err := new(ptrace.JSONMarshaler).MarshalTraces(out)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "theirs")

	_, err = testPipeline(t, testConfig()).processTraces(t.Context(), want)
	assert.ErrorIs(t, err, processorhelper.ErrSkipProcessingData)
}

func TestMetrics(t *testing.T) {
	tel := componenttest.NewTelemetry()
	defer func() { require.NoError(t, tel.Shutdown(context.Background())) }()
	cfg := testConfig()
	cfg.Drop = []string{`span.attributes["gen_ai.tool.name"] == "ping"`}
	p, err := newPipeline(tel.NewTelemetrySettings(), cfg)
	require.NoError(t, err)
	p.now = func() time.Time { return testClock }

	td := ptrace.NewTraces()
	toolSpan(td, 1, map[string]any{"gen_ai.tool.call.arguments": `{"password":"x"}`}).SetStartTimestamp(1)
	toolSpan(td, 2, map[string]any{"gen_ai.tool.name": "ping"})
	_, err = p.processTraces(t.Context(), td)
	require.NoError(t, err)

	ignore := metricdatatest.IgnoreTimestamp()
	one := func(key, value string) []metricdata.DataPoint[int64] {
		return []metricdata.DataPoint[int64]{{Value: 1, Attributes: attributeSet(key, value)}}
	}
	metadatatest.AssertEqualProcessorAgentAuditEvents(t, tel, []metricdata.DataPoint[int64]{
		{Value: 1, Attributes: attributeSet("event_type", "agent.tool_call", "tier", "info")},
		{Value: 1, Attributes: attributeSet("event_type", "agent.tool_result", "tier", "info")},
	}, ignore)
	metadatatest.AssertEqualProcessorAgentAuditDrops(t, tel, one("reason", "rule"), ignore)
	metadatatest.AssertEqualProcessorAgentAuditTimestampsReplaced(t, tel, []metricdata.DataPoint[int64]{{Value: 1}}, ignore)
	_, err = tel.GetMetric("otelcol_processor_agent_audit_redactions")
	require.NoError(t, err)
	_, err = tel.GetMetric("otelcol_processor_agent_audit_duration")
	require.NoError(t, err)
}
