package agentauditprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agentaudit/agentaudit/internal/event"
)

func TestGotcha08ProposalsAreNotExecutions(t *testing.T) {
	events := tellSpans(t, chat(attrs{"gen_ai.output.messages": `[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"pay","arguments":{}}]}]`}))
	assert.Empty(t, events.of(event.ToolCall))
	assert.Contains(t, events.one(t, event.LLMResponse).Output.String(), "tool_call")
}

func TestGotcha09EventNamesLiveInThreePlaces(t *testing.T) {
	decision := func(more attrs) attrs {
		a := attrs{"session.id": "s", "tool_name": "Bash", "tool_use_id": "c", "decision": "reject", "source": "user_reject"}
		for k, v := range more {
			a[k] = v
		}
		return a
	}
	for place, record := range map[string]aRecord{
		"the record's event name":         {name: "claude_code.tool_decision", attrs: decision(nil)},
		"the attribute":                   {attrs: decision(attrs{"event.name": "claude_code.tool_decision"})},
		"the body":                        {body: "claude_code.tool_decision", attrs: decision(nil)},
		"the attribute, without a prefix": {body: "claude_code.tool_decision", attrs: decision(attrs{"event.name": "tool_decision"})},
	} {
		t.Run(place, func(t *testing.T) {
			e := tellLogs(t, record).one(t, event.HumanIntervention)
			assert.Equal(t, event.ApprovalRejected, e.Approval.Status)
			assert.Equal(t, "claude_code", e.Convention)
		})
	}
	source := aRecord{name: "event otel/src/events/session_telemetry.rs:1225", attrs: attrs{
		"event.name": "codex.tool_decision", "conversation.id": "s", "call_id": "c", "decision": "denied", "source": "Config",
	}}
	assert.Equal(t, event.ActorPolicy, tellLogs(t, source).one(t, event.PermissionDenied).Approval.ActorClass)
}

func TestGotcha10TypesAsStrings(t *testing.T) {
	result := func(success any) told {
		return tellLogs(t, aRecord{body: "claude_code.tool_result", attrs: attrs{
			"session.id": "s", "tool_name": "Bash", "tool_use_id": "c", "success": success, "duration_ms": "214",
		}})
	}
	for _, worked := range []any{true, "true", "True"} {
		e := result(worked).one(t, event.ToolResult)
		assert.Equal(t, event.OutcomeSuccess, e.Outcome)
		assert.InDelta(t, 214, e.DurationMS.Value, 0)
	}
	for _, failed := range []any{false, "false", "FALSE"} {
		assert.Equal(t, event.OutcomeError, result(failed).one(t, event.ToolResult).Outcome)
	}
	for _, reason := range []any{"stop", []any{"stop"}, `["stop"]`} {
		assert.Equal(t, "stop", tellSpans(t, chat(attrs{"gen_ai.response.finish_reasons": reason})).one(t, event.LLMResponse).FinishReason)
	}
	for _, source := range []string{"User", "user"} {
		events := tellLogs(t, aRecord{attrs: attrs{"event.name": "codex.tool_decision", "call_id": "c", "decision": "approved", "source": source}})
		assert.Equal(t, event.ActorHuman, events.one(t, event.HumanIntervention).Approval.ActorClass)
	}
	assert.EqualValues(t, 12, tellSpans(t, chat(attrs{"gen_ai.usage.input_tokens": "12"})).one(t, event.TokenUsage).Tokens.Input.Value)
	llm := aSpan{name: "call", id: "x", to: 5, attrs: attrs{"openinference.span.kind": "llm", "llm.model_name": "gpt-4o"}}
	assert.Equal(t, "gpt-4o", tellSpans(t, llm).one(t, event.LLMResponse).Model)
}

