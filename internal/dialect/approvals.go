package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// Most frameworks tell of an approval only in the messages of the next model call: a call that was
// refused has no tool span at all. readApprovals finds what those messages say, whichever
// dialect they came in, and makes facts of their own of it.
//
// Messages are the whole history, so only what follows the assistant's last turn counts: the rest was
// told in its own turn. An agent's run repeats what its model calls tell; of it
// only explicit verdicts and requests count, and package derive keeps one of two.

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
			hints = append(hints, r.Prefix)
			refusals = append(refusals, struct {
				Refusal
				dialect int
			}{r, i})
		}
	}
}

// maxMessages bounds how many messages of one array are looked at.
const maxMessages = 4096

// hints are words of which one must be in messages that tell of an approval, besides those of the refusals.
var hints = []string{"approval", `"denied"`, "interrupt_response", "adk_request_confirmation"}

func (f *Facts) readApprovals() {
	switch f.Op {
	case ModelCall, Messages, AgentRun:
	default:
		return
	}
	if output := f.Content(OutputMessages); hinted(output) {
		s := newApprovals(f)
		for m := range jsontext.Elements(output) {
			s.learn(m)
			s.asked(m)
		}
	}
	if input := f.Content(InputMessages); hinted(input) {
		newApprovals(f).read(input)
	}
}

func hinted(messages string) bool {
	for _, hint := range hints {
		if strings.Contains(messages, hint) {
			return true
		}
	}
	return false
}

// approvals reads the messages of one array.
type approvals struct {
	f       *Facts
	calls   map[string]proposal // by call id and by approval id
	pending []proposal          // of the assistant's last turn, those that waited for an approval
	asks    int                 // how many of its calls were said to need one
	last    int                 // how many calls it has
	told    map[string]bool
	// answered says that the caller gave answers that don't say for which call, and that the
	// framework has not given them itself.
	answered bool
}

// proposal is a tool call that a model proposed.
type proposal struct{ id, name, server, arguments string }

func newApprovals(f *Facts) *approvals {
	return &approvals{f: f, calls: map[string]proposal{}, told: map[string]bool{}}
}

// read looks at the turn that follows the assistant's last one.
func (s *approvals) read(messages string) {
	var tail []string
	n := 0
	for m := range jsontext.Elements(messages) {
		if n++; n > maxMessages {
			return
		}
		if r := jsontext.GetString(m, "role"); r == "assistant" || r == "model" {
			if len(tail) > 0 {
				s.pending, s.asks, s.last = nil, 0, 0
			}
			tail = tail[:0]
			s.learn(m)
			continue
		}
		tail = append(tail, m)
	}
	for _, m := range tail {
		s.answers(m)
	}
}

// learn notes the calls that a message of the assistant proposes.
func (s *approvals) learn(message string) {
	for p := range partsOf(message) {
		switch jsontext.GetString(p, "type") {
		case "tool_call":
			c := proposalOf(p)
			s.last++
			if name, ok := strings.CutPrefix(c.name, mcpRequest); ok {
				c.name = name
				s.pending = append(s.pending, c)
			}
			s.calls[c.id] = c
		case "tool_approval_request", "tool-approval-request":
			s.asks++
			if c, ok := s.calls[jsontext.GetString(p, "tool_call_id")]; ok {
				s.calls[jsontext.GetString(p, "approval_id")] = c
			}
		}
	}
}

// mcpRequest is how OpenTelemetry's OpenAI instrumentation names a provider's question whether it may
// call a tool of an MCP server.
const mcpRequest = "mcp_approval_request: "

func partsOf(message string) func(func(string) bool) {
	parts, _ := jsontext.Get(message, "parts")
	return jsontext.Elements(parts)
}

// proposalOf reads a tool_call part, or a nested function call in any spelling.
func proposalOf(call string) proposal {
	id := jsontext.GetString(call, "call_id")
	if id == "" {
		id = jsontext.GetString(call, "id")
	}
	arguments, ok := jsontext.Get(call, "arguments")
	if !ok {
		arguments, _ = jsontext.Get(call, "args")
	}
	if text, ok := jsontext.Unquote(arguments); ok {
		arguments = text
	}
	return proposal{id, jsontext.GetString(call, "name"), jsontext.GetString(call, "server"), arguments}
}

// asked finds requests for an approval in a message of the assistant.
func (s *approvals) asked(message string) {
	for p := range partsOf(message) {
		switch jsontext.GetString(p, "type") {
		case "function_approval_request": // Agent Framework
			call, _ := jsontext.Get(p, "function_call")
			s.ask(proposalOf(call))
		case "tool_approval_request", "tool-approval-request": // AI SDK
			if c, ok := s.calls[jsontext.GetString(p, "tool_call_id")]; ok {
				s.ask(c)
			}
		case "tool_call":
			c := proposalOf(p)
			if name, ok := strings.CutPrefix(c.name, mcpRequest); ok {
				c.name = name
				s.ask(c)
			}
			if c.name == "adk_request_confirmation" {
				call, _ := jsontext.Get(c.arguments, "originalFunctionCall")
				s.ask(proposalOf(call))
			}
		}
	}
}

func (s *approvals) ask(c proposal) {
	g := s.fact(ApprovalAsked, c)
	g.Start = g.End
}

// fact adds facts about a proposed call. They happened before the model call, or at its end.
func (s *approvals) fact(op Op, c proposal) *Facts {
	g := &Facts{Source: s.f.Source, Dialects: s.f.Dialects, Op: op}
	g.Failed, g.StatusMessage, g.HasLinks = false, "", false
	g.Set(ToolCallID, c.id)
	g.Set(ToolName, c.name)
	g.Set(ToolServer, c.server)
	g.Set(ToolArguments, c.arguments)
	s.f.More = append(s.f.More, g)
	return g
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
