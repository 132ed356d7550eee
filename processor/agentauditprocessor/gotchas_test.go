package agentauditprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agentaudit/agentaudit/internal/event"
)

// One test for each point of the checklist of what agents' telemetry gets wrong.

const question = `[{"role":"user","parts":[{"type":"text","content":"hello there"}]}]`

func chat(more attrs) aSpan {
	s := aSpan{name: "chat gpt-4o", id: "chat", from: 10, to: 20, attrs: attrs{"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}}
	for k, v := range more {
		s.attrs[k] = v
	}
	return s
}

func tool(name, callID string, more attrs) aSpan {
	s := aSpan{name: "execute_tool " + name, id: name + callID, from: 30, to: 40, attrs: attrs{"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}}
	if callID != "" {
		s.attrs["gen_ai.tool.call.id"] = callID
	}
	for k, v := range more {
		s.attrs[k] = v
	}
	return s
}

func agentRun(name, id, parent string, more attrs) aSpan {
	s := aSpan{name: "invoke_agent " + name, id: id, parent: parent, from: 0, to: 100, attrs: attrs{"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name}}
	for k, v := range more {
		s.attrs[k] = v
	}
	return s
}

// under puts a span below another one.
func under(parent string, s aSpan) aSpan {
	s.parent = parent
	return s
}

func TestGotcha01JSONStringsAndStructured(t *testing.T) {
	structured := []any{map[string]any{"role": "user", "parts": []any{map[string]any{"type": "text", "content": "hello there"}}}}
	for name, value := range map[string]any{"string": question, "structured": structured, "bytes": []byte(question)} {
		t.Run(name, func(t *testing.T) {
			e := tellSpans(t, chat(attrs{"gen_ai.input.messages": value})).one(t, event.LLMResponse)
			assert.JSONEq(t, question, e.Input.String())
		})
	}
	t.Run("double-encoded arguments", func(t *testing.T) {
		plain := tellSpans(t, tool("pay", "c", attrs{"gen_ai.tool.call.arguments": `{"order": 7}`})).one(t, event.ToolCall)
		given := tellSpans(t, tool("pay", "c", attrs{"gen_ai.tool.call.arguments": map[string]any{"order": 7}})).one(t, event.ToolCall)
		assert.Equal(t, plain.Params, given.Params)
		assert.Equal(t, plain.ActionHash, given.ActionHash, "the same call has the same hash however it was spelt")
	})
	t.Run("truncated", func(t *testing.T) {
		e := tellSpans(t, chat(attrs{"gen_ai.input.messages": question[:40] + "...[TRUNCATED"})).one(t, event.LLMResponse)
		assert.Contains(t, e.Input.String(), `user`)
		assert.Contains(t, e.Truncated.String(), "/input")
	})
}

func TestGotcha02TokenCountsAreNoSecrets(t *testing.T) {
	events := tellSpans(t, chat(attrs{
		"gen_ai.usage.input_tokens": 12, "gen_ai.request.max_tokens": 4096, "gen_ai.token.type": "input",
		"gen_ai.budget_tokens": 5, "gen_ai.time_per_output_token": 0.5, "gen_ai.prompt.name": "greeting",
		"gen_ai.headers": `{"Authorization":"Bearer sk-very-secret-value-0123456789"}`,
	}))
	rest := events.one(t, event.LLMResponse).Attributes.String()
	for _, kept := range []string{`"gen_ai.request.max_tokens":4096`, `"gen_ai.budget_tokens":5`, `"gen_ai.time_per_output_token":0.5`, `"gen_ai.prompt.name":"greeting"`} {
		assert.Contains(t, rest, kept)
	}
	assert.NotContains(t, rest, "sk-very-secret-value")
	assert.EqualValues(t, 12, events.one(t, event.TokenUsage).Tokens.Input.Value)
}

func TestGotcha03AgentTotalsAreNotAddedToTheirCalls(t *testing.T) {
	usage := attrs{"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10}
	events := tellSpans(t, under("run", chat(usage)), agentRun("a", "run", "", usage))
	assert.EqualValues(t, 100, events.one(t, event.TokenUsage).Tokens.Input.Value)
	assert.EqualValues(t, 100, events.one(t, event.FinalOutput).Tokens.Input.Value, "the total is kept where nobody adds it")

	alone := tellSpans(t, agentRun("a", "run", "", usage))
	assert.Empty(t, alone.of(event.TokenUsage), "its calls may be in another request")
	assert.EqualValues(t, 100, alone.one(t, event.FinalOutput).Tokens.Input.Value)
}

func TestGotcha04SameModelCallTwice(t *testing.T) {
	outer := chat(attrs{"gen_ai.input.messages": question})
	inner := under("chat", chat(attrs{"gen_ai.response.model": "gpt-4o-2024-08-06", "gen_ai.response.id": "r1", "gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 1}))
	inner.id = "sdk"
	t.Run("parent and child", func(t *testing.T) {
		events := tellSpans(t, inner, outer)
		e := events.one(t, event.LLMResponse)
		assert.Equal(t, "r1", e.ResponseID)
		assert.JSONEq(t, question, e.Input.String())
		assert.EqualValues(t, 7, events.one(t, event.TokenUsage).Tokens.Input.Value)
	})
	t.Run("siblings with one response", func(t *testing.T) {
		a, b := chat(attrs{"gen_ai.response.id": "r1", "gen_ai.usage.input_tokens": 7}), chat(attrs{"gen_ai.response.id": "r1", "gen_ai.usage.input_tokens": 7})
		b.id = "other"
		tellSpans(t, a, b).one(t, event.TokenUsage)
	})
	t.Run("two log records", func(t *testing.T) {
		details := aRecord{name: "gen_ai.client.inference.operation.details", scope: "gemini-cli", at: 2, attrs: attrs{
			"gen_ai.operation.name": "chat", "session.id": "s", "gen_ai.request.model": "g", "gen_ai.response.id": "r", "gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 1,
		}}
		response := aRecord{name: "gemini_cli.api_response", scope: "gemini-cli", at: 1, attrs: attrs{
			"session.id": "s", "model": "g", "input_token_count": 7, "output_token_count": 1, "cached_content_token_count": 3,
		}}
		e := tellLogs(t, response, details).one(t, event.TokenUsage)
		assert.EqualValues(t, 3, e.Tokens.CacheRead.Value)
		assert.Equal(t, "r", e.ResponseID)
	})
	t.Run("two calls are two", func(t *testing.T) {
		first, second := under("chat", chat(attrs{"gen_ai.response.id": "r1"})), under("chat", chat(attrs{"gen_ai.response.id": "r2"}))
		first.id, second.id = "first", "second"
		assert.Len(t, tellSpans(t, first, second, outer).of(event.LLMResponse), 2)
	})
}

func TestGotcha05SameToolCallTwice(t *testing.T) {
	client := under("payc", aSpan{name: "tools/call pay", id: "client", from: 31, to: 39, attrs: attrs{"mcp.method.name": "tools/call", "gen_ai.tool.name": "pay"}})
	server := under("client", aSpan{name: "tools/call pay", id: "server", from: 32, to: 38, attrs: attrs{"mcp.method.name": "tools/call", "gen_ai.tool.name": "pay", "server.address": "bank"}})
	events := tellSpans(t, server, client, tool("pay", "c", nil))
	e := events.one(t, event.ToolCall)
	assert.Equal(t, "c", e.Tool.CallID)
	events.one(t, event.ToolResult)

	again := tool("pay", "c", nil)
	again.id = "again"
	tellSpans(t, tool("pay", "c", nil), again).one(t, event.ToolResult)

	later := again
	later.from, later.to = 60, 70
	assert.Len(t, tellSpans(t, tool("pay", "c", nil), later).of(event.ToolCall), 2, "a second try is a call of its own")
}

func TestGotcha06WhetherInputCountsTheCache(t *testing.T) {
	otel := tellSpans(t, chat(attrs{"gen_ai.usage.input_tokens": 100, "gen_ai.usage.cache_read.input_tokens": 60})).one(t, event.TokenUsage)
	assert.Equal(t, event.BoolOf(true), otel.Tokens.InputIncludesCache)
	claude := tellLogs(t, aRecord{body: "claude_code.api_request", attrs: attrs{
		"event.name": "api_request", "session.id": "s", "model": "claude-sonnet-4-5", "input_tokens": "40", "output_tokens": "1", "cache_read_tokens": "60",
	}}).one(t, event.TokenUsage)
	assert.Equal(t, event.BoolOf(false), claude.Tokens.InputIncludesCache)
	assert.EqualValues(t, 40, claude.Tokens.Input.Value, "as reported")
}

func TestGotcha07HistoriesAreCumulative(t *testing.T) {
	history := `[{"role":"user","parts":[{"type":"text","content":"first question"}]},` +
		`{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"pay","arguments":{}}]},` +
		`{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":{"denied":true,"reason":"no"}}]}`
	answered := history + `,{"role":"assistant","parts":[{"type":"text","content":"first answer"}]},{"role":"user","parts":[{"type":"text","content":"second question"}]}]`
	turn := func(messages string) told {
		s := chat(attrs{"gen_ai.input.messages": messages})
		s.scope = "gen_ai" // of the AI SDK
		return tellSpans(t, s)
	}
	first := turn(history + "]")
	assert.Equal(t, "c1", first.one(t, event.PermissionDenied).Tool.CallID)
	second := turn(answered)
	assert.Empty(t, second.of(event.PermissionDenied), "told in its own turn")
	e := second.one(t, event.LLMResponse)
	assert.JSONEq(t, `[{"role":"user","parts":[{"type":"text","content":"second question"}]}]`, e.Input.String())
	assert.NotEmpty(t, e.InputHistoryHash)
}
