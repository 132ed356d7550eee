package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// strands is AWS Strands Agents, Python and TypeScript. Messages, the arguments of tools and their
// results are in span events: OTel's old ones with Bedrock's blocks, or the new
// operation.details. A call that a person or a hook refused has no tool span, only a result in the
// next turn's messages; one that waits for a person is an InterruptError on the cycle.
var strands = Dialect{
	Name:    "strands",
	Scopes:  []string{strandsScope, "opentelemetry.instrumentation.strands"},
	Markers: []string{"gen_ai.event.start_time", "event_loop.cycle_id", "agent_loop.cycle_id", "gen_ai.agent.node_type"},
	Keys: []Key{
		{"event_loop.cycle_id", TurnID},
		{"agent_loop.cycle_id", TurnID},
		{"system_prompt", SystemInstructions},
		{"gen_ai.agent.tools", ToolDefinitions},
		{"gen_ai.agent.input", InputMessages},
		{"tool.result", ToolResult},
		{"tool.status", Succeeded},
		{"name", Ignored},
		{"gen_ai.event.start_time", Ignored},
		{"gen_ai.event.end_time", Ignored},
		{"gen_ai.agent.execution_time", Ignored},
		{"finish_reason", FinishReason},
	},
	Operations: map[string]Op{
		"execute_event_loop_cycle": Glue,
		"execute_agent_loop_cycle": Glue,
		"execute_node":             Glue,
		"invoke_swarm":             WorkflowRun,
		"invoke_graph":             WorkflowRun,
	},
	Names: []Name{
		{"execute_event_loop_cycle", Glue, Ignored},
		{"execute_agent_loop_cycle", Glue, Ignored},
		{"node", Glue, Ignored},
		{"invoke_swarm", WorkflowRun, WorkflowName},
		{"invoke_graph", WorkflowRun, WorkflowName},
		{"Cycle", Glue, Ignored},
		{"Model invoke", ModelCall, Ignored},
		{"Tool:", ToolRun, ToolName},
	},
	Events: map[string]Event{
		"gen_ai.system.message":    {Op: Messages, Read: readStrands(SystemInstructions, "system")},
		"gen_ai.user.message":      {Op: Messages, Read: readStrands(InputMessages, "user")},
		"gen_ai.assistant.message": {Op: Messages, Read: readStrands(InputMessages, "assistant")},
		"gen_ai.tool.message":      {Op: Messages, Read: readStrands(InputMessages, "tool")},
		"gen_ai.choice":            {Op: Messages, Read: readStrands(OutputMessages, "assistant")},
	},
	Refusals: []Refusal{
		{"DENIED: ", event.ActorPolicy},
		{"CONFIRMATION_FAILED: ", event.ActorHuman},
		{"Tool cancelled by user", event.ActorHuman},
	},
	Refine: refineStrands,
}

// readStrands reads a message of a model call, or what a tool was given and gave.
func readStrands(field Field, role string) func(*Facts, pcommon.Map, pcommon.Value) {
	return func(f *Facts, attributes pcommon.Map, _ pcommon.Value) {
		key := "content"
		if field == OutputMessages {
			key = "message"
		}
		v, ok := attributes.Get(key)
		if !ok {
			return
		}
		content := contentText(v)
		switch {
		case f.Text(Operation) == "execute_tool" && field == InputMessages:
			f.Set(ToolArguments, content)
		case f.Text(Operation) == "execute_tool":
			f.Set(ToolResult, content)
		case field == SystemInstructions:
			f.Set(field, content)
		default:
			f.appendMessage(field, strandsMessage(role, content))
		}
	}
}

func strandsMessage(role, content string) string {
	if jsontext.KindOf(content) != jsontext.Array {
		content = jsontext.Quote(content)
	}
	if parts := otelParts(content); parts != "[]" {
		return messageOf(role, parts)
	}
	return ""
}

func refineStrands(f *Facts) {
	if p := f.Text(Provider); p == "strands-agents" || p == f.serviceName() {
		f.forget(Provider) // the framework's name, or the service's: whose model it is, it doesn't say
	}
	switch f.Op {
	case WorkflowRun:
		f.Set(WorkflowName, nameAfter(f, "invoke_swarm"))
		f.Set(WorkflowName, nameAfter(f, "invoke_graph"))
		f.forget(AgentName) // "swarm" or "graph"
		f.forget(AgentID)
	case Glue:
		if strings.Contains(f.Text(ErrorType), "Interrupt") {
			f.Op = ApprovalAsked
			f.Set(ApprovalReason, strings.TrimPrefix(f.Text(ErrorMessage), "Interrupt raised: "))
			f.Failed, f.StatusMessage = false, "" // it waits, nothing went wrong
			for _, field := range [...]Field{ErrorType, ErrorMessage, ErrorStack} {
				f.forget(field)
			}
		}
	case AgentRun:
		if f.Text(FinishReason) == "interrupt" && strings.HasPrefix(f.Scope, strandsScope) {
			f.waits()
		}
	case ToolRun:
		refineStrandsTool(f)
	}
}

// strandsScope is Python's. TypeScript's is the name of the service.
const strandsScope = "strands.telemetry"

// waits tells that the run waits for a person to say yes to the calls it ends with. In TypeScript the
// cycle says so.
func (f *Facts) waits() {
	s := newApprovals(f)
	for m := range jsontext.Elements(f.Content(OutputMessages)) {
		s.learn(m)
	}
	for _, c := range s.calls {
		s.ask(c)
	}
	if len(s.calls) == 0 {
		s.ask(proposal{})
	}
}

// refineStrandsTool sees the handoffs of a swarm: a tool of Python's, a form to fill in of TypeScript's.
func refineStrandsTool(f *Facts) {
	for m := range jsontext.Elements(f.Content(InputMessages)) { // of operation.details
		for p := range partsOf(m) {
			f.Set(ToolArguments, firstOf(p, []string{"arguments"}))
		}
	}
	for m := range jsontext.Elements(f.Content(OutputMessages)) {
		for p := range partsOf(m) {
			f.Set(ToolResult, firstOf(p, []string{"response"}))
		}
	}
	arguments := f.Content(ToolArguments)
	switch f.Text(ToolName) {
	case "handoff_to_agent":
		f.Set(HandoffTo, jsontext.GetString(arguments, "agent_name"))
	case "strands_structured_output":
		f.Set(HandoffTo, jsontext.GetString(arguments, "agentId"))
	}
}

func (f *Facts) serviceName() string {
	if v, ok := f.Resource.Get("service.name"); ok {
		return v.AsString()
	}
	return ""
}
