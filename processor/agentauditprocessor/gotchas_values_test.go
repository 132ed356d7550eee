package agentauditprocessor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	otelpipeline "go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/processor/agentauditprocessor/internal/metadata"
)

func TestGotcha13TraceGaps(t *testing.T) {
	feedback := aSpan{name: "feedback", id: "f", trace: "later", to: 1, links: []string{"chat"}, attrs: attrs{
		"openinference.span.kind": "EVALUATOR", "annotations.0.annotation.name": "helpful", "annotations.0.annotation.score": 1.0, "annotations.0.annotation.annotator_kind": "HUMAN",
	}}
	e := tellSpans(t, feedback).of(event.UserFeedback)
	require.NotEmpty(t, e)
	assert.Contains(t, e[0].Links.String(), spanID("chat").String())
	assert.Equal(t, spanID("chat").String(), e[0].Feedback.TargetID)

	paused := agentRun("a", "r1", "", attrs{"gen_ai.conversation.id": "thread-1"})
	paused.trace, paused.failed = "first", "Interrupt raised: ask"
	resumed := agentRun("a", "r2", "", attrs{"gen_ai.conversation.id": "thread-1"})
	resumed.trace = "second"
	events := tellSpans(t, paused, under("r2", resumed))
	assert.Equal(t, events.one(t, event.PermissionCheck).SessionID, events.of(event.Invocation)[1].SessionID, "joined by the conversation")
}

func TestGotcha14Identity(t *testing.T) {
	child := under("run", chat(nil))
	child.trace = ""
	e := tellSpans(t, child, agentRun("a", "run", "", attrs{"gen_ai.conversation.id": "s", "user.id": "u"})).one(t, event.LLMResponse)
	assert.Equal(t, []string{"s", "u", "a"}, []string{e.SessionID, e.UserID, e.AgentName}, "inherited from the nearest ancestor")

	project := aSpan{name: "ChatOpenAI", id: "l", to: 3, attrs: attrs{
		"langsmith.span.kind": "llm", "langsmith.trace.session_id": "project-uuid", "langsmith.metadata.thread_id": "thread-1", "gen_ai.operation.name": "chat",
	}}
	assert.Equal(t, "thread-1", tellSpans(t, project).one(t, event.LLMResponse).SessionID, "LangSmith's session is a project")

	claude := aRecord{scope: "com.anthropic.claude_code.events", body: "claude_code.user_prompt", attrs: attrs{
		"event.name": "user_prompt", "session.id": "s", "user.id": "install-id", "user.email": "alice@corp.test",
	}}
	assert.NotEqual(t, "install-id", tellLogs(t, claude).one(t, event.Invocation).UserID, "Claude Code's user.id is an installation")
}

func TestGotcha15ProviderNames(t *testing.T) {
	for given, want := range map[string]string{
		"az.ai.openai": "azure.ai.openai", "xai": "x_ai", "AWS Bedrock": "aws.bedrock", "openai.responses": "openai", "gemini": "gcp.gemini", "anthropic": "anthropic",
	} {
		assert.Equal(t, want, tellSpans(t, chat(attrs{"gen_ai.system": given})).one(t, event.LLMResponse).Provider)
	}
}

func TestGotcha16IdentityOnTheResource(t *testing.T) {
	p := testPipeline(t, testConfig())
	events := decode(t, auditTraces(t, p, traces(t, attrs{"enduser.id": "alice", "service.name": "cli", "organization.id": "org"}, chat(nil))))
	e := events.one(t, event.LLMResponse)
	assert.Equal(t, []string{"alice", "org"}, []string{e.UserID, e.TenantID})
	events = decode(t, auditTraces(t, p, traces(t, attrs{"enduser.id": "alice"}, chat(attrs{"user.id": "bob"}))))
	assert.Equal(t, "bob", events.one(t, event.LLMResponse).UserID, "the span's own goes first")
}

func TestGotcha17LiteralsForNoValue(t *testing.T) {
	bare := tellSpans(t, tool("pay", "c", nil)).one(t, event.ToolCall)
	for _, literal := range []string{"<REDACTED>", "[REDACTED]", "__REDACTED__", "<not specified>", "<not serializable>", "{}", "N/A", ""} {
		events := tellSpans(t, tool("pay", "c", attrs{"gen_ai.tool.call.arguments": literal, "gen_ai.tool.call.result": literal}))
		e := events.one(t, event.ToolCall)
		assert.True(t, e.Params.IsZero(), literal)
		assert.Equal(t, bare.ActionHash, e.ActionHash, "never hashed as content: %q", literal)
		assert.True(t, events.one(t, event.ToolResult).Result.IsZero(), literal)
	}
	unknown := tellSpans(t, tool("pay", "unknown", nil)).one(t, event.ToolCall)
	assert.Empty(t, unknown.Tool.CallID)
	assert.Empty(t, tellSpans(t, chat(attrs{"gen_ai.system_instructions": "<REDACTED>"})).one(t, event.LLMResponse).SystemPromptHash)
}

