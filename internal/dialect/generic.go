package dialect

// generic is agent-looking telemetry of no convention that is known. It gets an event with all its
// attributes, and such fields as the plainest of keys give. It is the last.
var generic = Dialect{
	Name:    "unknown",
	Heads:   []string{"llm", "a2a", "agentic", "ai_agent", "tool_call", "agents"},
	Markers: []string{"agent.name", "agent_name", "agent.role", "agent.goal", "agent.task", "tool.name", "tool_name", "tool.call_id"},
	Keys: []Key{
		{"agent.name", AgentName},
		{"agent_name", AgentName},
		{"agent.id", AgentID},
		{"agent_id", AgentID},
		{"agent.version", AgentVersion},
		{"session.id", SessionID},
		{"session_id", SessionID},
		{"conversation_id", SessionID},
		{"thread_id", SessionID},
		{"user.id", UserID},
		{"user_id", UserID},
		{"enduser.id", UserID},
		{"tenant.id", TenantID},
		{"tenant_id", TenantID},
		{"tool.name", ToolName},
		{"tool_name", ToolName},
		{"tool.call_id", ToolCallID},
		{"tool.call.id", ToolCallID},
		{"tool_call_id", ToolCallID},
		{"tool_call.id", ToolCallID},
		{"llm.provider", Provider},
		{"llm.vendor", Provider},
		{"llm.model", Model},
		{"llm.model_name", Model},
		{"llm.model.name", Model},
		{"error.type", ErrorType},
		{"error.message", ErrorMessage},
	},
	Loose: true,
}
