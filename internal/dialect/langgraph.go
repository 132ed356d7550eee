package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// A graph of LangGraph's that needs a person stops with an interrupt, which looks like an exception, and is
// resumed, in another trace, by a command that holds the answer.

// readInterrupt tells a graph that waits for a person from one that failed: the interrupt comes as an
// exception, whose message is the JSON of what is asked.
func (f *Facts) readInterrupt() {
	message := f.Text(ErrorMessage)
	if message == "" {
		message = f.StatusMessage
	}
	if !strings.Contains(message, "GraphInterrupt") && f.Text(ErrorType) != "GraphInterrupt" {
		return
	}
	f.Op = ApprovalAsked
	f.Replace(ErrorType, "GraphInterrupt")
	end, err := jsontext.SkipValue(message, jsontext.SkipSpace(message, 0))
	if err != nil {
		return
	}
	f.Replace(ErrorMessage, "waits for a person")
	f.slots[ErrorStack], f.slots[Input] = slot{}, slot{}
	for interrupt := range jsontext.Elements(message[:end]) {
		value, _ := jsontext.Get(interrupt, "value")
		requests, ok := jsontext.Get(value, "actionRequests")
		if !ok {
			requests, ok = jsontext.Get(value, "action_requests")
		}
		if !ok {
			f.Set(ToolName, jsontext.GetString(value, "tool"))
			f.Set(ToolArguments, value)
			continue
		}
		f.readRequests(requests)
	}
}

// readRequests sets the call of the first request; each later one makes facts of its own.
func (f *Facts) readRequests(requests string) {
	target := f
	for r := range jsontext.Elements(requests) {
		if target.Has(ToolName) {
			target = &Facts{Source: f.Source, Dialects: f.Dialects, Op: ApprovalAsked}
			target.Failed, target.StatusMessage, target.HasLinks = false, "", false
			f.More = append(f.More, target)
		}
		target.Set(ToolName, firstText(r, "name", "action"))
		target.Set(ToolArguments, firstOf(r, []string{"args", "arguments"}))
		target.Set(ApprovalReason, jsontext.GetString(r, "description"))
	}
}

// decisions maps what people answer to LangChain's middleware.
var decisions = map[string]string{
	"approve": event.ApprovalApproved, "accept": event.ApprovalApproved, "edit": event.ApprovalApproved,
	"reject": event.ApprovalRejected, "ignore": event.ApprovalRejected, "respond": event.ApprovalRejected, "response": event.ApprovalRejected,
}

// readResume makes facts of the answers with which a graph is resumed. The middleware's are a
// person's decisions; what other answers mean, and who gave them, only the application knows.
func (f *Facts) readResume() {
	command := f.Content(Input)
	if jsontext.GetString(command, "lg_name") != "Command" {
		return
	}
	resume, ok := jsontext.Get(command, "resume")
	if !ok {
		return
	}
	answers, structured := jsontext.Get(resume, "decisions")
	if !structured {
		if jsontext.KindOf(resume) != jsontext.Null {
			g := f.decided(proposal{}, statusOfAnswer(resume), event.ActorUnknown)
			g.Set(ApprovalReason, textOf(resume))
		}
		return
	}
	calls := f.proposed()
	i := 0
	for d := range jsontext.Elements(answers) {
		var call proposal
		if i < len(calls) {
			call = calls[i]
		}
		i++
		kind := jsontext.GetString(d, "type")
		if edited, ok := jsontext.Get(d, "edited_action"); ok {
			call.name = firstText(edited, "name")
			call.arguments = firstOf(edited, []string{"args", "arguments"})
		}
		g := f.decided(call, decisions[kind], event.ActorHuman)
		g.Set(ApprovalReason, jsontext.GetString(d, "message"))
		g.Set(Decision, kind)
	}
}

// decided makes facts of a decision, taken before the run was resumed.
func (f *Facts) decided(call proposal, status, actor string) *Facts {
	g := &Facts{Source: f.Source, Dialects: f.Dialects, Op: ApprovalDecided}
	g.Failed, g.StatusMessage, g.HasLinks, g.End = false, "", false, f.Start
	g.Set(ToolCallID, call.id)
	g.Set(ToolName, call.name)
	g.Set(ToolArguments, call.arguments)
	g.Set(ApprovalStatus, status)
	g.Set(ApprovalActor, actor)
	f.More = append(f.More, g)
	return g
}

// proposed returns the calls that the model proposed before the graph stopped: the resumed run's state
// begins with them.
func (f *Facts) proposed() (calls []proposal) {
	messages := toMessages(f.Content(Output), "assistant", true)
	for m := range jsontext.Elements(messages) {
		parts, _ := jsontext.Get(m, "parts")
		for p := range jsontext.Elements(parts) {
			if jsontext.GetString(p, "type") == "tool_call" {
				calls = append(calls, proposalOf(p))
			}
		}
		if len(calls) > 0 {
			return calls
		}
	}
	return nil
}