func TestGotcha18DefinitionsAreHashed(t *testing.T) {
	definitions := `[{"type":"function","name":"pay","description":"` + strings.Repeat("long ", 1000) + `"}]`
	e := tellSpans(t, chat(attrs{"gen_ai.tool.definitions": definitions, "gen_ai.system_instructions": "be kind", "gen_ai.agent.description": "long"})).one(t, event.LLMResponse)
	assert.True(t, strings.HasPrefix(e.ToolDefinitionsHash, "sha256:"))
	assert.True(t, strings.HasPrefix(e.SystemPromptHash, "sha256:"))
	line := string(e.AppendJSON(nil))
	assert.NotContains(t, line, "long long")
	assert.Less(t, len(line), 2000)
}

func TestGotcha19OddAndHostileKeys(t *testing.T) {
	handoff := aSpan{name: "Triage → Billing.handoff", id: "h", to: 1, attrs: attrs{
		"traceloop.span.kind": "handoff", "gen_ai.handoff.from_agent": "Triage", "gen_ai.handoff.to_agent": "Billing",
	}}
	e := tellSpans(t, handoff).one(t, event.Handoff)
	assert.Equal(t, "Triage", e.Handoff.From)
	assert.Equal(t, "Billing", e.Handoff.To)

	genkit := aSpan{name: "pay", id: "g", to: 1, attrs: attrs{"genkit:type": "action", "genkit:metadata:subtype": "tool", "genkit:name": "pay", "genkit:input": `{"order":7}`}}
	assert.Equal(t, "pay", tellSpans(t, genkit).one(t, event.ToolCall).Tool.Name)

	hostile := attrs{"openinference.span.kind": "LLM", "llm.input_messages.__proto__.message.role": "user", "llm.input_messages.99999999999.message.role": "user"}
	for i := range 50_000 {
		hostile[fmt.Sprintf("llm.input_messages.%d.message.content", i)] = "x"
	}
	many := tellSpans(t, aSpan{name: "llm", id: "o", to: 1, attrs: hostile}).one(t, event.LLMResponse)
	assert.Contains(t, many.Truncated.String(), "/input")
	assert.NotContains(t, many.Input.String(), "__proto__")
}

func TestGotcha20SurroundingsOfAnAgentsWork(t *testing.T) {
	query := aSpan{name: "UPDATE orders", id: "q", kind: ptrace.SpanKindClient, from: 32, to: 33, attrs: attrs{
		"db.system.name": "postgresql", "db.namespace": "shop", "db.collection.name": "orders", "db.operation.name": "UPDATE",
	}}
	refused := aSpan{name: "GET", id: "h", kind: ptrace.SpanKindClient, from: 34, to: 35, attrs: attrs{"url.full": "https://bank.test/accounts", "http.response.status_code": 403}}
	fine := aSpan{name: "GET", id: "f", kind: ptrace.SpanKindClient, attrs: attrs{"url.full": "https://bank.test/", "http.response.status_code": 200}}
	between := under("payc", aSpan{name: "repository.save", id: "b"})
	events := tellSpans(t, under("b", query), under("payc", refused), under("payc", fine), between, tool("pay", "c", attrs{"gen_ai.agent.name": "cashier"}))
	e := events.one(t, event.DataModify)
	assert.Equal(t, "postgresql:shop.orders", e.Resource)
	assert.Equal(t, event.Write, e.Operation)
	assert.Equal(t, "cashier", e.AgentName)
	assert.NotEmpty(t, e.ParentEventID)
	assert.Equal(t, "https://bank.test/accounts", events.one(t, event.PermissionDenied).Resource)
	assert.Len(t, events, 4)

	assert.Empty(t, tellSpans(t, query, refused), "outside an agent's work they are no agent's")

	failed := tool("pay", "c", attrs{"error.type": "403"})
	events = tellSpans(t, under("payc", refused), failed)
	assert.Equal(t, "https://bank.test/accounts", events.one(t, event.PermissionDenied).Resource, "one refusal is told once")
}

func TestGotcha21MetricsAreAggregates(t *testing.T) {
	_, err := NewFactory().CreateMetrics(t.Context(), processortest.NewNopSettings(metadata.Type), createDefaultConfig(), nopConsumer)
	require.ErrorIs(t, err, otelpipeline.ErrSignalNotSupported)
}

func TestGotcha22EmptyStringsAndWireTypes(t *testing.T) {
	e := tellSpans(t, chat(attrs{"gen_ai.response.model": "", "gen_ai.response.id": "", "user.id": "", "gen_ai.usage.input_tokens": ""}))
	response := e.one(t, event.LLMResponse)
	assert.Equal(t, "gpt-4o", response.Model, "an empty attribute is no attribute")
	assert.Empty(t, response.UserID)
	assert.Empty(t, e.of(event.TokenUsage))

	ints := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"chat m",` +
		`"startTimeUnixNano":"1795226400000000000","endTimeUnixNano":"1795226401000000000","attributes":[` +
		`{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"42"}}]}]}]}]}`
	td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces([]byte(ints))
	require.NoError(t, err)
	usage := decode(t, auditTraces(t, testPipeline(t, testConfig()), td)).one(t, event.TokenUsage)
	assert.EqualValues(t, 42, usage.Tokens.Input.Value)

	ld := plog.NewLogs()
	record := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.SetEventName("gen_ai.user.message")
	record.SetTimestamp(timeAt(0))
	record.Body().SetEmptyBytes().FromRaw([]byte(`{"content":"hello there"}`))
	assert.Contains(t, decode(t, auditLogs(t, testPipeline(t, testConfig()), ld)).one(t, event.LLMResponse).Input.String(), "hello there")
}
