package derive

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

func fillTool(d *Deriver, n *Node, e *event.Event) {
	e.Tool = event.Tool{
		Name: n.Text(dialect.ToolName), CallID: n.Text(dialect.ToolCallID),
		Type: n.Text(dialect.ToolType), Server: n.Text(dialect.ToolServer),
	}
	e.ActionHash = d.ActionHash(e.Tool.Name, n.Content(dialect.ToolArguments))
}

func fillToolCall(d *Deriver, n *Node, e *event.Event) {
	fillTool(d, n, e)
	e.Params = event.RawJSON(n.Content(dialect.ToolArguments))
	e.Resource = n.Text(dialect.Resource)
	e.Outcome = "" // a call has none yet; its result has
}

func fillToolResult(d *Deriver, n *Node, e *event.Event) {
	fillTool(d, n, e)
	e.Action = strings.Replace(e.Action, "tool_call", "tool_result", 1)
	e.Result = event.RawJSON(n.Content(dialect.ToolResult))
	e.Resource = n.Text(dialect.Resource)
	e.DurationMS = milliseconds(n.Start, n.End)
	fillError(d, n, e)
}

func isDatastore(n *Node) bool { return n.Text(dialect.ToolType) == "datastore" }

func fillDataRead(d *Deriver, n *Node, e *event.Event) {
	fillData(d, n, e)
	e.Operation = event.Read
}

func fillDataWrite(d *Deriver, n *Node, e *event.Event) {
	fillData(d, n, e)
	e.Operation = event.Write
}

func fillData(d *Deriver, n *Node, e *event.Event) {
	if n.Op == dialect.ToolRun {
		fillTool(d, n, e)
	}
	e.Resource = n.Text(dialect.Resource)
	e.Params = event.RawJSON(n.Content(dialect.Query))
	e.Result = event.RawJSON(n.Content(dialect.Found))
	e.DurationMS = milliseconds(n.Start, n.End)
	fillError(d, n, e)
}

// isDelegated says that an agent was invoked by another one.
func isDelegated(n *Node) bool {
	above := n.agentAbove()
	return above != nil && above.Has(dialect.AgentName) && n.Has(dialect.AgentName) &&
		above.Text(dialect.AgentName) != n.Text(dialect.AgentName)
}

func fillDelegation(d *Deriver, n *Node, e *event.Event) {
	from := n.agentAbove().Text(dialect.AgentName)
	to := n.Text(dialect.AgentName)
	e.Action = "handoff:" + to
	e.Source = "agent:" + from
	e.Outcome = event.OutcomeSuccess
	e.Handoff = event.HandoffInfo{From: from, To: to}
}

func isTransfer(n *Node) bool { return transferTool(n.Text(dialect.ToolName)) != "" }

func fillTransfer(d *Deriver, n *Node, e *event.Event) {
	fillTool(d, n, e)
	e.Handoff = event.HandoffInfo{
		From: n.Text(dialect.AgentName), To: transferTool(e.Tool.Name),
		Context: event.RawJSON(n.Content(dialect.ToolArguments)),
	}
	e.Action = "handoff:" + e.Handoff.To
}

func fillHandoff(d *Deriver, n *Node, e *event.Event) {
	e.Handoff = event.HandoffInfo{
		From: n.Text(dialect.HandoffFrom), To: n.Text(dialect.HandoffTo),
		Context: event.RawJSON(n.Content(dialect.ToolArguments)),
	}
	fillError(d, n, e)
}

func fillGuardrail(d *Deriver, n *Node, e *event.Event) {
	e.Guardrail = event.Guardrail{
		Name: n.Text(dialect.GuardrailName), Verdict: n.Text(dialect.GuardrailVerdict),
		Reason: n.Text(dialect.GuardrailReason), Target: n.Text(dialect.GuardrailTarget),
		PolicyID: n.Text(dialect.GuardrailPolicy), PolicyVersion: n.Text(dialect.GuardrailPolicyVersion),
		Risk: n.Float(dialect.GuardrailRisk),
	}
	e.DurationMS = milliseconds(n.Start, n.End)
	fillError(d, n, e)
}

func fillFeedback(_ *Deriver, n *Node, e *event.Event) {
	e.Feedback = event.Feedback{
		Name: n.Text(dialect.FeedbackName), Score: n.Float(dialect.FeedbackScore), Label: n.Text(dialect.FeedbackLabel),
		Comment: n.Text(dialect.FeedbackComment), TargetID: n.Text(dialect.FeedbackTarget), Annotator: n.Text(dialect.FeedbackAnnotator),
	}
	e.Confidence = event.Float{}
}

func byHuman(n *Node) bool { return n.Text(dialect.ApprovalActor) == event.ActorHuman }

func byOther(n *Node) bool { return !byHuman(n) }

func fillApprovalAsked(d *Deriver, n *Node, e *event.Event) {
	fillApproval(d, n, e)
	e.Approval.Required = event.BoolOf(true)
	if e.Approval.Status == "" {
		e.Approval.Status = event.ApprovalPending
		e.Outcome = event.OutcomePending
	}
}

func fillApproval(d *Deriver, n *Node, e *event.Event) {
	fillTool(d, n, e)
	e.Approval = event.Approval{
		Status: n.Text(dialect.ApprovalStatus), ActorClass: n.Text(dialect.ApprovalActor),
		ApproverID: n.Text(dialect.ApproverID), Reason: n.Text(dialect.ApprovalReason), ActionHash: e.ActionHash,
	}
	e.Params = event.RawJSON(n.Content(dialect.ToolArguments))
}

func fillError(_ *Deriver, n *Node, e *event.Event) {
	if e.Outcome == event.OutcomeSuccess || e.Outcome == "" {
		return
	}
	e.Error = errorText(n.Facts)
	e.ErrorType = n.Text(dialect.ErrorType)
	if e.Type == event.Error || e.Type == event.PermissionDenied {
		e.ErrorStack = n.Text(dialect.ErrorStack)
	}
}
