package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// codex is OpenAI's Codex CLI: its log events. Its spans are functions of the program, thousands for a
// session, of which two tell what an agent did; the usage on them repeats the logs'.
var codex = Dialect{
	Name:     "codex",
	Scopes:   []string{"codex_"},
	Services: []string{"codex-cli", "codex_cli_rs", "codex_exec", "codex_tui", "codex-app-server", "Codex Desktop"},
	Logs:     []string{"codex."},
	Keys: []Key{
		{"event.name", Ignored},
		{"event.timestamp", Ignored},
		{"conversation.id", SessionID},
		{"turn.id", TurnID},
		{"user.email", UserID},
		{"user.account_id", UserID},
		{"agent_name", Ignored}, // the working directory

		{"model", Model},
		{"provider_name", Provider},
		{"prompt", InputMessages},
		{"input_token_count", InputTokens},
		{"codex.turn.token_usage.input_tokens", InputTokens},
		{"output_token_count", OutputTokens},
		{"codex.turn.token_usage.output_tokens", OutputTokens},
		{"tool_token_count", TotalTokens},
		{"codex.turn.token_usage.total_tokens", TotalTokens},
		{"codex.usage.total_tokens", TotalTokens},
		{"cached_token_count", CacheReadTokens},
		{"codex.turn.token_usage.cached_input_tokens", CacheReadTokens},
		{"cache_write_token_count", CacheWriteTokens},
		{"reasoning_token_count", ReasoningTokens},
		{"codex.turn.token_usage.reasoning_output_tokens", ReasoningTokens},
		{"codex.usage.reasoning_output_tokens", ReasoningTokens},
		{"duration_ms", DurationMS},

		{"tool_name", ToolName},
		{"call_id", ToolCallID},
		{"arguments", ToolArguments},
		{"output", ToolResult},
		{"success", Succeeded},
		{"mcp_server", ToolServer},

		{"decision", ApprovalStatus},
		{"source", ApprovalActor},
		{"user.email", ApproverID},
		{"user.account_id", ApproverID},
		{"sandbox_policy", Decision},

		{"error.message", ErrorMessage},
		{"outcome", GuardrailVerdict},
	},
	Names: []Name{
		{"session_task.turn", AgentRun, Ignored},
		{"handle_responses", Glue, Ignored},
	},
	Events: map[string]Event{
		"codex.conversation_starts":       {Op: SessionStart},
		"codex.user_prompt":               {Op: AgentStart},
		"codex.tool_decision":             {Op: ApprovalDecided},
		"codex.tool_result":               {Op: ToolRun},
		"codex.sse_event":                 {Op: Glue, Read: readCodexStream},
		"codex.websocket_event":           {Op: Glue, Read: readCodexStream},
		"codex.api_request":               {Op: Glue, Read: readCodexRequest},
		"codex.websocket_connect":         {Op: Glue, Read: readCodexRequest},
		"codex.websocket_request":         {Op: Glue, Read: readCodexRequest},
		"codex.sandbox_outcome":           {Op: Guardrail, Read: readSandbox},
		"codex.plugin_install_suggestion": {Op: Policy, Read: readCodexPlugin},
		"codex.auth_recovery":             {Op: Policy},
		"codex.startup_phase":             {Op: Glue},
		"codex.turn_ttft":                 {Op: Glue},
	},
	Refine: refineCodex,
}

// readCodexStream finds the end of a model call among the chunks of its stream: the one with usage.
func readCodexStream(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	kind := first(attributes, "event.kind")
	switch {
	case f.Has(ErrorMessage):
		f.Op = Exception
	case kind == "response.completed" && f.Has(InputTokens):
		f.Op = ModelCall
	}
}

// readCodexRequest tells of a request only if it failed.
func readCodexRequest(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	status, ok := attributes.Get("http.response.status_code")
	if !ok {
		status = pcommon.NewValueInt(0)
	}
	if code, _ := toInt(status); f.Has(ErrorMessage) || code >= 400 {
		f.Op = Exception
		f.Take(ErrorType, attributes, "http.response.status_code")
	}
}

// readSandbox tells what the sandbox did; that it refused is a refusal by policy.
func readSandbox(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	f.Set(GuardrailName, "sandbox")
	f.Take(ApprovalStatus, attributes, "outcome")
	f.Replace(ApprovalActor, "policy")
}

// readCodexPlugin makes a suggestion that the user answered a decision of theirs.
func readCodexPlugin(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	confirmed, ok := attributes.Get("plugin_install.user_confirmed")
	if !ok {
		return
	}
	f.Op = ApprovalDecided
	f.Replace(ApprovalActor, "user")
	f.Replace(ApprovalStatus, "denied")
	if yes, _ := toBool(confirmed); yes {
		f.Replace(ApprovalStatus, "approved")
	}
	f.Set(ToolName, "plugin_install")
}

func refineCodex(f *Facts) {
	if f.Signal == SignalSpan && f.Op != AgentRun {
		f.Op = Glue
	}
	f.Set(AgentName, "codex")
	if first(f.Resource, "service.name") == "codex_exec" &&
		strings.EqualFold(f.Text(ApprovalActor), "user") {
		// There is nobody to ask: exec reports the user where the policy answered for them.
		f.Replace(ApprovalActor, "policy")
	}
	if f.Has(ToolServer) {
		f.Set(ToolType, "mcp")
	}
}
