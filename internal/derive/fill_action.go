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
	if n.actionHash == "" {
		n.actionHash = d.ActionHash(e.Tool.Name, n.Content(dialect.ToolArguments))
	}
	e.ActionHash = n.actionHash
	if e.Approval.Status != "" {
		e.Approval.ActionHash = e.ActionHash
	}
}

// hasRun says that a tool call was carried out, or at least tried.
func hasRun(n *Node) bool { return !n.withheld }

func fillToolCall(d *Deriver, n *Node, e *event.Event) {
	fillTool(d, n, e)
	e.Params = event.RawJSON(n.Content(dialect.ToolArguments))
	e.Resource = n.Text(dialect.Resource)
	if !n.withheld {
		e.Outcome = "" // a call has none yet; its result has
	}
	if e.Resource == "" {
		e.Resource = n.touched.resource
	}
}

func fillToolResult(d *Deriver, n *Node, e *event.Event) {
	fillTool(d, n, e)
	e.Action = strings.Replace(e.Action, "tool_call", "tool_result", 1)
	e.Result = event.RawJSON(n.Content(dialect.ToolResult))
	e.Resource = n.Text(dialect.Resource)
	if e.Resource == "" {
		e.Resource = n.touched.resource
	}
	e.DurationMS = n.duration()
	fillError(d, n, e)
}

func fillDataRead(d *Deriver, n *Node, e *event.Event) {
	fillData(d, n, e)
	e.Operation = event.Read
}

func fillDataWrite(d *Deriver, n *Node, e *event.Event) {
	fillData(d, n, e)
	e.Operation = event.Write
}

func fillData(d *Deriver, n *Node, e *event.Event) {
	if n.Has(dialect.ToolName) {
		fillTool(d, n, e)
	}
	e.Resource = n.Text(dialect.Resource)
	e.Params = event.RawJSON(n.Content(dialect.Query))
	e.Result = event.RawJSON(n.Content(dialect.Found))
	e.DurationMS = n.duration()
	fillError(d, n, e)
}

func fillGuardrail(d *Deriver, n *Node, e *event.Event) {
	e.Guardrail = event.Guardrail{
		Name: n.Text(dialect.GuardrailName), Verdict: n.Text(dialect.GuardrailVerdict),
		Reason: n.Text(dialect.GuardrailReason), Target: n.Text(dialect.GuardrailTarget),
		PolicyID: n.Text(dialect.GuardrailPolicy), PolicyVersion: n.Text(dialect.GuardrailPolicyVersion),
		Risk: n.Float(dialect.GuardrailRisk),
	}
	e.DurationMS = n.duration()
	fillError(d, n, e)
}

func fillFeedback(_ *Deriver, n *Node, e *event.Event) {
	e.Feedback = event.Feedback{
		Name: n.Text(dialect.FeedbackName), Score: n.Float(dialect.FeedbackScore), Label: n.Text(dialect.FeedbackLabel),
		Comment: n.Text(dialect.FeedbackComment), TargetID: n.Text(dialect.FeedbackTarget), Annotator: n.Text(dialect.FeedbackAnnotator),
	}
	e.Confidence = event.Float{}
}

// fillChoice tells a decision that was no one's permission: a route, an answer of a decision model.
func fillChoice(d *Deriver, n *Node, e *event.Event) {
	fillModel(d, n, e)
	e.Decision = n.Text(dialect.Decision)
	e.Rationale = n.Text(dialect.Rationale)
	e.Confidence = n.Float(dialect.Confidence)
	fillError(d, n, e)
}

// fillPolicy tells of the rules under which the agent works.
func fillPolicy(_ *Deriver, n *Node, e *event.Event) {
	e.Decision = n.Text(dialect.Decision)
	e.Rationale = n.Text(dialect.Rationale)
	e.Resource = n.Text(dialect.Resource)
	e.Guardrail.PolicyID = n.Text(dialect.GuardrailPolicy)
	if e.Type == event.Security {
		e.Guardrail.Verdict = "checks lifted"
	}
}

func fillSession(_ *Deriver, n *Node, e *event.Event) {
	e.Provider, e.Model = n.Text(dialect.Provider), n.Text(dialect.Model)
	e.Decision = n.Text(dialect.Decision)
}

// unchecked are the modes of agents in which nothing needs a permission, in lower case.
var unchecked = map[string]bool{"bypasspermissions": true, "yolo": true, "danger-full-access": true}

func liftsChecks(n *Node) bool { return unchecked[strings.ToLower(n.Text(dialect.Decision))] }

// filters are the reasons for which a model stops when its provider's filter, or the model itself, would
// not go on; in lower case.
var filters = map[string]bool{
	"content_filter": true, "content-filter": true, "contentfilter": true, "safety": true, "refusal": true,
	"prohibited_content": true, "blocklist": true, "spii": true, "guardrail_intervened": true, "content_filtered": true,
}

func isFiltered(n *Node) bool { return filters[strings.ToLower(finish(n))] }

func fillFiltered(d *Deriver, n *Node, e *event.Event) {
	fillModel(d, n, e)
	e.Guardrail = event.Guardrail{Name: "finish reason", Verdict: finish(n), Target: "output"}
	e.FinishReason = e.Guardrail.Verdict
}

func fillError(_ *Deriver, n *Node, e *event.Event) {
	if e.Outcome == event.OutcomeSuccess || e.Outcome == "" {
		return
	}
	if e.Error = errorText(n.Facts); e.Error == "" && n.Op == dialect.ToolRun && e.Type != event.ToolResult {
		e.Error = n.failureText()
	}
	e.ErrorType = n.Text(dialect.ErrorType)
	if e.Type == event.Error || e.Type == event.PermissionDenied {
		e.ErrorStack = n.Text(dialect.ErrorStack)
	}
}
