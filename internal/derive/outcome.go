package derive

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

// A pattern says what a failure means whose type or message holds some text, in lower case.
type pattern struct {
	part    string
	outcome string
	// actor is who refused; set only where the text says so.
	actor string
	// tells is the event that the failure makes, if not the one usual for its outcome.
	tells event.Type
}

// types gives errors that mean something else than that the work went wrong, by a word that the
// type of the error holds.
var types = []pattern{
	{part: "graphinterrupt", outcome: event.OutcomePending, tells: event.PermissionCheck}, // LangGraph waits for a person
	{part: "nodeinterrupt", outcome: event.OutcomePending, tells: event.PermissionCheck},
	{part: "approvalrequired", outcome: event.OutcomePending, tells: event.PermissionCheck},
	{part: "calldeferred", outcome: event.OutcomePending},  // runs elsewhere
	{part: "graphbubbleup", outcome: event.OutcomeSuccess}, // LangGraph's Command, a jump
	{part: "parentcommand", outcome: event.OutcomeSuccess}, // the same, to another graph
	{part: "modelretry", outcome: event.OutcomeError},      // a message to the model, but the call failed
	{part: "tripwire", outcome: event.OutcomeDenied, tells: event.Security},
	{part: "policy_violation", outcome: event.OutcomeDenied, actor: event.ActorPolicy},
	{part: "permissiondenied", outcome: event.OutcomeDenied},
	{part: "permission_denied", outcome: event.OutcomeDenied},
	{part: "permissionerror", outcome: event.OutcomeDenied},
	{part: "permission_error", outcome: event.OutcomeDenied}, // Anthropic
	{part: "authentication_error", outcome: event.OutcomeDenied},
	{part: "authenticationerror", outcome: event.OutcomeDenied},
	{part: "accessdenied", outcome: event.OutcomeDenied},
	{part: "access_denied", outcome: event.OutcomeDenied},
	{part: "forbidden", outcome: event.OutcomeDenied},
	{part: "unauthorized", outcome: event.OutcomeDenied},
	{part: "unauthenticated", outcome: event.OutcomeDenied},
	{part: "timeout", outcome: event.OutcomeTimeout},
	{part: "timed_out", outcome: event.OutcomeTimeout},
	{part: "deadlineexceeded", outcome: event.OutcomeTimeout},
	{part: "deadline_exceeded", outcome: event.OutcomeTimeout},
	{part: "cancelled", outcome: event.OutcomeCancelled},
	{part: "canceled", outcome: event.OutcomeCancelled},
	{part: "aborterror", outcome: event.OutcomeCancelled},
	{part: "abandoned", outcome: event.OutcomeCancelled},
}

// messages gives the same by a phrase of the message. Each is one that a framework itself writes.
var messages = []pattern{
	{part: "graphinterrupt", outcome: event.OutcomePending, tells: event.PermissionCheck},
	{part: "interrupt raised:", outcome: event.OutcomePending, tells: event.PermissionCheck},   // Strands
	{part: "manually rejected by user", outcome: event.OutcomeDenied, actor: event.ActorHuman}, // OpenAI Agents
	{part: "tool execution was not approved", outcome: event.OutcomeDenied, actor: event.ActorHuman},
	{part: "tool call invocation was rejected by user", outcome: event.OutcomeDenied, actor: event.ActorHuman}, // Agent Framework
	{part: `rejected("rejected by user")`, outcome: event.OutcomeDenied, actor: event.ActorHuman},              // Codex
	{part: `rejected(\"rejected by user\")`, outcome: event.OutcomeDenied, actor: event.ActorHuman},
	{part: "approval policy is never", outcome: event.OutcomeDenied, actor: event.ActorPolicy},        // Codex
	{part: "tool execution denied by policy", outcome: event.OutcomeDenied, actor: event.ActorPolicy}, // Gemini CLI
	{part: "requires user confirmation, which is not supported", outcome: event.OutcomeDenied, actor: event.ActorPolicy},
	{part: "guardrail tripwire triggered", outcome: event.OutcomeDenied, tells: event.Security},
	{part: "guardrailtripwiretriggered", outcome: event.OutcomeDenied, tells: event.Security},
	{part: "guardrail tripwire", outcome: event.OutcomeDenied, tells: event.Security},
}

// statuses are error types that are an HTTP status.
var statuses = map[string]string{
	"401": event.OutcomeDenied, "403": event.OutcomeDenied,
	"408": event.OutcomeTimeout, "504": event.OutcomeTimeout,
	"499": event.OutcomeCancelled,
}

// blocking are verdicts of guardrails that keep something from happening, in lower case.
var blocking = map[string]bool{
	"deny": true, "denied": true, "block": true, "blocked": true, "fail": true, "failed": true, "true": true,
	"triggered": true, "refused": true, "reject": true, "rejected": true, "detected": true,
}

// settle decides how the operation ended, and what approval it tells of.
func (n *Node) settle() {
	if n.outcome = event.OutcomeSuccess; n.Op == dialect.Review {
		return // whatever was decided, it keeps nothing from having been done
	}
	n.approval = approvalOf(n.Facts)
	switch {
	case refuses(n.approval.Status):
		n.outcome = event.OutcomeDenied
	case n.approval.Status == event.ApprovalPending:
		n.outcome = event.OutcomePending
	case n.Op == dialect.Guardrail && blocking[strings.ToLower(n.Text(dialect.GuardrailVerdict))]:
		n.outcome = event.OutcomeDenied
	case n.Op != dialect.ApprovalDecided:
		n.fail()
	}
}

// fail sets what a failure, if it is one, means.
func (n *Node) fail() {
	if !n.hasFailed() {
		return
	}
	n.outcome = event.OutcomeError
	kind := strings.ToLower(n.Text(dialect.ErrorType))
	if outcome, ok := statuses[kind]; ok {
		n.outcome = outcome
		return
	}
	p, ok := match(types, kind)
	if q, better := match(messages, strings.ToLower(n.failureText())); better && (!ok || p.tells == "") {
		p, ok = q, true
	}
	if !ok {
		return
	}
	n.outcome, n.tells = p.outcome, p.tells
	if p.actor != "" {
		n.approval = event.Approval{
			Status: event.ApprovalRejected, ActorClass: p.actor, Reason: n.failureText(),
			Required: event.Bool{Value: true, Set: p.actor == event.ActorHuman},
		}
	}
}

func match(patterns []pattern, text string) (pattern, bool) {
	for _, p := range patterns {
		if strings.Contains(text, p.part) {
			return p, true
		}
	}
	return pattern{}, false
}

func (n *Node) hasFailed() bool {
	worked := n.Bool(dialect.Succeeded)
	return n.Failed || n.Has(dialect.ErrorType) || n.Op == dialect.Exception || worked.Set && !worked.Value
}

// phraseBytes is how much of a failed tool's result is searched for the phrase of a refusal.
const phraseBytes = 512

// failureText is what a failure says: its message, and the result of a tool that has none.
func (n *Node) failureText() string {
	text := errorText(n.Facts)
	if text == "" && n.Op == dialect.ToolRun {
		text = n.Content(dialect.ToolResult)
	}
	return strings.ToValidUTF8(text[:min(len(text), phraseBytes)], "")
}

// errorText returns the message of a failure: of the exception, else of the status.
func errorText(f *dialect.Facts) string {
	if message := f.Text(dialect.ErrorMessage); message != "" {
		return message
	}
	return f.StatusMessage
}
