//go:build clients

package clients

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
)

// expectation is something that must be told, and how often.
type expectation struct {
	what  string
	times int
	is    func(*event.Event) bool
}

// of says that an event is of a type and does something.
func of(kind event.Type, action string) func(*event.Event) bool {
	return func(e *event.Event) bool { return e.Type == kind && (action == "" || e.Action == action) }
}

// and narrows an expectation.
func and(all ...func(*event.Event) bool) func(*event.Event) bool {
	return func(e *event.Event) bool {
		for _, is := range all {
			if !is(e) {
				return false
			}
		}
		return true
	}
}

func ended(outcome string) func(*event.Event) bool {
	return func(e *event.Event) bool { return e.Outcome == outcome }
}

func by(agent string) func(*event.Event) bool {
	return func(e *event.Event) bool { return e.AgentName == agent }
}

func on(call string) func(*event.Event) bool {
	return func(e *event.Event) bool { return e.Tool.CallID == call }
}

func decided(status, actor string) func(*event.Event) bool {
	return func(e *event.Event) bool { return e.Approval.Status == status && e.Approval.ActorClass == actor }
}

func passed(from, to string) func(*event.Event) bool {
	return func(e *event.Event) bool { return e.Handoff.From == from && e.Handoff.To == to }
}

func TestVercelAI(t *testing.T) {
	events := runClient(t, "vercel-ai")
	check(t, events, []expectation{
		{"model calls", 11, of(event.LLMResponse, "llm_call:gpt-fake")},
		{"their usage", 11, and(of(event.TokenUsage, ""), func(e *event.Event) bool { return e.Tokens.Input.Value == 100 && e.Tokens.Output.Value == 20 })},
		{"a tool that works", 1, and(of(event.ToolResult, "tool_result:get_weather"), ended(event.OutcomeSuccess), by("weather-agent"), on("call_weather"))},
		{"a tool that fails", 1, and(of(event.ToolResult, "tool_result:pay"), ended(event.OutcomeError), on("call_pay"))},
		{"its error, once", 1, and(of(event.Error, ""), func(e *event.Event) bool { return e.Error == "payment gateway timeout" })},
		{"a person's yes", 1, and(of(event.HumanIntervention, "approve:delete_file"), decided(event.ApprovalApproved, event.ActorHuman), on("call_delete_approved"))},
		{"what it allowed", 1, and(of(event.ToolResult, "tool_result:delete_file"), ended(event.OutcomeSuccess))},
		{"a person's no", 1, and(of(event.HumanIntervention, "reject:delete_file"), decided(event.ApprovalRejected, event.ActorHuman), on("call_delete_denied"))},
		{"a policy's no", 1, and(of(event.PermissionDenied, ""), decided(event.ApprovalRejected, event.ActorPolicy), on("call_delete_forbidden"))},
		{"all that was refused", 2, of(event.PermissionDenied, "tool_call:delete_file")},
		{"an agent that asks another", 1, and(of(event.Handoff, ""), passed("desk-agent", "billing-agent"))},
	})
	for _, e := range events {
		assert.Equal(t, "user-42", e.UserID, "%s %s", e.Type, e.Action)
		assert.NotEmpty(t, e.SessionID, "%s %s", e.Type, e.Action)
		assert.NotEmpty(t, e.AgentName, "%s %s", e.Type, e.Action)
	}
}

func TestOpenAIAgents(t *testing.T) {
	check(t, runClient(t, "openai-agents"), []expectation{
		{"model calls", 9, of(event.LLMResponse, "llm_call:gpt-fake")},
		{"their usage", 9, and(of(event.TokenUsage, ""), func(e *event.Event) bool { return e.Tokens.Input.Value == 100 })},
		{"a tool that works", 1, and(of(event.ToolResult, "tool_result:get_weather"), ended(event.OutcomeSuccess), by("weather_agent"))},
		{"a tool that fails", 1, and(of(event.ToolResult, "tool_result:pay"), ended(event.OutcomeError))},
		{"its error, once", 1, of(event.Error, "tool_call:pay")},
		{"a person's no", 1, and(of(event.HumanIntervention, "reject:delete_file"), decided(event.ApprovalRejected, event.ActorHuman))},
		{"what that refused", 1, of(event.PermissionDenied, "tool_call:delete_file")},
		{"what a yes allowed", 1, and(of(event.ToolResult, "tool_result:delete_file"), ended(event.OutcomeSuccess))},
		{"a handoff, once", 1, and(of(event.Handoff, ""), passed("triage_agent", "billing_agent"))},
		{"a guardrail that trips", 1, and(of(event.Security, "guardrail:no_secrets"), ended(event.OutcomeDenied))},
	})
}

