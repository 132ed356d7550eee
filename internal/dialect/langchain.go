package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

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

// refineLangChain reads what a run of LangChain says in its documents, whichever convention has them.
func refineLangChain(f *Facts) {
	if f.Op == Glue {
		f.readInterrupt()
	}
	f.splitStack()
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

// readChain finds what a chain is: a graph, which is the run of an agent if it has the name of one, or a
// node of a graph, which may guard or pass control on. A chain of another framework is a workflow if it is
// the root.
func (f *Facts) readChain(node string, agent bool) {
	switch {
	case node != "":
		f.readGuard(node)
		f.readGoto(node)
		return
	case agent && f.Has(AgentName): // its own; what is inherited comes later
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
