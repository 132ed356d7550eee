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

// plan says which operation makes which events, the one that stands for the operation first.
var plan = [dialect.NumOps][]part{
	dialect.Unknown: {
		{kind: event.Invocation, start: true, fill: fillInvocation},
	},
	dialect.ModelCall: {
		{kind: event.LLMResponse, fill: fillResponse},
		{kind: event.TokenUsage, when: hasUsage, fill: fillUsage},
		{kind: event.Reasoning, when: hasReasoning, fill: fillReasoning},
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
		{kind: event.FinalOutput, when: hasOutput, fill: fillFinalOutput},
	},
	dialect.AgentCreate: {
		{kind: event.Invocation, start: true, fill: fillInvocation},
	},
	dialect.WorkflowRun: {
		{kind: event.Invocation, start: true, fill: fillInvocation},
		{kind: event.FinalOutput, when: hasOutput, fill: fillFinalOutput},
	},
	dialect.Plan: {
		{kind: event.Reasoning, fill: fillPlanning},
	},
	dialect.ToolRun: {
		{kind: event.ToolCall, start: true, fill: fillToolCall},
		{kind: event.Handoff, when: isTransfer, start: true, fill: fillTransfer},
		{kind: event.ToolResult, fill: fillToolResult},
		{kind: event.DataAccess, when: isDatastore, fill: fillDataRead},
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
	dialect.ApprovalAsked: {
		{kind: event.PermissionCheck, fill: fillApprovalAsked},
	},
	dialect.ApprovalDecided: {
		{kind: event.HumanIntervention, when: byHuman, fill: fillApproval},
		{kind: event.Decision, when: byOther, fill: fillApproval},
	},
	dialect.SessionStart: {
		{kind: event.SessionStart, start: true},
	},
	dialect.SessionEnd: {
		{kind: event.SessionEnd},
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
	dialect.ToolRun:         {"tool_call", dialect.ToolName},
	dialect.Handoff:         {"handoff", dialect.HandoffTo},
	dialect.Guardrail:       {"guardrail", dialect.GuardrailName},
	dialect.Evaluation:      {"evaluate", dialect.FeedbackName},
	dialect.ApprovalAsked:   {"ask_approval", dialect.ToolName},
	dialect.ApprovalDecided: {"approve", dialect.ToolName},
	dialect.SessionStart:    {"session_start", dialect.SessionID},
	dialect.SessionEnd:      {"session_end", dialect.SessionID},
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
