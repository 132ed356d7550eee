package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// Refusal is how a result begins that stands for a tool which was not run, since somebody or something
// refused it, or which failed though its own span does not say so.
type Refusal struct {
	Prefix string
	Actor  string // who refused, as event.Actor… has it; "" if the tool failed
}

// refusals are those of all dialects, compiled from their tables.
var refusals []struct {
	Refusal
	dialect int
}

func init() { //nolint:gochecknoinits // compiles the table above, which nothing else writes
	for i, d := range Dialects {
		for _, r := range d.Refusals {
			refusals = append(refusals, struct {
				Refusal
				dialect int
			}{r, i})
		}
	}
}

// readStatus takes the HTTP status of a failure as its type where it says that a provider refused: SDKs have
// classes of their own for that, or one for all failures.
func (f *Facts) readStatus() {
	if !f.Failed {
		return
	}
	code := f.restText("http.response.status_code")
	if code != "401" && code != "403" {
		return
	}
	if class := f.Text(ErrorType); class != "" && class != code {
		f.Rest = append(f.Rest, Attribute{"error.type", f.slots[ErrorType].value})
	}
	f.Replace(ErrorType, code)
}

// answers finds verdicts in a message that follows the assistant's last turn.
func (s *approvals) answers(message string) {
	silent, results := 0, 0 // answers that don't say which, and results of tools, in this message
	for p := range partsOf(message) {
		switch jsontext.GetString(p, "type") {
		case "tool_approval_response", "tool-approval-response": // AI SDK
			approved, ok := jsontext.Get(p, "approved")
			if !ok {
				silent++
				continue
			}
			id := jsontext.GetString(p, "tool_call_id")
			if id == "" {
				id = jsontext.GetString(p, "approval_id")
			}
			s.decide(s.call(id), status(approved == "true"), event.ActorHuman, jsontext.GetString(p, "reason"))
		case "function_approval_response": // Agent Framework
			call, _ := jsontext.Get(p, "function_call")
			approved, _ := jsontext.Get(p, "approved")
			s.decide(proposalOf(call), status(approved == "true"), event.ActorHuman, "")
		case "interrupt_response": // Strands: what was asked is not in it, the answer is the application's
			answer, _ := jsontext.Get(p, "response")
			if text, ok := jsontext.Unquote(answer); ok {
				answer = text
			}
			s.decide(proposal{id: jsontext.GetString(p, "id")}, statusOfAnswer(answer), event.ActorHuman, answer)
		case "tool_call_response":
			results++
		}
	}
	if silent > 0 && results == 0 {
		s.answered = true
	}
	if results > 0 && s.f.Op != AgentRun {
		s.results(message, silent > 0)
	}
}

func (s *approvals) call(id string) proposal {
	if c, ok := s.calls[id]; ok {
		return c
	}
	return proposal{id: id}
}

// results reads the verdicts that stand in place of tools' results. A policy of the framework answers
// in the same message as the result, the caller in one of its own.
func (s *approvals) results(message string, policy bool) {
	for p := range partsOf(message) {
		if jsontext.GetString(p, "type") != "tool_call_response" {
			continue
		}
		id := jsontext.GetString(p, "id")
		response, _ := jsontext.Get(p, "response")
		denied, _ := jsontext.Get(response, "denied")
		actor := event.ActorUnknown
		switch {
		case s.answered:
			actor = event.ActorHuman
		case policy:
			actor = event.ActorPolicy
		}
		switch {
		case denied == "true":
			s.decide(s.call(id), event.ApprovalRejected, actor, jsontext.GetString(response, "reason"))
		case id == "" && (response == "true" || response == "false") && len(s.pending) > 0:
			s.decide(s.pending[0], status(response == "true"), event.ActorUnknown, "")
			s.pending = s.pending[1:]
		case s.answered && s.asks == s.last:
			s.decide(s.call(id), event.ApprovalApproved, actor, "")
		default:
			actor, reason := s.f.refused(response)
			switch {
			case reason == "":
			case actor == "":
				s.fail(s.call(id), reason)
			default:
				s.decide(s.call(id), event.ApprovalRejected, actor, reason)
			}
		}
	}
}

// refused says who refused a tool, and the text that says so, if its result is the text of a refusal.
func (f *Facts) refused(response string) (actor, reason string) {
	text := plainText(response)
	for _, r := range refusals {
		if f.Dialects.has(r.dialect) && strings.HasPrefix(text, r.Prefix) {
			return r.Actor, text
		}
	}
	return "", ""
}

// plainText returns the text of a result: itself, its "error", or that of its first block.
func plainText(response string) string {
	if text, ok := jsontext.Unquote(response); ok {
		return text
	}
	if text := jsontext.GetString(response, "error"); text != "" {
		return text
	}
	for block := range jsontext.Elements(response) {
		return jsontext.GetString(block, "text")
	}
	if jsontext.KindOf(response) == jsontext.Invalid {
		return response
	}
	return ""
}

// fail tells that a tool failed.
func (s *approvals) fail(c proposal, message string) {
	g := s.fact(ToolEnd, c)
	g.End = g.Start
	g.Set(Succeeded, "false")
	g.Set(ErrorMessage, message)
}

func (s *approvals) decide(c proposal, verdict, actor, reason string) {
	if c.id != "" && s.told[c.id] {
		return
	}
	s.told[c.id] = true
	g := s.fact(ApprovalDecided, c)
	g.End = g.Start
	g.Set(ApprovalStatus, verdict)
	g.Set(ApprovalActor, actor)
	g.Set(ApprovalReason, reason)
}

func status(approved bool) string {
	if approved {
		return event.ApprovalApproved
	}
	return event.ApprovalRejected
}

// statusOfAnswer understands the plainest answers; what others mean only the application knows.
func statusOfAnswer(answer string) string {
	switch strings.ToLower(answer) {
	case "true", "y", "yes", "t", "ok", "approve", "approved", "a":
		return event.ApprovalApproved
	case "false", "n", "no", "reject", "rejected", "deny", "denied":
		return event.ApprovalRejected
	}
	return ""
}
