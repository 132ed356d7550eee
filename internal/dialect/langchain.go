package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// LangChain and LangGraph speak through the conventions of others (OpenInference, Traceloop, LangSmith);
// what is their own is in the documents that those carry: the metadata of a run, messages as
// constructors, commands, interrupts.

// langChainMetadata are the members of a run's metadata. The person who starts a graph chooses the
// thread id, so a session id goes first.
var langChainMetadata = []Key{
	{"session_id", SessionID},
	{"conversation_id", SessionID},
	{"thread_id", SessionID},
	{"user_id", UserID},
	{"tenant_id", TenantID},
	{"tenant", TenantID},
	{"lc_agent_name", AgentName},
	{"langgraph_step", StepNumber},
	{"ls_provider", Provider},
	{"ls_model_name", Model},
}

// refineLangChain reads what a run of LangChain says in its documents.
func refineLangChain(f *Facts) {
	if f.Op == AgentRun && strings.EqualFold(f.Name, "agent") && hasMember(f.restText("metadata"), "langgraph_node") {
		f.Op = Glue // the node of a graph that asks the model; it got its kind for its name
	}
	if f.Op == Glue {
		f.readInterrupt()
	}
	f.splitStack()
	if f.Op == Glue {
		f.readGraph()
	}
	switch f.Op {
	case ToolRun:
		f.readToolMessage()
	case ModelCall:
		f.readGeneration()
	}
}

// stacks is what begins a stack trace that was appended to an error's message.
var stacks = []string{"\n\nError: ", "Traceback (most recent call last)", "\n    at "}

// splitStack parts an error's message from the stack trace behind it.
func (f *Facts) splitStack() {
	message := f.Text(ErrorMessage)
	for _, mark := range stacks {
		if i := strings.Index(message, mark); i > 0 {
			f.Replace(ErrorMessage, strings.TrimSpace(message[:i]))
			f.Set(ErrorStack, strings.TrimSpace(message[i:]))
			return
		}
	}
}

// readGraph tells the root of a graph, which is the run of an agent or of a workflow, from its nodes; and
// control that a node passes on.
func (f *Facts) readGraph() {
	metadata := f.restText("metadata")
	if node := jsontext.GetString(metadata, "langgraph_node"); node != "" {
		f.readGuard(node)
		f.readGoto(node)
		return
	}
	switch {
	case f.Has(AgentName): // its own; what is inherited comes later
		f.Op = AgentRun
	case f.ParentSpanID.IsEmpty():
		f.Op = WorkflowRun
		f.Set(WorkflowName, f.Name)
	}
	f.readResume()
}

// readGuard makes a guardrail of the middleware that looks for personal data: its node gives back the messages
// that it changed.
func (f *Facts) readGuard(node string) {
	if !strings.HasPrefix(node, "PIIMiddleware") || !strings.HasPrefix(f.Name, "PIIMiddleware") {
		return
	}
	name, hook, _ := strings.Cut(node, ".")
	f.Op = Guardrail
	f.Set(GuardrailName, name)
	f.Set(GuardrailTarget, map[string]string{"before_model": "input", "after_model": "output"}[hook])
	if hasMember(f.Content(Output), "messages") {
		f.Set(GuardrailVerdict, "modified")
	} else {
		f.Set(GuardrailVerdict, verdictOf("false"))
	}
}

// readGoto makes a handoff of a command that sends control to another node.
func (f *Facts) readGoto(node string) {
	command := f.Content(Output)
	if jsontext.GetString(command, "lg_name") != "Command" {
		return
	}
	targets, _ := jsontext.Get(command, "goto")
	for to := range jsontext.Elements(targets) {
		name := textOf(to)
		if name == "" || strings.HasPrefix(name, "__") || name == "model_request" || name == "tools" {
			continue // the end, or a step of the same agent
		}
		f.Op = Handoff
		f.Set(HandoffFrom, node)
		f.Set(HandoffTo, name)
	}
	if f.Op == Handoff {
		f.slots[Input], f.slots[Output] = slot{}, slot{}
	}
}

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
			target.Set(ErrorType, "GraphInterrupt")
			target.Set(ErrorMessage, "waits for a person")
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

// readToolMessage unpacks the arguments, and the message that a tool's run gives.
func (f *Facts) readToolMessage() {
	if input := jsontext.GetString(f.Content(Input), "input"); jsontext.KindOf(input) == jsontext.Object {
		f.replaceContent(Input, input)
	}
	output := f.Content(Output)
	if inner, ok := jsontext.Get(output, "output"); ok {
		output = inner
	}
	if jsontext.GetString(output, "lg_name") == "Command" { // a tool that also changes the state
		return
	}
	message, ok := jsontext.Get(output, "kwargs")
	if !ok {
		if jsontext.GetString(output, "type") != "tool" {
			return
		}
		message = output
	}
	f.Set(ToolCallID, jsontext.GetString(message, "tool_call_id"))
	if jsontext.GetString(message, "status") == "error" {
		f.Set(Succeeded, "false")
	}
	if content, ok := jsontext.Get(message, "content"); ok {
		if s, ok := jsontext.Unquote(content); ok {
			content = s
		}
		f.slots[Output] = slot{pcommon.NewValueStr(content), derived, ""}
	}
}

// readGeneration reads a chat model's run from LangChain's own documents: what the conventions make of its
// messages lacks the ids of tool calls and the reasoning.
func (f *Facts) readGeneration() {
	for from, to := range map[Field]Field{Input: InputMessages, Output: OutputMessages} {
		if text := f.Content(from); strings.Contains(text, `"lc":1`) {
			if messages := toMessages(text, "", false); messages != text {
				f.replaceContent(to, messages)
			}
		}
	}
	if f.Has(ResponseID) {
		return
	}
	generations, ok := jsontext.Get(f.Content(Output), "generations")
	for range 2 {
		if first, found := firstElement(generations); ok && found {
			generations = first
		}
	}
	message, _ := jsontext.Get(generations, "message")
	kwargs, ok := jsontext.Get(message, "kwargs")
	if !ok {
		kwargs = message
	}
	f.Set(ResponseID, jsontext.GetString(kwargs, "id"))
}
