package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// Most frameworks tell of an approval only in the messages of the next model call: a call that was
// refused has no tool span at all. readApprovals finds what those messages say, whichever
// dialect they came in, and makes facts of their own of it.
//
// Messages are the whole history, so only what follows the assistant's last turn counts: the rest was
// told in its own turn. An agent's run repeats what its model calls tell; of it
// only explicit verdicts and requests count, and package derive keeps one of two.

// maxMessages bounds how many messages of one array are looked at.
const maxMessages = 4096

// maxInner bounds the facts that the messages of one model call make: each is some kilobytes.
const maxInner = 256

// hints are words of which one must be in messages that tell of an approval, besides those of the refusals.
var hints = []hint{{"approval", 5}, {`"denied"`, 0}, {"interrupt_response", 9}, {"adk_request_confirmation", 3}}

// hint is a word that is looked for by its letter that is the rarest in messages, at an index: prose is full of a's and has few
// v's, so this takes a tenth of the time that [strings.Contains] does.
type hint struct {
	word string
	rare int
}

func (h hint) in(text string) bool {
	for i := h.rare; i < len(text); i++ {
		n := strings.IndexByte(text[i:], h.word[h.rare])
		if n < 0 {
			return false
		}
		i += n
		if strings.HasPrefix(text[i-h.rare:], h.word) {
			return true
		}
	}
	return false
}

func (f *Facts) readApprovals() {
	switch f.Op {
	case ModelCall, Messages, AgentRun:
	default:
		return
	}
	if output := f.Content(OutputMessages); f.hinted(output) {
		s := newApprovals(f)
		for m := range jsontext.Elements(output) {
			s.learn(m)
			s.asked(m)
		}
	}
	if input := f.Content(InputMessages); f.hinted(input) {
		newApprovals(f).read(input)
	}
}

// hinted says whether messages may tell of an approval; nearly all don't.
func (f *Facts) hinted(messages string) bool {
	for _, hint := range hints {
		if hint.in(messages) {
			return true
		}
	}
	for i := range refusals {
		if f.Dialects.has(refusals[i].dialect) && strings.Contains(messages, refusals[i].Prefix) {
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
		if len(s.calls) > maxMessages {
			return
		}
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

// AdoptProposal completes a request for an approval that doesn't say for which call, if the answer of
// the model call m that led to it proposes just one that has not run.
func (f *Facts) AdoptProposal(m *Facts, ran func(id string) bool) {
	s := newApprovals(m)
	for message := range jsontext.Elements(m.Content(OutputMessages)) {
		s.learn(message)
	}
	var open []proposal
	for id, c := range s.calls {
		if !ran(id) {
			open = append(open, c)
		}
	}
	if len(open) == 1 {
		f.about(open[0])
	}
}

// about says which call it is.
func (f *Facts) about(c proposal) {
	f.Set(ToolCallID, c.id)
	f.Set(ToolName, c.name)
	f.Set(ToolServer, c.server)
	f.Set(ToolArguments, c.arguments)
}

// fact adds facts about a proposed call. They happened before the model call, or at its end.
func (s *approvals) fact(op Op, c proposal) *Facts {
	g := &Facts{Source: s.f.Source, Dialects: s.f.Dialects, Op: op}
	g.Failed, g.StatusMessage, g.HasLinks = false, "", false
	g.about(c)
	if len(s.f.More) == maxInner {
		s.f.Cut(InputMessages)
		return g // told by nobody
	}
	s.f.More = append(s.f.More, g)
	return g
}
