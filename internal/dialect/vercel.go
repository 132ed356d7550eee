package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// vercelAI is Vercel's AI SDK since version 7 (@ai-sdk/otel): OTel's names, to which it adds what the
// application chose to tell of its context. Users and sessions are told on the agent's span and on
// its steps only.
var vercelAI = Dialect{
	Name:   "vercel_ai",
	Scopes: []string{"gen_ai"},
	Keys: append(vercelIdentity("ai.settings.context."), []Key{
		{"ai.usage.outputTokenDetails.reasoningTokens", ReasoningTokens},
		{"ai.usage.outputTokenDetails.textTokens", Ignored},
		{"ai.usage.inputTokenDetails.noCacheTokens", Ignored},
		{"gen_ai.client.operation.duration", Ignored},
		{"gen_ai.execute_tool.duration", Ignored},
	}...),
}

// vercelLegacy is the same SDK's own convention: versions 4 to 6, and 7 with LegacyOpenTelemetry. The
// outer span of a call repeats the usage of the inner ones, so it is the run of an agent, and the
// inner span is the model call.
var vercelLegacy = Dialect{
	Name:    "vercel_ai_legacy",
	Markers: []string{"ai.operationId"},
	Keys: append(append(append(
		vercelIdentity("ai.telemetry.metadata."),
		vercelIdentity("ai.settings.context.")...),
		vercelIdentity("ai.settings.runtimeContext.")...), []Key{
		{"ai.operationId", Operation},
		{"operation.name", Ignored}, // the same, and the function's id
		{"resource.name", Ignored},  // the function's id again
		{"ai.telemetry.functionId", AgentName},

		{"ai.response.model", Model},
		{"ai.model.id", Model},
		{"ai.model.provider", Provider},
		{"ai.response.id", ResponseID},
		{"ai.response.finishReason", FinishReason},
		{"ai.response.timestamp", Ignored},
		{"ai.response.msToFirstChunk", Ignored},
		{"ai.response.msToFinish", Ignored},
		{"ai.response.avgOutputTokensPerSecond", Ignored},
		{"ai.prompt.messages", InputMessages},
		{"ai.prompt", InputMessages},
		{"ai.prompt.tools", ToolDefinitions},
		{"ai.embedding", Ignored},
		{"ai.embeddings", Ignored},

		{"ai.usage.inputTokens", InputTokens},
		{"ai.usage.promptTokens", InputTokens},
		{"ai.usage.tokens", InputTokens}, // of embeddings
		{"ai.usage.outputTokens", OutputTokens},
		{"ai.usage.completionTokens", OutputTokens},
		{"ai.usage.totalTokens", TotalTokens},
		{"ai.usage.reasoningTokens", ReasoningTokens},
		{"ai.usage.outputTokenDetails.reasoningTokens", ReasoningTokens},
		{"ai.usage.cachedInputTokens", CacheReadTokens},
		{"ai.usage.inputTokenDetails.cacheReadTokens", CacheReadTokens},
		{"ai.usage.inputTokenDetails.cacheWriteTokens", CacheWriteTokens},
		{"ai.usage.inputTokenDetails.noCacheTokens", Ignored},
		{"ai.usage.outputTokenDetails.textTokens", Ignored},

		{"ai.toolCall.name", ToolName},
		{"ai.toolCall.id", ToolCallID},
		{"ai.toolCall.args", ToolArguments},
		{"ai.toolCall.result", ToolResult},
	}...),
	Operations: map[string]Op{
		"ai.generatetext":              AgentRun,
		"ai.streamtext":                AgentRun,
		"ai.generateobject":            AgentRun,
		"ai.streamobject":              AgentRun,
		"ai.harness":                   AgentRun,
		"ai.generatetext.dogenerate":   ModelCall,
		"ai.streamtext.dostream":       ModelCall,
		"ai.generateobject.dogenerate": ModelCall,
		"ai.streamobject.dostream":     ModelCall,
		"ai.generateimage":             ModelCall,
		"ai.generatespeech":            ModelCall,
		"ai.transcribe":                ModelCall,
		"ai.toolcall":                  ToolRun,
		"ai.embed":                     Glue,
		"ai.embedmany":                 Glue,
		"ai.embed.doembed":             Embeddings,
		"ai.embedmany.doembed":         Embeddings,
		"ai.rerank":                    Glue,
		"ai.rerank.dorerank":           Rerank,
	},
	Refine: refineVercelLegacy,
}

// vercelIdentity are the names under which applications put identity into the context, by habit.
func vercelIdentity(prefix string) []Key {
	return []Key{
		{prefix + "sessionId", SessionID},
		{prefix + "session_id", SessionID},
		{prefix + "conversationId", SessionID},
		{prefix + "chatId", SessionID},
		{prefix + "threadId", SessionID},
		{prefix + "userId", UserID},
		{prefix + "user_id", UserID},
		{prefix + "tenantId", TenantID},
		{prefix + "organizationId", TenantID},
		{prefix + "orgId", TenantID},
		{prefix + "agentName", AgentName},
		{prefix + "agentId", AgentID},
	}
}

func refineVercelLegacy(f *Facts) {
	if f.Op != ModelCall && f.Op != AgentRun {
		return
	}
	if prompt := f.Content(InputMessages); jsontext.KindOf(prompt) == jsontext.Object {
		f.Replace(InputMessages, vercelPrompt(prompt))
	} else if jsontext.KindOf(prompt) == jsontext.Array {
		f.Replace(InputMessages, otelMessages(prompt))
	}
	f.takeRest("gen_ai.response.finish_reasons") // the same, as a list
	var parts []string
	if reasoning := f.takeRest("ai.response.reasoning"); reasoning != "" {
		parts = append(parts, textPart("reasoning", reasoning))
	}
	for _, key := range []string{"ai.response.text", "ai.response.object"} {
		if text := f.takeRest(key); text != "" {
			parts = append(parts, textPart("text", text))
		}
	}
	for call := range jsontext.Elements(f.takeRest("ai.response.toolCalls")) {
		parts = append(parts, callPart("tool_call", call, &callShapes[aiSDK], "arguments"))
	}
	if len(parts) > 0 {
		f.Set(OutputMessages, "["+messageOf("assistant", "["+strings.Join(parts, ",")+"]")+"]")
	}
}

// vercelPrompt converts {system, messages, prompt}, what the application called the SDK with.
func vercelPrompt(prompt string) string {
	messages, ok := jsontext.Get(prompt, "messages")
	if !ok {
		messages, _ = jsontext.Get(prompt, "prompt")
	}
	if text, ok := jsontext.Unquote(messages); ok {
		messages = "[" + messageOf("user", "["+textPart("text", text)+"]") + "]"
	} else {
		messages = otelMessages(messages)
	}
	if system := jsontext.GetString(prompt, "system"); system != "" {
		messages = joinArrays("["+messageOf("system", "["+textPart("text", system)+"]")+"]", messages)
	}
	return messages
}

// takeRest takes an attribute that no field took out of the rest, as text.
func (f *Facts) takeRest(key string) string {
	for i, a := range f.Rest {
		if a.Key == key {
			f.Rest = append(f.Rest[:i], f.Rest[i+1:]...)
			return contentText(a.Value)
		}
	}
	return ""
}

// forget makes a field absent and keeps its value among the rest.
func (f *Facts) forget(field Field) {
	s := f.slots[field]
	if s.key != "" {
		f.Rest = append(f.Rest, Attribute{s.key, s.value})
	}
	f.slots[field] = slot{value: pcommon.Value{}}
}
