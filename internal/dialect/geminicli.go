package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// geminiCLI is Google's Gemini CLI. One log record tells a tool call, the decision on it and its result. A
// model call is told four times: by its own request and response, and by OTel's.
var geminiCLI = Dialect{
	Name:     "gemini_cli",
	Scopes:   []string{"gemini-cli"},
	Services: []string{"gemini-cli"},
	Logs:     []string{"gemini_cli."},
	Keys: []Key{
		{"event.name", Ignored},
		{"event.timestamp", Ignored},
		{"gen_ai.operation.name", Operation},
		{"session.id", SessionID},
		{"prompt_id", TurnID},
		{"user.email", UserID},
		{"agent_name", AgentName},
		{"gen_ai.agent.name", AgentName},
		{"agent_id", AgentID},

		{"model", Model},
		{"prompt", InputMessages},
		{"response_text", OutputMessages},
		{"finish_reasons", FinishReason},
		{"terminate_reason", FinishReason},
		{"input_token_count", InputTokens},
		{"output_token_count", OutputTokens},
		{"total_token_count", TotalTokens},
		{"cached_content_token_count", CacheReadTokens},
		{"thoughts_token_count", ReasoningTokens},
		{"duration_ms", DurationMS},

		{"function_name", ToolName},
		{"tool_name", ToolName},
		{"gen_ai.tool.call_id", ToolCallID},
		{"function_args", ToolArguments},
		{"tool_type", ToolType},
		{"mcp_server_name", ToolServer},
		{"success", Succeeded},

		{"decision", ApprovalStatus},
		{"user.email", ApproverID},
		{"decision_model", Decision},
		{"to_mode", Decision},
		{"approval_mode", Decision},
		{"reasoning", Rationale},
		{"verdict", GuardrailVerdict},
		{"verdict_rationale", GuardrailReason},
		{"policy", GuardrailPolicy},

		{"error.type", ErrorType},
		{"error_type", ErrorType},
		{"error.message", ErrorMessage},
		{"error", ErrorMessage},
		{"error_message", ErrorMessage},
	},
	Operations: map[string]Op{
		"tool_call":           ToolRun,
		"llm_call":            ModelCall,
		"user_prompt":         AgentRun,
		"agent_call":          AgentRun,
		"system_prompt":       Glue,
		"schedule_tool_calls": Glue,
	},
	Names: []Name{
		{"tool_call", ToolRun, Ignored},
		{"llm_call", ModelCall, Ignored},
		{"user_prompt", AgentRun, Ignored},
		{"agent_call", AgentRun, Ignored},
	},
	Events: map[string]Event{
		"gemini_cli.config":                      {Op: SessionStart},
		"gemini_cli.conversation_finished":       {Op: SessionEnd},
		"gemini_cli.user_prompt":                 {Op: AgentStart},
		"gemini_cli.agent.start":                 {Op: AgentStart},
		"gemini_cli.agent.finish":                {Op: AgentEnd},
		"gemini_cli.tool_call":                   {Op: ToolRun, Read: readGeminiTool},
		"gemini_cli.file_operation":              {Op: DataRead, Read: readFileOperation},
		"gemini_cli.api_request":                 {Op: Glue},
		"gemini_cli.api_response":                {Op: ModelCall},
		"gemini_cli.api_error":                   {Op: Exception},
		"gemini_cli.model_routing":               {Op: Choice},
		"gemini_cli.next_speaker_check":          {Op: Choice, Read: take(Decision, "result")},
		"gemini_cli.plan.execution":              {Op: Choice},
		"plan_execution":                         {Op: Choice},
		"gemini_cli.plan.approval_mode_switch":   {Op: ModeChange},
		"approval_mode_switch":                   {Op: ModeChange},
		"gemini_cli.plan.approval_mode_duration": {Op: Glue},
		"gemini_cli.conseca.verdict":             {Op: Guardrail, Read: readConseca},
		"gemini_cli.conseca.policy_generation":   {Op: Policy},
		"gemini_cli.loop_detected":               {Op: Guardrail, Read: constant(map[Field]string{GuardrailName: "loop detection", GuardrailVerdict: "detected"})},
		"gemini_cli.hook_call":                   {Op: Glue},
		"gemini_cli.extension_install":           {Op: Policy},
		"gemini_cli.extension_uninstall":         {Op: Policy},
		"gemini_cli.extension_enable":            {Op: Policy},
		"gemini_cli.extension_disable":           {Op: Policy},
		"gemini_cli.chat_compression":            {Op: Glue},
		"gemini_cli.startup_stats":               {Op: Glue},
	},
	Refine: refineGemini,
}

// readGeminiTool says who allowed the call: a person, unless none was there to ask, or all is allowed.
func readGeminiTool(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	if !f.Has(ApprovalStatus) {
		return
	}
	actor := "user"
	if v, ok := attributes.Get("interactive"); ok {
		if interactive, known := toBool(v); known && !interactive {
			actor = "policy"
		}
	}
	if mode, ok := attributes.Get("active_approval_mode"); ok && strings.EqualFold(mode.AsString(), "yolo") {
		actor = "policy"
	}
	f.Replace(ApprovalActor, actor)
}

func readFileOperation(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	if first(attributes, "operation") != "read" {
		f.Op = DataWrite
	}
}

func readConseca(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	f.Set(GuardrailName, "conseca")
	f.Take(GuardrailVerdict, attributes, "decision")
	f.Take(GuardrailReason, attributes, "reason")
	f.Take(GuardrailTarget, attributes, "tool_call")
	f.Replace(ApprovalStatus, "")
}

func refineGemini(f *Facts) {
	f.Set(AgentName, "gemini-cli")
	f.Set(Provider, "gcp.gen_ai")
	if f.Signal == SignalLog && f.Op == ModelCall && !f.Has(ResponseID) && !f.Has(InputTokens) {
		f.Op = Glue // the request; the response tells it too
	}
	if f.Op == ModelCall {
		for field, role := range map[Field]string{InputMessages: "user", OutputMessages: "assistant"} {
			if native := f.Content(field); native != "" {
				f.Replace(field, nativeMessages(native, role))
			}
		}
	}
}

// nativeMessages gives the contents of Gemini's API the form of messages. What has that form comes back
// as it is: on OTel's own records it has.
func nativeMessages(text, role string) string {
	if jsontext.KindOf(text) == jsontext.Object {
		text = "[" + text + "]"
	}
	var list []string
	for content := range contents(text) {
		parts, _ := jsontext.Get(content, "parts")
		if part, ok := firstElement(parts); !ok || hasMember(part, "type") {
			return text
		}
		list = append(list, otelMessage(content, role))
	}
	if len(list) == 0 {
		return text
	}
	return "[" + strings.Join(list, ",") + "]"
}

// contents yields the contents of requests, and of the candidates of responses.
func contents(array string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for e := range jsontext.Elements(array) {
			candidates, ok := jsontext.Get(e, "candidates")
			if !ok && !yield(e) {
				return
			}
			for c := range jsontext.Elements(candidates) {
				if content, ok := jsontext.Get(c, "content"); ok && !yield(content) {
					return
				}
			}
		}
	}
}
