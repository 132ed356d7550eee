package dialect

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/agentaudit/agentaudit/internal/event"
)

func TestTheTablesFitTheirTypes(t *testing.T) {
	require.LessOrEqual(t, len(Dialects), 64, "a Set has a bit for each")
	require.Less(t, len(Dialects)*keysPerDialect, derived, "ranks come before that of derived values")
	names := map[string]bool{}
	for _, d := range Dialects {
		assert.LessOrEqual(t, len(d.Keys)+len(d.Indexed), keysPerDialect, d.Name)
		assert.False(t, names[d.Name], "two dialects are named %s", d.Name)
		names[d.Name] = true
		seen := map[Key]bool{}
		for _, k := range d.Keys {
			assert.False(t, seen[k], "%s has %v twice", d.Name, k)
			seen[k] = true
		}
		for word := range d.Operations {
			assert.NotRegexp(t, "[A-Z]", word, "operations are looked up in lower case")
		}
	}
	require.Less(t, int(numFields), math.MaxUint8)
}

func TestKeysThatAreWronglyTypedStayAttributes(t *testing.T) {
	f := readSpan(map[string]any{
		"gen_ai.operation.name":      "chat",
		"gen_ai.usage.input_tokens":  "many",
		"gen_ai.usage.output_tokens": []any{int64(1)},
		"gen_ai.response.id":         map[string]any{"a": int64(1)},
	})
	assert.Equal(t, ModelCall, f.Op)
	assert.False(t, f.Has(InputTokens))
	assert.False(t, f.Has(OutputTokens))
	assert.False(t, f.Has(ResponseID))
	for _, key := range []string{"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.response.id"} {
		_, kept := f.rest(key)
		assert.True(t, kept, key)
	}
}

func TestAgentLookingSpansOfNoDialectAreUnknown(t *testing.T) {
	f := readSpan(map[string]any{"agent.name": "clerk", "agent.mood": "fine"})
	assert.Equal(t, "unknown", f.Dialects.String())
	assert.Equal(t, Unknown, f.Op)
	assert.Equal(t, "clerk", f.Text(AgentName))
	assert.Equal(t, "fine", f.restText("agent.mood"))

	f = readSpan(map[string]any{"agent.name": "clerk", "openinference.span.kind": "AGENT"})
	assert.Equal(t, "openinference", f.Dialects.String(), "a guess does not count beside a mark")
}

func TestTwoDialectsGiveEachFactOnce(t *testing.T) {
	f := readSpan(map[string]any{
		"openinference.span.kind": "LLM", "llm.model_name": "gpt", "llm.token_count.prompt": int64(10),
		"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt", "gen_ai.usage.input_tokens": int64(10),
		"gen_ai.response.id": "r-1",
	})
	assert.Equal(t, "openinference,otel_genai", f.Dialects.String())
	assert.Equal(t, ModelCall, f.Op)
	assert.Equal(t, event.IntOf(10), f.Int(InputTokens))
	assert.Equal(t, "r-1", f.Text(ResponseID))
	assert.Empty(t, f.Rest, "both said the same")
}

// Gotcha 9: the name of an event lives in three places.
func TestGotcha9EventNames(t *testing.T) {
	named := func(set func(plog.LogRecord)) string {
		r := plog.NewLogRecord()
		set(r)
		return EventName(r)
	}
	assert.Equal(t, "a.b", named(func(r plog.LogRecord) { r.SetEventName("a.b") }))
	assert.Equal(t, "a.b", named(func(r plog.LogRecord) { r.Attributes().PutStr("event.name", "a.b"); r.SetEventName("source.rs:1") }))
	assert.Equal(t, "a.b", named(func(r plog.LogRecord) { r.Body().SetStr("a.b") }))
	assert.Empty(t, named(func(r plog.LogRecord) { r.Body().SetStr("a sentence") }))
}

// Gotcha 10: booleans and numbers arrive as strings, reasons as strings and lists, enums in any case.
func TestGotcha10StringsForEverything(t *testing.T) {
	f := readSpan(map[string]any{
		"openinference.span.kind": "llm", "llm.token_count.prompt": "214", "llm.cost.total": "0.5",
		"llm.finish_reason": "stop",
	})
	assert.Equal(t, ModelCall, f.Op)
	assert.Equal(t, event.IntOf(214), f.Int(InputTokens))
	assert.Equal(t, event.FloatOf(0.5), f.Float(CostUSD))
	for _, reasons := range []any{"stop", []any{"stop"}, `["stop"]`} {
		f = readSpan(map[string]any{"gen_ai.operation.name": "CHAT", "gen_ai.response.finish_reasons": reasons})
		assert.Equal(t, ModelCall, f.Op)
		assert.Equal(t, "stop", f.Text(FinishReason))
	}
}

// Gotcha 15: providers have many names.
func TestGotcha15Providers(t *testing.T) {
	for from, to := range map[string]string{"vertexai": "gcp.vertex_ai", "mistralai": "mistral_ai", "AWS Bedrock": "aws.bedrock", "openai": "openai", "xai": "x_ai"} {
		f := readSpan(map[string]any{"openinference.span.kind": "LLM", "llm.provider": from})
		assert.Equal(t, to, f.Text(Provider))
	}
}

// Gotchas 17 and 22: placeholders and empty texts are no values.
func TestGotcha17And22NoValue(t *testing.T) {
	for _, void := range []any{"", "<REDACTED>", "[REDACTED]", "__REDACTED__", "<not specified>", "{}", "N/A", "unknown", []any{}, map[string]any{}} {
		f := readSpan(map[string]any{"openinference.span.kind": "TOOL", "tool.name": "pay", "input.value": void, "session.id": "s"})
		assert.False(t, f.Has(ToolArguments), "%v", void)
		assert.Empty(t, f.Rest, "%v", void)
	}
}

// Gotcha 20: spans of HTTP and databases have no marks of an agent.
func TestGotcha20OtherSpansAreLeftAlone(t *testing.T) {
	assert.True(t, RecogniseSpan(httpSpan(), 0).Empty())
}