func TestGotcha11ControlFlowIsNoError(t *testing.T) {
	for name, c := range map[string]struct {
		span    aSpan
		tells   event.Type
		outcome string
	}{
		"LangGraph interrupt": {tool("ask", "c", attrs{"error.type": "GraphInterrupt"}), event.PermissionCheck, event.OutcomePending},
		"LangGraph interrupt, in the text": {
			aSpan{name: "graph", id: "g", to: 9, failed: "GraphInterrupt: [...]", attrs: attrs{"openinference.span.kind": "CHAIN"}}, event.PermissionCheck, event.OutcomePending,
		},
		"Command":                    {tool("jump", "c", attrs{"error.type": "ParentCommand"}), event.ToolResult, event.OutcomeSuccess},
		"approval required":          {tool("pay", "c", attrs{"error.type": "ApprovalRequired"}), event.PermissionCheck, event.OutcomePending},
		"Strands interrupt":          {agentRun("a", "r", "", nil), event.PermissionCheck, event.OutcomePending},
		"rejection of OpenAI Agents": {tool("pay", "c", nil), event.HumanIntervention, event.OutcomeDenied},
		"guardrail tripwire":         {agentRun("a", "r", "", nil), event.Security, event.OutcomeDenied},
	} {
		t.Run(name, func(t *testing.T) {
			switch name {
			case "Strands interrupt":
				c.span.failed = "Interrupt raised: approve_payment"
			case "rejection of OpenAI Agents":
				c.span.failed = "Tool execution for call_1 was manually rejected by user."
			case "guardrail tripwire":
				c.span.failed = "Guardrail tripwire triggered"
			}
			if c.outcome != event.OutcomeSuccess && c.span.failed == "" {
				c.span.failed = "interrupted"
			}
			events := tellSpans(t, c.span)
			assert.Empty(t, events.of(event.Error))
			assert.Equal(t, c.outcome, events.one(t, c.tells).Outcome)
			if c.outcome != event.OutcomeSuccess {
				assert.Empty(t, events.of(event.ToolResult), "it did not run")
			}
		})
	}
	worse := tool("pay", "c", nil)
	worse.failed = "gateway down"
	tellSpans(t, worse).one(t, event.Error)
}

func TestGotcha12OrderAndPartialBatches(t *testing.T) {
	run := agentRun("a", "run", "", attrs{"gen_ai.conversation.id": "s"})
	call := under("run", tool("pay", "c", nil))
	for name, spans := range map[string][]aSpan{"children first": {call, run}, "parents first": {run, call}} {
		t.Run(name, func(t *testing.T) {
			e := tellSpans(t, spans...).one(t, event.ToolCall)
			assert.Equal(t, "s", e.SessionID)
			assert.Equal(t, "a", e.AgentName)
			assert.NotEmpty(t, e.ParentEventID)
		})
	}
	alone := tellSpans(t, call)
	assert.Equal(t, spanID("run"), alone.one(t, event.ToolCall).ParentSpanID, "a reader joins what the batch did not")

	decided := aRecord{body: "claude_code.tool_decision", at: 2, attrs: attrs{"session.id": "s", "tool_name": "Edit", "tool_use_id": "c", "decision": "accept", "source": "user_temporary"}}
	result := aRecord{body: "claude_code.tool_result", at: 1, attrs: attrs{"session.id": "s", "tool_name": "Edit", "tool_use_id": "c", "success": "true", "tool_input": `{"file_path":"/a"}`}}
	for _, order := range [][]aRecord{{decided, result}, {result, decided}} {
		events := tellLogs(t, order...)
		e := events.one(t, event.HumanIntervention)
		assert.Equal(t, events.one(t, event.ToolCall).ActionHash, e.Approval.ActionHash, "the approval says of which exact call")
	}
	noise := aSpan{name: "ai.streamText.doStream", id: "x", to: 9, scope: "ai", attrs: attrs{"ai.operationId": "ai.streamText.doStream", "ai.model.id": "m"},
		events: []aSpanEvent{{"ai.stream.firstChunk", attrs{"ai.response.msToFirstChunk": 3}}, {"ai.stream.finish", nil}}}
	tellSpans(t, noise).one(t, event.LLMResponse)
}
