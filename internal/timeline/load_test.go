package timeline

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
)

// story is a scenario with every kind of step, on one session.
func story() []event.Event {
	s := generate.NewScenario(monday)
	pay := generate.Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90,"why":"ä\"<>"}`, Operation: event.Write, Resource: "db:refunds"}
	s.Session("s-1", "alice", "triage").
		Turn("I want my money back").
		Model(generate.Model{Input: "I want", In: 310, Out: 40, CostUSD: 0.002, Reasoning: "they want money"}).
		Decide("refund", "30 days", 0.9).Guard("injection", "passed", "input", "").ChangeMode("plan", "by hand").
		Handoff("refunds", `{"order":"ORD-1"}`).
		Call(generate.Call{Tool: "get_order", Args: `{"id":"ORD-1"}`, Operation: event.Read, Resource: "db:orders", Result: `{"ok":true}`, Server: "shop"}).
		Ask(pay).After(40*time.Second).Approve(pay, "bob").Call(pay.Approved("bob")).
		Call(generate.Call{Tool: "shell", Args: "ls", Error: "no such file", ErrorType: "ShellError"}).
		Deny(generate.Call{Tool: "drop_table", CallID: "call-2"}, "no-ddl", "never").
		Return("refunded").Answer("done").Feedback("helpfulness", 1, "quick").
		Turn("thanks").Model(generate.Model{In: 5, Out: 6, CostUSD: 0.001}).Answer("welcome").End()
	s.Session("s-2", "carol", "desk").Turn("hi").Model(generate.Model{In: 1, Out: 1}).Answer("hello")
	return s.Events()
}

// TestLoad brings the same timeline out of a bucket as is made of the events themselves.
func TestLoad(t *testing.T) {
	t.Parallel()
	if !lake.HasEngine {
		t.Skip("no engine without cgo")
	}
	store, events := generate.NewMemory(), story()
	_, err := generate.WriteEvents(t.Context(), store, events, "one", "two")
	require.NoError(t, err)
	l, err := lake.Open(t.Context(), store, lake.Options{Dir: t.TempDir(), Now: monday.AddDate(0, 0, 1)})
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	view, err := l.View(t.Context(), lake.Filter{Sessions: []string{"s-1"}})
	require.NoError(t, err)
	defer func() { require.NoError(t, view.Close()) }()
	got, err := Load(t.Context(), view)
	require.NoError(t, err)

	var mine []Event
	for i := range events {
		if events[i].SessionID == "s-1" {
			mine = append(mine, FromEvent(&events[i]))
		}
	}
	want := Build(mine)
	require.Len(t, got.Events, len(want.Events))
	byID := map[string]Event{}
	for _, e := range got.Events {
		require.NotEmpty(t, e.Writer)
		require.Positive(t, e.Seq)
		e.Writer, e.Seq, e.Step = "", 0, 0
		byID[e.ID] = e
	}
	for _, e := range want.Events {
		e.Step = 0
		found := byID[e.ID]
		assert.True(t, e.At.Equal(found.At))
		e.At, found.At = time.Time{}, time.Time{}
		assert.Equal(t, e, found)
	}
	assert.Equal(t, tree(want), tree(got))
}

// TestSummaryAgainstCount compares with the obvious way to count.
func TestSummaryAgainstCount(t *testing.T) {
	t.Parallel()
	events := story()
	list := make([]Event, len(events))
	var tokens int64
	var cost float64
	var calls, handoffs, denied, approved, failed int
	var traces, agents []string
	for i := range events {
		e := &events[i]
		list[i] = FromEvent(e)
		switch e.Type {
		case event.TokenUsage:
			tokens += e.Tokens.Total.Value
			cost += e.CostUSD.Value
		case event.ToolCall:
			calls++
		case event.Handoff:
			handoffs++
		case event.PermissionDenied:
			denied++
		case event.Error:
			failed++
		case event.HumanIntervention:
			approved++
		default:
		}
		if id := e.TraceID.String(); !slices.Contains(traces, id) {
			traces = append(traces, id)
		}
		if !slices.Contains(agents, e.AgentName) {
			agents = append(agents, e.AgentName)
		}
	}
	tl := Build(list)
	sum := tl.Summary()
	assert.Equal(t, len(events), sum.Events)
	assert.Equal(t, tokens, sum.Tokens)
	assert.InDelta(t, cost, sum.CostUSD, 1e-12)
	assert.Equal(t, calls, sum.ToolCalls)
	assert.Equal(t, handoffs, sum.Handoffs)
	assert.Equal(t, denied, sum.Denied)
	assert.Equal(t, failed, sum.Failed)
	assert.Equal(t, approved, sum.Approved)
	assert.ElementsMatch(t, traces, sum.Traces)
	assert.ElementsMatch(t, agents, sum.Agents)
	running, spent := tl.Running()
	assert.Equal(t, tokens, running[len(running)-1])
	assert.InDelta(t, cost, spent[len(spent)-1], 1e-12)
}
