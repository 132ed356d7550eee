package derive

import (
	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

// part is one event that an operation makes.
type part struct {
	kind event.Type
	// when says whether it is made; nil for always.
	when func(*Node) bool
	// start places it at the start of the span instead of its end.
	start bool
	// fill sets what this event has beyond every event of the source.
	fill func(*Deriver, *Node, *event.Event)
}

// plan says which operation makes which events, the one that stands for the operation first. Approvals
// and failures are told by any operation, see approval and failure.
var plan = [dialect.NumOps][]part{
	dialect.Unknown: {
		{kind: event.Invocation, start: true, fill: fillInvocation},
	},
	dialect.ModelCall: {
		{kind: event.LLMResponse, fill: fillResponse},
		{kind: event.TokenUsage, when: hasUsage, fill: fillUsage},
		{kind: event.Reasoning, when: hasReasoning, fill: fillReasoning},
		{kind: event.Security, when: isFiltered, fill: fillFiltered},
	},
	dialect.Messages: {
		{kind: event.LLMResponse, fill: fillResponse},
		{kind: event.Reasoning, when: hasReasoning, fill: fillReasoning},
	},
	dialect.Embeddings: {
		{kind: event.LLMResponse, fill: fillModel},
		{kind: event.TokenUsage, when: hasUsage, fill: fillUsage},
	},
	dialect.Rerank: {
		{kind: event.LLMResponse, fill: fillModel},
		{kind: event.TokenUsage, when: hasUsage, fill: fillUsage},
	},
	dialect.AgentRun: {
		{kind: event.Invocation, start: true, fill: fillInvocation},
		{kind: event.Handoff, when: isDelegated, start: true, fill: fillDelegation},
		{kind: event.FinalOutput, when: hasEnd, fill: fillFinalOutput},
	},
	dialect.AgentStart: {
		{kind: event.Invocation, fill: fillInvocation},
		{kind: event.Handoff, when: isPeer, fill: fillHandoff},
	},
	dialect.AgentEnd: {
		{kind: event.FinalOutput, fill: fillFinalOutput},
	},
	dialect.AgentCreate: {
		{kind: event.Invocation, start: true, fill: fillInvocation},
	},
	dialect.WorkflowRun: {
		{kind: event.Invocation, start: true, fill: fillInvocation},
		{kind: event.FinalOutput, when: hasEnd, fill: fillFinalOutput},
	},
	dialect.Plan: {
		{kind: event.Reasoning, fill: fillPlanning},
	},
	dialect.ToolRun: {
		{kind: event.ToolCall, start: true, fill: fillToolCall},
		{kind: event.Handoff, when: isTransfer, start: true, fill: fillTransfer},
		{kind: event.ToolResult, when: hasRun, fill: fillToolResult},
		{kind: event.DataAccess, when: reads, fill: fillTouched},
		{kind: event.DataModify, when: writes, fill: fillTouched},
	},
	dialect.ToolStart: {
		{kind: event.ToolCall, fill: fillToolCall},
		{kind: event.Handoff, when: isTransfer, fill: fillTransfer},
	},
	dialect.ToolEnd: {
		{kind: event.ToolResult, when: hasRun, fill: fillToolResult},
		{kind: event.DataAccess, when: reads, fill: fillTouched},
		{kind: event.DataModify, when: writes, fill: fillTouched},
	},
	dialect.DataRead: {
		{kind: event.DataAccess, fill: fillDataRead},
	},
	dialect.DataWrite: {
		{kind: event.DataModify, fill: fillDataWrite},
	},
	dialect.Handoff: {
		{kind: event.Handoff, start: true, fill: fillHandoff},
	},
	dialect.Guardrail: {
		{kind: event.Security, fill: fillGuardrail},
	},
	dialect.Evaluation: {
		{kind: event.UserFeedback, fill: fillFeedback},
	},
	dialect.Review: {
		{kind: event.HumanIntervention, fill: fillReview},
	},
	dialect.Choice: {
		{kind: event.Decision, fill: fillChoice},
	},
	dialect.Policy: {
		{kind: event.Compliance, fill: fillPolicy},
	},
	dialect.ModeChange: {
		{kind: event.Compliance, fill: fillPolicy},
		{kind: event.Security, when: liftsChecks, fill: fillPolicy},
	},
	dialect.SessionStart: {
		{kind: event.SessionStart, start: true, fill: fillSession},
		{kind: event.Security, when: liftsChecks, start: true, fill: fillPolicy},
	},
	dialect.SessionEnd: {
		{kind: event.SessionEnd, fill: fillSession},
	},
}

// verb names an operation in an event's action, and the field that names its object.
type verb struct {
	name   string
	object dialect.Field
}

var verbs = [dialect.NumOps]verb{
	dialect.ModelCall:       {"llm_call", dialect.Model},
	dialect.Messages:        {"llm_call", dialect.Model},
	dialect.Embeddings:      {"embeddings", dialect.Model},
	dialect.Rerank:          {"rerank", dialect.Model},
	dialect.AgentRun:        {"invoke_agent", dialect.AgentName},
	dialect.AgentCreate:     {"create_agent", dialect.AgentName},
	dialect.WorkflowRun:     {"invoke_workflow", dialect.WorkflowName},
	dialect.Plan:            {"plan", dialect.AgentName},
	dialect.AgentStart:      {"invoke_agent", dialect.AgentName},
	dialect.AgentEnd:        {"invoke_agent", dialect.AgentName},
	dialect.ToolRun:         {"tool_call", dialect.ToolName},
	dialect.ToolStart:       {"tool_call", dialect.ToolName},
	dialect.ToolEnd:         {"tool_call", dialect.ToolName},
	dialect.Choice:          {"decide", dialect.Decision},
	dialect.ModeChange:      {"change_mode", dialect.Decision},
	dialect.Handoff:         {"handoff", dialect.HandoffTo},
	dialect.Guardrail:       {"guardrail", dialect.GuardrailName},
	dialect.Evaluation:      {"evaluate", dialect.FeedbackName},
	dialect.ApprovalAsked:   {"tool_call", dialect.ToolName},
	dialect.ApprovalDecided: {"tool_call", dialect.ToolName},
	dialect.SessionStart:    {"session_start", dialect.Ignored},
	dialect.SessionEnd:      {"session_end", dialect.Ignored},
	dialect.Exception:       {"error", dialect.ErrorType},
}

// action says what was done, as verb:object. Operations that have no verb here go by the
// dialect's own word.
func action(f *dialect.Facts) string {
	v := verbs[f.Op]
	if v.name == "" {
		v.name = f.Text(dialect.Operation)
		if v.name == "" {
			v.name = f.Text(dialect.Method)
		}
		if v.name == "" {
			v.name = f.Name
		}
		if v.object == dialect.Ignored {
			v.object = dialect.Resource
		}
	}
	if object := f.Text(v.object); object != "" {
		return v.name + ":" + object
	}
	return v.name
}
