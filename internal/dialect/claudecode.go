package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// claudeCode is Claude Code: its log events, which tell nearly everything, and its spans (beta). The
// names of the log events lack their prefix in the attribute event.name. Its input tokens exclude
// the cached ones.
var claudeCode = Dialect{
	Name:     "claude_code",
	Scopes:   []string{"com.anthropic.claude_code"},
	Services: []string{"claude-code", "claude-code-desktop"},
	Logs:     []string{"claude_code."},
	Keys: []Key{
		{"span.type", Kind},
		{"event.name", Ignored},
		{"event_name", Ignored},
		{"event.timestamp", Ignored},

		{"agent.name", AgentName},
		{"agent_type", AgentName},
		{"agent_id", AgentID},
		{"parent_agent_id", ParentAgent},
		{"enduser.id", UserID},
		{"user.email", UserID},
		{"user.account_id", UserID},
		{"user.account_uuid", UserID},
		{"user.id", UserID},
		{"organization.id", TenantID},
		{"session.id", SessionID},
		{"gen_ai.conversation.id", SessionID},
		{"prompt.id", TurnID},
		{"workflow.run_id", TaskID},

		{"model", Model},
		{"final_model", Model},
		{"gen_ai.response.id", ResponseID},
		{"request_id", ResponseID},
		{"stop_reason", FinishReason},
		{"prompt", InputMessages},
		{"prompt_text", InputMessages},
		{"user_prompt", InputMessages},
		{"response", OutputMessages},

		{"input_tokens", InputTokens},
		{"output_tokens", OutputTokens},
		{"total_tokens", TotalTokens},
		{"cache_read_tokens", CacheReadTokens},
		{"cache_creation_tokens", CacheWriteTokens},
		{"cost_usd", CostUSD},
		{"duration_ms", DurationMS},
		{"interaction.duration_ms", DurationMS},

		{"gen_ai.tool.name", ToolName},
		{"tool_name", ToolName},
		{"tool_use_id", ToolCallID},
		{"tool_source", ToolType},
		{"anthropic.mcp.server.name", ToolServer},
		{"mcp_server_name", ToolServer},
		{"mcp_server.name", Ignored}, // on api_request: the server whose result was sent, not one that is called
		{"mcp_tool.name", Ignored},
		{"tool_input", ToolArguments},
		{"tool_parameters", ToolArguments},
		{"success", Succeeded},
		{"file_path", Resource},
		{"subagent_type", HandoffTo},

		{"decision", ApprovalStatus},
		{"decision_type", ApprovalStatus},
		{"source", ApprovalActor},
		{"decision_source", ApprovalActor},
		{"user.email", ApproverID},
		{"user.account_id", ApproverID},
		{"user.account_uuid", ApproverID},
		{"enduser.id", ApproverID},

		{"to_mode", Decision},
		{"trigger", Rationale},
		{"event_type", FeedbackName},

		{"error.type", ErrorType},
		{"error_type", ErrorType},
		{"error_class", ErrorType},
		{"error", ErrorMessage},
		{"error.message", ErrorMessage},
	},
	Operations: map[string]Op{
		"interaction":          AgentRun,
		"llm_request":          ModelCall,
		"tool":                 ToolRun,
		"tool.execution":       ToolRun,
		"tool.blocked_on_user": ApprovalDecided,
		"hook":                 Glue,
	},
	Names: []Name{
		{"claude_code.interaction", AgentRun, Ignored},
		{"claude_code.llm_request", ModelCall, Ignored},
		{"claude_code.tool", ToolRun, Ignored},
		{"claude_code.tool.execution", ToolRun, Ignored},
		{"claude_code.tool.blocked_on_user", ApprovalDecided, Ignored},
		{"claude_code.hook", Glue, Ignored},
	},
	Events: withPrefix("claude_code.", map[string]Event{
		"user_prompt":               {Op: AgentStart},
		"assistant_response":        {Op: ModelCall},
		"api_request":               {Op: ModelCall},
		"api_request_body":          {Op: Glue}, // api_request and assistant_response again, raw
		"api_response_body":         {Op: Glue},
		"api_error":                 {Op: Exception, Read: readAPIError},
		"api_retries_exhausted":     {Op: Exception, Read: readAPIError},
		"internal_error":            {Op: Exception},
		"api_refusal":               {Op: Guardrail, Read: constant(map[Field]string{GuardrailName: "model refusal", GuardrailVerdict: "refused"})},
		"tool_decision":             {Op: ApprovalDecided},
		"tool_result":               {Op: ToolRun},
		"tool.output":               {Read: readToolOutput},
		"subagent_completed":        {Op: AgentEnd},
		"permission_mode_changed":   {Op: ModeChange},
		"auth":                      {Op: Policy},
		"managed_settings_resolved": {Op: Policy},
		"plugin_installed":          {Op: Policy},
		"mcp_server_connection":     {Op: Policy, Read: take(Resource, "server_name")},
		"retention_sweep":           {Op: Policy},
		"feedback_survey":           {Op: Evaluation, Read: readSurvey},
		"skill_activated":           {Op: Choice, Read: take(Decision, "skill.name", "skill_name")},
		"hook_execution_complete":   {Op: Glue, Read: readHook},
		"hook_execution_start":      {Op: Glue},
		"hook_registered":           {Op: Glue},
		"hook_plugin_metrics":       {Op: Glue},
		"plugin_loaded":             {Op: Glue},
		"at_mention":                {Op: Glue},
		"compaction":                {Op: Glue},
	}),
	ExcludesCache: true,
	Refine:        refineClaude,
}

