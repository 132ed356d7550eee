package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// googleADK is Google's Agent Development Kit: Python, TypeScript and Go, schemas 1 (call_llm) and
// 2 (generate_content). What was said is in Gemini's own JSON, "{}" where capture is off.
//
// It never says that something failed in TypeScript: the span of a call that threw has no attributes at
// all, since they are set once it returned.
var googleADK = Dialect{
	Name:   "google_adk",
	Scopes: []string{adkScope},
	Markers: []string{
		"gcp.vertex.agent.session_id", "gcp.vertex.agent.invocation_id", "gcp.vertex.agent.event_id",
		"gcp.vertex.agent.llm_request", "gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.tool_response",
	},
	Keys: []Key{
		{"gcp.vertex.agent.session_id", SessionID},
		{"gcp.vertex.agent.invocation_id", TurnID},
		{"gcp.vertex.agent.llm_request", InputMessages},
		{"gcp.vertex.agent.llm_response", OutputMessages},
		{"gcp.vertex.agent.tool_call_args", ToolArguments},
		{"gcp.vertex.agent.tool_response", ToolResult},
		{"gen_ai.node.name", Ignored},
		{"gen_ai.workflow.nested", Ignored},
		{"adk.experimental.grounding.source_uris", Resource},
	},
	Operations: map[string]Op{
		"call_llm":    ModelCall,
		"invoke_node": Glue,
	},
	Names: []Name{
		{"invocation", Glue, Ignored},
		{"agent_run", AgentRun, AgentName},
		{"call_llm", ModelCall, Ignored},
		{"invoke_agent", AgentRun, AgentName},
		{"execute_tool", ToolRun, ToolName},
		{"invoke_node", Glue, Ignored},
		{"send_data", Glue, Ignored},
	},
	Events: map[string]Event{
		"gen_ai.system.message": {Op: Messages, Read: readGeminiMessage("system")},
		"gen_ai.user.message":   {Op: Messages, Read: readGeminiMessage("user")},
		"gen_ai.choice":         {Op: Messages, Read: readGeminiMessage("assistant")},
	},
	Refusals: []Refusal{
		{failedADK, ""},
	},
	Refine: refineADK,
}

const adkScope = "gcp.vertex.agent"

// What ADK answers the model instead of a tool's result.
const (
	pendingADK  = "This tool call requires confirmation" // it was not run: a person must confirm it first
	rejectedADK = "This tool call is rejected"           // it was not run: the person said no
	failedADK   = "Error in tool '"                      // it threw; TypeScript's span says nothing of that
)

func refineADK(f *Facts) {
	empty := f.empty()
	if f.Text(Provider) == adkScope {
		f.forget(Provider) // the framework's name
	}
	switch f.Op {
	case AgentRun:
		f.Replace(AgentName, strings.Trim(f.Text(AgentName), "[]"))
	case ModelCall:
		readGemini(f)
		if empty {
			f.Set(Succeeded, "false")
			f.Set(ErrorMessage, "the span has no attributes: the call did not return")
		}
	case ToolRun:
		refineADKTool(f, empty)
	}
}

func refineADKTool(f *Facts, empty bool) {
	name := f.Text(ToolName)
	if name == "(merged tools)" || name == "(merged)" {
		f.Op = Glue // repeats what the calls it merges told themselves
		return
	}
	if empty {
		f.Op = ToolStart // its end is told in the next turn's messages
		return
	}
	if name == "transfer_to_agent" {
		to := jsontext.GetString(f.Content(ToolArguments), "agent_name")
		if to == "" {
			to = jsontext.GetString(f.Content(ToolArguments), "agentName")
		}
		f.Set(HandoffTo, to)
		return
	}
	result := f.Content(ToolResult)
	switch text := plainText(result); {
	case strings.HasPrefix(text, pendingADK):
		f.Op = ApprovalAsked
		return
	case strings.HasPrefix(text, rejectedADK):
		f.Op = ApprovalDecided
		f.Set(ApprovalStatus, event.ApprovalRejected)
		f.Set(ApprovalActor, event.ActorHuman)
		return
	}
	if message := jsontext.GetString(result, "error"); message != "" {
		f.Set(Succeeded, "false")
		f.Set(ErrorMessage, message)
	}
}

