package event

// causal lists the event types in the order in which they come when their times are equal: what opens a thing first,
// what asks before what answers, what closes last.
var causal = []Type{
	SessionStart, Invocation,
	LLMResponse, TokenUsage, Reasoning, Decision,
	PermissionCheck, HumanIntervention, PermissionDenied,
	Handoff, ToolCall, DataAccess, DataModify, ToolResult,
	Security, Compliance, Error,
	FinalOutput, UserFeedback, SessionEnd,
}

var rank = func() map[Type]uint8 {
	m := make(map[Type]uint8, len(causal))
	for i, t := range causal {
		m[t] = uint8(i)
	}
	return m
}()

// Rank orders events of equal times: causes before their effects, a tool call before its result.
func (t Type) Rank() uint8 { return rank[t] }