// withPrefix names events with their prefix too: both spellings are in use.
func withPrefix(prefix string, events map[string]Event) map[string]Event {
	all := make(map[string]Event, 2*len(events))
	for name, e := range events {
		all[name], all[prefix+name] = e, e
	}
	return all
}

// reader reads what the keys of a dialect do not say.
type reader = func(*Facts, pcommon.Map, pcommon.Value)

// constant sets fields to values that the name of an event implies.
func constant(values map[Field]string) reader {
	return func(f *Facts, _ pcommon.Map, _ pcommon.Value) {
		for field, value := range values {
			f.Set(field, value)
		}
	}
}

// take sets a field from the first of some attributes, which mean it in this event only.
func take(field Field, keys ...string) reader {
	return func(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
		for _, key := range keys {
			f.Take(field, attributes, key)
		}
	}
}

func readAPIError(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	f.Take(ErrorType, attributes, "status_code")
}

// readToolOutput takes the result of a tool from the event that holds it: "output" for commands, the
// content for files.
func readToolOutput(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	f.Take(ToolResult, attributes, "output")
	f.Take(ToolResult, attributes, "content")
	f.Take(Resource, attributes, "file_path")
}

func readSurvey(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	f.Take(FeedbackLabel, attributes, "response")
	f.Set(FeedbackTarget, f.Text(SessionID))
	f.Set(FeedbackAnnotator, "human")
}

// readHook makes a hook that blocked something a refusal.
func readHook(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
	if n, ok := attributes.Get("num_blocking"); ok {
		if blocking, _ := toInt(n); blocking > 0 {
			f.Op = ApprovalDecided
			f.Replace(ApprovalStatus, "blocked")
			f.Replace(ApprovalActor, "hook")
			f.Take(ApprovalReason, attributes, "hook_name")
		}
	}
}

func refineClaude(f *Facts) {
	if kind := f.attributeText("query_source_safe", "query_source"); f.Has(AgentID) && strings.HasPrefix(kind, "agent.") {
		f.Set(AgentName, kind[strings.LastIndexByte(kind, '.')+1:]) // agent.builtin.general-purpose
	}
	// A subagent's records have its id, but not always its name; a span inside a tool's is its agent's.
	if !f.Has(AgentID) && (f.Signal == SignalLog || f.Op != ApprovalDecided) {
		f.Set(AgentName, "claude-code")
	}
	f.Set(Provider, "anthropic")
	if f.Op == ToolRun || f.Op == ApprovalDecided {
		refineClaudeTool(f)
	}
}

// refineClaudeTool undoes the collapsed name of MCP tools, whose true one is among the parameters. Those are
// a summary: of a command they hold what its arguments do, in other words.
func refineClaudeTool(f *Facts) {
	parameters := f.Content(ToolArguments)
	summary := !strings.HasPrefix(f.keyOf(ToolArguments), "tool_input")
	if v, ok := f.attribute("tool_parameters"); ok {
		parameters, summary = v.AsString(), false
	}
	if name := jsontext.GetString(parameters, "mcp_tool_name"); name != "" {
		f.Replace(ToolName, name)
		f.Set(ToolServer, jsontext.GetString(parameters, "mcp_server_name"))
		f.Replace(ToolType, "mcp")
	}
	command := jsontext.GetString(parameters, "full_command")
	if v, ok := f.attribute("full_command"); ok && command == "" {
		command, summary = v.AsString(), !f.Has(ToolArguments)
	}
	if !summary {
		return
	}
	f.Replace(ToolArguments, "")
	if command != "" {
		arguments := `{"command":` + jsontext.Quote(command)
		if d, ok := jsontext.Get(parameters, "description"); ok {
			arguments += `,"description":` + d
		}
		f.Set(ToolArguments, arguments+"}")
	}
}

// keyOf returns the attribute that a field came from.
func (f *Facts) keyOf(field Field) string { return f.slots[field].key }

// attribute returns an attribute that no field took.
func (f *Facts) attribute(key string) (pcommon.Value, bool) {
	for _, a := range f.Rest {
		if a.Key == key {
			return a.Value, true
		}
	}
	return pcommon.Value{}, false
}