// empty says that the span has no attributes at all, which ADK sets on every call that returns.
func (f *Facts) empty() bool {
	return f.Scope == adkScope && !f.Failed && len(f.Rest) == 0 && !f.Has(Operation) && !f.Has(Provider) && !f.Has(TurnID)
}

// readGemini takes apart the request to Gemini and its response.
func readGemini(f *Facts) {
	if request := f.Content(InputMessages); hasMember(request, "contents") {
		contents, _ := jsontext.Get(request, "contents")
		f.Replace(InputMessages, otelMessages(contents))
		config, _ := jsontext.Get(request, "config")
		for _, key := range []string{"systemInstruction", "system_instruction"} {
			if system, ok := jsontext.Get(config, key); ok {
				f.Set(SystemInstructions, plainInstruction(system))
			}
		}
		if tools, ok := jsontext.Get(config, "tools"); ok {
			f.Set(ToolDefinitions, tools)
		}
	}
	response := f.Content(OutputMessages)
	if !hasMember(response, "content") {
		if message := firstText(response, "errorMessage", "error_message"); message != "" {
			f.Replace(OutputMessages, "")
			f.Set(ErrorMessage, message)
			f.Set(ErrorType, firstText(response, "errorCode", "error_code"))
			f.Set(Succeeded, "false")
		}
		return
	}
	content, _ := jsontext.Get(response, "content")
	f.Replace(OutputMessages, "["+otelMessage(content, "assistant")+"]")
	f.Set(FinishReason, strings.ToLower(firstText(response, "finishReason", "finish_reason")))
	usage := firstOf(response, []string{"usageMetadata", "usage_metadata"})
	for _, k := range geminiUsage {
		if n := firstOf(usage, k.names); n != "" && n != "null" {
			f.Set(k.field, n)
		}
	}
}

var geminiUsage = []struct {
	names []string
	field Field
}{
	{[]string{"promptTokenCount", "prompt_token_count"}, InputTokens},
	{[]string{"candidatesTokenCount", "candidates_token_count"}, OutputTokens},
	{[]string{"totalTokenCount", "total_token_count"}, TotalTokens},
	{[]string{"thoughtsTokenCount", "thoughts_token_count"}, ReasoningTokens},
	{[]string{"cachedContentTokenCount", "cached_content_token_count"}, CacheReadTokens},
}

// plainInstruction returns the text of Gemini's system instruction, a string or a content.
func plainInstruction(system string) string {
	if text, ok := jsontext.Unquote(system); ok {
		return text
	}
	parts, _ := jsontext.Get(system, "parts")
	if text := blockText(parts); text != "" {
		return text
	}
	return system
}

// readGeminiMessage reads a log record whose body has a message in Gemini's form as its content.
func readGeminiMessage(role string) func(*Facts, pcommon.Map, pcommon.Value) {
	return func(f *Facts, attributes pcommon.Map, body pcommon.Value) {
		source := messageBody(attributes, body)
		content := source.content()
		if role == "system" {
			f.Set(SystemInstructions, plainInstruction(asJSON(content)))
			return
		}
		if jsontext.KindOf(content) == jsontext.Object {
			content = otelMessage(content, role)
		} else if content != "" {
			content = messageOf(role, "["+textPart("text", content)+"]")
		}
		if role == "assistant" {
			f.Set(FinishReason, strings.ToLower(source.text("finish_reason")))
			f.appendMessage(OutputMessages, content)
			return
		}
		f.appendMessage(InputMessages, content)
	}
}
