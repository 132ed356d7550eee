package dialect

import "go.opentelemetry.io/collector/pdata/pcommon"

// copilot is GitHub Copilot, in VS Code and on the command line. Its spans are OTel's, with keys of
// their own beside. Prompts for permission are not exported; what is, is the user's verdict on an edit.
var copilot = Dialect{
	Name:     "copilot",
	Heads:    []string{"copilot_chat"},
	Markers:  []string{"github.copilot.hook.decision", "github.copilot.cost", "github.copilot.tool.parameters.file_path", "github.copilot.github.org"},
	Scopes:   []string{"github.copilot", "@github/copilot", "copilot-chat"},
	Services: []string{"copilot-chat", "github-copilot"},
	Logs:     []string{"copilot_chat."},
	Keys: []Key{
		{"event.name", Ignored},
		{"gen_ai.operation.name", Operation},
		{"gen_ai.conversation.id", SessionID},
		{"copilot_chat.session_id", SessionID},
		{"copilot_chat.chat_session_id", SessionID},
		{"user.name", UserID},
		{"github.copilot.github.org", TenantID},
		{"github.copilot.tool.parameters.file_path", Resource},
		{"github.copilot.tool.parameters.mcp_server_name", ToolServer},
		{"github.copilot.tool.parameters.mcp_server_name_hash", ToolServer},
		{"github.copilot.hook.decision", ApprovalStatus},
		{"outcome", ApprovalStatus},
		{"accepted", ApprovalStatus},
		{"rating", FeedbackLabel},
		{"success", Succeeded},
		{"duration_ms", DurationMS},
		{"tool_name", ToolName},
		{"error.type", ErrorType},
	},
	Operations: map[string]Op{
		"invoke_agent": AgentRun,
		"chat":         ModelCall,
		"execute_tool": ToolRun,
		"execute_hook": Glue,
	},
	Events: map[string]Event{
		"copilot_chat.session.start":        {Op: SessionStart},
		"copilot_chat.tool.call":            {Op: ToolRun, Read: notAnApproval},
		"copilot_chat.agent.turn":           {Op: AgentEnd, Read: notAnApproval},
		"copilot_chat.edit.feedback":        {Op: Review, Read: readEdit},
		"copilot_chat.edit.hunk.action":     {Op: Review, Read: readEdit},
		"copilot_chat.inline.done":          {Op: Review, Read: readEdit},
		"copilot_chat.edit.survival":        {Op: Glue},
		"copilot_chat.user.feedback":        {Op: Evaluation, Read: readRating},
		"copilot_chat.cloud.session.invoke": {Op: AgentStart},
	},
	Refine: refineCopilot,
}

// readEdit is a person's verdict, given after the fact, on an edit that the agent made.
func readEdit(f *Facts, _ pcommon.Map, _ pcommon.Value) {
	f.Set(ApprovalActor, "user")
	f.Set(ToolName, "edit")
}

// notAnApproval takes back what "outcome" means elsewhere.
func notAnApproval(f *Facts, _ pcommon.Map, _ pcommon.Value) { f.Replace(ApprovalStatus, "") }

func readRating(f *Facts, _ pcommon.Map, _ pcommon.Value) {
	f.Set(FeedbackName, "rating")
	f.Set(FeedbackTarget, f.Text(SessionID))
	f.Set(FeedbackAnnotator, "human")
}

// refineCopilot makes a hook that let a call pass, or blocked it, the decision that it is.
func refineCopilot(f *Facts) {
	f.Set(AgentName, "copilot")
	if f.Text(Operation) == "execute_hook" && f.Has(ApprovalStatus) {
		f.Op = ApprovalDecided
		f.Set(ApprovalActor, "hook")
	}
}
