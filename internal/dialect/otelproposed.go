package dialect

import "go.opentelemetry.io/collector/pdata/pcommon"

// otelProposed are the open proposals to the OpenTelemetry GenAI convention: decisions on tool
// calls (semantic-conventions-genai #535), pauses (#445), guardrails, action gates, threat detection, and the
// Agent2Agent protocol. Their names may change.
var otelProposed = Dialect{
	Name: "otel_genai_proposed",
	Heads: []string{
		"a2a",
	},
	Markers: []string{
		"gen_ai.tool.call.decision", "gen_ai.tool.call.decision.outcome",
		"gen_ai.agent.pause.id", "gen_ai.agent.pause.reason", "gen_ai.agent.resumed_from.type",
		"gen_ai.guardrail.component.name", "gen_ai.guardrail.verdict.type", "gen_ai.guardrail.action.type",
		"gen_ai.agent.tool.disposition", "gen_ai.agent.kill_switch_engaged",
		"agent.threat.detection.rule_id", "agent.threat.detection.action",
	},
	Logs: []string{
		"gen_ai.tool.call.decision", "gen_ai.agent.paused", "gen_ai.agent.resumed", "gen_ai.agent.checkpointed",
		"gen_ai.guardrail.", "gen_ai.execution.state.changed", "agent.threat.detection",
	},
	Keys: []Key{
		{"event.name", Ignored},
		{"a2a.method.name", Method},
		{"a2a.task.id", TaskID},
		{"a2a.agent.card.url", Resource},

		{"gen_ai.tool.call.decision.outcome", ApprovalStatus},
		{"gen_ai.tool.call.decision", ApprovalStatus},
		{"gen_ai.agent.tool.disposition", ApprovalStatus},
		{"gen_ai.agent.pause.reason", ApprovalReason},
		{"gen_ai.execution.id", TaskID},
		{"gen_ai.agent.execution.id", TaskID},

		{"gen_ai.guardrail.component.name", GuardrailName},
		{"gen_ai.guardrail.target.type", GuardrailTarget},
		{"gen_ai.guardrail.verdict.type", GuardrailVerdict},
		{"gen_ai.guardrail.action.type", GuardrailVerdict},
		{"gen_ai.guardrail.verdict.reason", GuardrailReason},
		{"gen_ai.guardrail.security.policy.id", GuardrailPolicy},
		{"gen_ai.guardrail.security.risk.score", GuardrailRisk},

		{"agent.threat.detection.rule_id", GuardrailName},
		{"agent.threat.detection.ruleset", GuardrailPolicy},
		{"agent.threat.detection.severity", GuardrailReason},
		{"agent.threat.detection.action", GuardrailVerdict},
	},
	Operations: map[string]Op{
		"run_guardrail": Guardrail,

		// A2A: another agent is asked.
		"message/send": Handoff, "message/stream": Handoff, "sendmessage": Handoff, "sendstreamingmessage": Handoff,
		"tasks/send": Handoff, "tasks/sendsubscribe": Handoff, "tasks/get": Glue, "tasks/cancel": Glue, "tasks/resubscribe": Glue,
	},
	Names: []Name{
		{"run_guardrail", Guardrail, GuardrailName},
	},
	Events: map[string]Event{
		"gen_ai.tool.call.decision":         {Op: ApprovalDecided, Own: true},
		"gen_ai.agent.paused":               {Op: ApprovalAsked, Own: true, Read: readPause},
		"gen_ai.agent.resumed":              {Op: Choice, Own: true, Read: constant(map[Field]string{Decision: "resumed"})},
		"gen_ai.agent.checkpointed":         {Op: Glue, Own: true},
		"gen_ai.execution.state.changed":    {Op: Glue, Own: true},
		"gen_ai.guardrail.security.finding": {Op: Guardrail, Own: true},
		"agent.threat.detection":            {Op: Guardrail, Own: true},
	},
	Refine: refineProposed,
}

// readPause tells a wait for a person from one for a machine.
func readPause(f *Facts, _ pcommon.Map, _ pcommon.Value) {
	if f.Text(ApprovalReason) == "external_system" {
		f.Op = Glue
	}
}

func refineProposed(f *Facts) {
	switch {
	case f.Op == Handoff:
		f.Set(HandoffTo, f.Text(Resource))
		f.Set(HandoffTo, f.attributeText("server.address"))
	case f.Op == Glue || f.Op == Unknown:
		if f.Has(GuardrailVerdict) {
			f.Op = Guardrail
		}
	}
	if engaged, ok := f.attribute("gen_ai.agent.kill_switch_engaged"); ok {
		if on, _ := toBool(engaged); on && !f.Has(ApprovalStatus) {
			f.Set(ApprovalStatus, "deny")
			f.Set(ApprovalActor, "policy")
			f.Set(ApprovalReason, "kill switch engaged")
		}
	}
	if f.Has(ApprovalStatus) && f.keyOf(ApprovalStatus) == "gen_ai.agent.tool.disposition" {
		f.Set(ApprovalActor, "policy") // an action gate is a rule
	}
}
