package dialect

import "strings"

// wild are the keys for approvals, handoffs, guardrails and policies that no convention has, and that
// agents in the field made up. They stand behind every convention that has a word of its own.
var wild = Dialect{
	Name:  "wild",
	Heads: []string{"agt"},
	Markers: []string{
		"gen_ai.approval.decision", "gen_ai.approval.outcome", "gen_ai.approval.id", "gen_ai.policy.decision", "policy.decision",
		"gen_ai.handoff.from_agent", "gen_ai.handoff.to_agent", "gen_ai.agent.handoff.source", "gen_ai.agent.handoff.target",
		"gen_ai.agent.handoff.from", "gen_ai.agent.handoff.to", "gen_ai.guardrail.name", "gen_ai.guardrail.triggered",
	},
	Logs: []string{"gen_ai.approval."},
	Keys: []Key{
		{"event.name", Ignored},
		{"agt.agent.id", AgentID},
		{"gen_ai.approval.decision", ApprovalStatus},
		{"gen_ai.approval.outcome", ApprovalStatus},
		{"gen_ai.policy.decision", ApprovalStatus},
		{"policy.decision", ApprovalStatus},
		{"agt.policy.action", ApprovalStatus},
		{"gen_ai.approval.deny_reason", ApprovalReason},
		{"gen_ai.approval.reason", ApprovalReason},
		{"gen_ai.approval.approver", ApproverID},
		{"gen_ai.approval.approver.id", ApproverID},
		{"gen_ai.approval.tool_name", ToolName},
		{"gen_ai.approval.tool_call_id", ToolCallID},

		{"gen_ai.handoff.from_agent", HandoffFrom},
		{"gen_ai.agent.handoff.source", HandoffFrom},
		{"gen_ai.agent.handoff.from", HandoffFrom},
		{"gen_ai.agent.handoff_parent", ParentAgent},
		{"gen_ai.handoff.to_agent", HandoffTo},
		{"gen_ai.agent.handoff.target", HandoffTo},
		{"gen_ai.agent.handoff.to", HandoffTo},

		{"gen_ai.guardrail.name", GuardrailName},
		{"gen_ai.guardrail.status", GuardrailVerdict},
		{"gen_ai.guardrail.triggered", GuardrailVerdict},
		{"agt.policy.name", GuardrailPolicy},
		{"agt.policy.rule", GuardrailName},
		{"agt.policy.stage", GuardrailTarget},
	},
	Operations: map[string]Op{
		"handoff":         Handoff,
		"agent_handoff":   Handoff,
		"guardrail_check": Guardrail,
		"guardrail.run":   Guardrail,
		"guard":           Guardrail,
	},
	Names: []Name{
		{"agt.policy.evaluate", ApprovalDecided, Ignored},
		{"agt.audit.append", Glue, Ignored},
		{"agent_handoff", Handoff, Ignored},
	},
	Events: map[string]Event{
		"gen_ai.approval.timeout":  {Op: ApprovalDecided, Own: true, Read: constant(map[Field]string{ApprovalStatus: "expired"})},
		"gen_ai.approval.request":  {Op: ApprovalAsked, Own: true},
		"gen_ai.approval.decision": {Op: ApprovalDecided, Own: true},
	},
	Refine: refineWild,
}

// refineWild says who decided: an approval is a person's word, a policy's decision is the policy's.
func refineWild(f *Facts) {
	key := f.keyOf(ApprovalStatus)
	switch {
	case strings.HasPrefix(key, "gen_ai.approval."):
		f.Set(ApprovalActor, "user")
	case strings.Contains(key, "policy."):
		f.Set(ApprovalActor, "policy")
	default:
		return
	}
	if !f.Has(Operation) { // the name of a tool alone makes no call
		f.Op = ApprovalDecided
	}
}
