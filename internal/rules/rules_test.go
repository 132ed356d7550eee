package rules

import (
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/retention"
)

func compile(t *testing.T, c Config) *Compiled {
	t.Helper()
	compiled, err := Compile(c, componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	return compiled
}

// spanOf returns the OTTL context of a span with attributes.
func spanOf(t *testing.T, name string, attributes map[string]any) *ottlspan.TransformContext {
	t.Helper()
	rs := ptrace.NewTraces().ResourceSpans().AppendEmpty()
	ss := rs.ScopeSpans().AppendEmpty()
	span := ss.Spans().AppendEmpty()
	span.SetName(name)
	require.NoError(t, span.Attributes().FromRaw(attributes))
	tc := ottlspan.NewTransformContext(rs, ss, span)
	t.Cleanup(tc.Close)
	return tc
}

func TestARuleAppliesToTheSignalsWhoseContextItNames(t *testing.T) {
	c := compile(t, Config{
		Rules: []Rule{
			{When: `span.name == "a"`, Event: "agent.decision"},
			{When: `log.severity_number > 0`, Event: "agent.error"},
			{When: `resource.attributes["x"] != nil`, Set: map[string]string{"tenant_id": `"acme"`}},
		},
		Drop: []string{`log.body == "noise"`},
	})
	assert.Len(t, c.Spans.rules, 2)
	assert.Len(t, c.Logs.rules, 2)
	assert.Empty(t, c.Spans.drop)
	assert.Len(t, c.Logs.drop, 1)
	assert.True(t, c.Spans.Adds())
	assert.False(t, compile(t, Config{Drop: []string{`span.name == "x"`}}).Spans.Adds())
	assert.True(t, compile(t, Config{}).Logs.Empty())
}

func TestLaterRulesWin(t *testing.T) {
	c := compile(t, Config{
		Rules: []Rule{
			{Set: map[string]string{"tenant_id": `"first"`}},
			{When: `span.name == "pay"`, Set: map[string]string{"tenant_id": `"second"`, "tokens.input": `span.attributes["n"]`, "params": `span.attributes["map"]`}},
		},
		Tiers: []retention.Rule{{Tier: "debug"}, {Event: "agent.error", Tier: "critical"}},
	})
	span := spanOf(t, "pay", map[string]any{"n": 7, "map": map[string]any{"k": "v"}})
	events, err := c.Spans.Apply(t.Context(), span, []event.Event{{Type: event.ToolCall}}, event.Event{})
	require.NoError(t, err)
	require.Len(t, events, 1)
	assert.Equal(t, "second", events[0].TenantID)
	assert.Equal(t, event.IntOf(7), events[0].Tokens.Input)
	assert.Equal(t, `{"k":"v"}`, events[0].Params.String())

	tier, err := c.Spans.Tier(t.Context(), span, event.ToolCall)
	require.NoError(t, err)
	assert.Equal(t, "debug", tier)
	tier, err = c.Spans.Tier(t.Context(), span, event.Error)
	require.NoError(t, err)
	assert.Equal(t, "critical", tier)
}

func TestAnAddedEventStartsFromTheBase(t *testing.T) {
	c := compile(t, Config{Rules: []Rule{{When: `span.name == "charge"`, Event: "agent.decision", Set: map[string]string{"decision": `"charge"`}}}})
	base := event.Event{AgentName: "ann", Type: event.ToolCall}
	events, err := c.Spans.Apply(t.Context(), spanOf(t, "charge", nil), nil, base)
	require.NoError(t, err)
	require.Len(t, events, 1)
	assert.Equal(t, event.Decision, events[0].Type)
	assert.Equal(t, "ann", events[0].AgentName)

	again, err := c.Spans.Apply(t.Context(), spanOf(t, "charge", nil), events, base)
	require.NoError(t, err)
	assert.Len(t, again, 1, "an event that is there is changed, not doubled")

	none, err := c.Spans.Apply(t.Context(), spanOf(t, "other", nil), nil, base)
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestWhatCannotBeEvaluatedChangesNothing(t *testing.T) {
	c := compile(t, Config{
		Rules: []Rule{{Set: map[string]string{"tokens.input": `"many"`, "outcome": `"splendid"`, "rationale": `span.attributes["none"]`}}},
		Drop:  []string{`Int(span.attributes["n"]) / 0 > 1`},
	})
	span := spanOf(t, "x", map[string]any{"n": 1})
	events, err := c.Spans.Apply(t.Context(), span, []event.Event{{Type: event.ToolCall}}, event.Event{})
	require.ErrorContains(t, err, "tokens.input")
	require.ErrorContains(t, err, "outcome")
	assert.Equal(t, []event.Event{{Type: event.ToolCall}}, events)

	drop, err := c.Spans.Drops(t.Context(), span)
	assert.False(t, drop)
	assert.Error(t, err)
}

func TestConditionsKeepTheirIndexAndFailClosed(t *testing.T) {
	c := compile(t, Config{Conditions: []string{`log.body == "x"`, `span.name == "pay"`, `Int(span.attributes["n"]) / 0 > 1`, `span.name == "other"`}})
	assert.True(t, c.Spans.Conditional())
	assert.True(t, c.Spans.Empty(), "they change no events")
	assert.False(t, compile(t, Config{}).Spans.Conditional())
	met := map[int]bool{}
	err := c.Spans.Conditions(t.Context(), spanOf(t, "pay", map[string]any{"n": 1}), func(i int, holds bool) { met[i] = holds })
	assert.Error(t, err)
	assert.Equal(t, map[int]bool{0: false, 1: true, 2: true, 3: false}, met)
}

func TestLogs(t *testing.T) {
	c := compile(t, Config{Drop: []string{`log.body == "noise"`}})
	rl := plog.NewLogs().ResourceLogs().AppendEmpty()
	sl := rl.ScopeLogs().AppendEmpty()
	record := sl.LogRecords().AppendEmpty()
	record.Body().SetStr("noise")
	tc := ottllog.NewTransformContext(rl, sl, record)
	defer tc.Close()
	drop, err := c.Logs.Drops(t.Context(), tc)
	require.NoError(t, err)
	assert.True(t, drop)
}

func TestCompileNamesTheKey(t *testing.T) {
	for want, c := range map[string]Config{
		`"rules::0" fits neither spans`:            {Rules: []Rule{{When: "span.name ==", Event: "agent.error"}}},
		`"retention::rules::1" fits neither spans`: {Tiers: []retention.Rule{{Tier: "debug"}, {When: "nonsense(", Tier: "debug"}}},
		`"drop::0" fits neither spans`:             {Drop: []string{`metric.name == "x"`}},
		`a condition is missing`:                   {Drop: []string{""}},
		`when: span.name =="`:                      {Conditions: []string{"span.name =="}},
		`set::tenant_id`:                           {Rules: []Rule{{Set: map[string]string{"tenant_id": "span.attributes["}}}},
	} {
		_, err := Compile(c, componenttest.NewNopTelemetrySettings())
		assert.ErrorContains(t, err, want)
	}
}