func TestLangGraph(t *testing.T) {
	events := runClient(t, "langgraph")
	check(t, events, []expectation{
		{"model calls", 8, of(event.LLMResponse, "llm_call:gpt-fake")},
		{"their usage", 8, and(of(event.TokenUsage, ""), func(e *event.Event) bool { return e.Tokens.Input.Value == 100 })},
		{"a tool that works", 1, and(of(event.ToolResult, "tool_result:get_weather"), ended(event.OutcomeSuccess), by("weather_agent"))},
		{"a tool that fails", 1, and(of(event.ToolResult, "tool_result:pay"), ended(event.OutcomeError))},
		{"its error, and none for an interrupt", 1, of(event.Error, "")},
		{"questions to a person", 2, and(of(event.PermissionCheck, "ask_approval:delete_file"), ended(event.OutcomePending))},
		{"a person's yes", 1, and(of(event.HumanIntervention, "approve:delete_file"), decided(event.ApprovalApproved, event.ActorHuman))},
		{"a person's no", 1, and(of(event.HumanIntervention, "reject:delete_file"), decided(event.ApprovalRejected, event.ActorHuman))},
		{"what that refused", 1, of(event.PermissionDenied, "tool_call:delete_file")},
		{"what the yes allowed", 1, and(of(event.ToolResult, "tool_result:delete_file"), ended(event.OutcomeSuccess))},
		{"a command that hands over", 1, and(of(event.Handoff, ""), passed("triage", "billing"))},
	})
	for _, e := range events {
		assert.True(t, strings.HasPrefix(e.SessionID, "session-"), "%s %s", e.Type, e.Action)
	}
}

func TestAnthropic(t *testing.T) {
	check(t, runClient(t, "anthropic"), []expectation{
		{"model calls", 3, of(event.LLMResponse, "llm_call:claude-fake")},
		{"their usage", 2, and(of(event.TokenUsage, ""), func(e *event.Event) bool { return e.Tokens.Input.Value == 100 && e.Tokens.CacheRead.Value == 10 })},
		{"a tool that works", 1, and(of(event.ToolResult, "tool_result:get_weather"), ended(event.OutcomeSuccess), on("toolu_weather"))},
		{"a tool that fails", 1, and(of(event.ToolResult, "tool_result:pay"), ended(event.OutcomeError), on("toolu_pay"))},
		{"its error, once", 1, of(event.Error, "")},
		{"a call that the provider refuses", 1, and(of(event.PermissionDenied, "llm_call:claude-fake"), ended(event.OutcomeDenied))},
	})
}

// check counts what is told.
func check(t *testing.T, events []event.Event, expectations []expectation) {
	t.Helper()
	for _, x := range expectations {
		n := 0
		for i := range events {
			if x.is(&events[i]) {
				n++
			}
		}
		assert.Equal(t, x.times, n, x.what)
	}
	for i := range events {
		line := string(events[i].AppendJSON(nil))
		assert.NotContains(t, line, "alice@example.com", "personal data got into the bucket")
	}
	if t.Failed() {
		for i := range events {
			t.Logf("%s %s %s", events[i].Type, events[i].Action, events[i].Outcome)
		}
	}
}

// runClient runs a client against a collector of its own and returns what is in the bucket after both ended.
func runClient(t *testing.T, name string) []event.Event {
	t.Helper()
	t.Parallel()
	require.DirExists(t, "../../testdata/clients/node_modules", "run `npm ci` in testdata/clients")
	c := startCollector(t)
	ctx, cancel := context.WithTimeout(t.Context(), clientTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", name+".mjs")
	cmd.Dir = "../../testdata/clients"
	cmd.Env = append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+c.address)
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
	c.stop()
	return c.events()
}
