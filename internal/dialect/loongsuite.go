package dialect

// loongSuite is the audit log of Alibaba's LoongSuite: calls and results are records of their own, joined
// by the ids of their step. It has no records of sessions or approvals.
var loongSuite = Dialect{
	Name: "loongsuite",
	Markers: []string{
		"gen_ai.session.id", "gen_ai.step.id", "gen_ai.turn.start", "gen_ai.turn.end", "gen_ai.agent.peer.id",
		"gen_ai.agent.peer.name", "gen_ai.input.messages_delta", "gen_ai.event.original_name", "gen_ai.tool.call.exec.id",
	},
	Logs: []string{"gen_ai.model.request", "gen_ai.model.response", "gen_ai.tool.result", "gen_ai.agent.invoke", "gen_ai.agent.result"},
	Keys: []Key{
		{"event.name", Ignored},
		{"gen_ai.session.id", SessionID},
		{"gen_ai.turn.id", TurnID},
		{"gen_ai.step.id", TaskID},
		{"gen_ai.agent.peer.name", HandoffTo},
		{"gen_ai.agent.peer.id", HandoffTo},
		{"gen_ai.agent.parent.id", ParentAgent},
		{"gen_ai.input.messages_delta", InputMessages},
		{"gen_ai.tool.call.duration", DurationMS},
		{"user.hash", UserID},
	},
	Events: map[string]Event{
		"gen_ai.model.request":  {Op: Messages},
		"gen_ai.model.response": {Op: ModelCall},
		"gen_ai.tool.call":      {Op: ToolStart},
		"gen_ai.tool.result":    {Op: ToolEnd},
		"gen_ai.agent.invoke":   {Op: AgentStart},
		"gen_ai.agent.result":   {Op: AgentEnd},
	},
}
