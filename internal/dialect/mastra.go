package dialect

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// mastra is Mastra's exporter. A model call is three spans or four, one inside another: the generation, which
// spans all steps of a run; the step, which has the messages; the inference, which has the
// usage (of older versions the generation has it). Steps and inferences describe one call. A run that
// stopped for an approval has the input of its last call, the run that resumes it the output.
var mastra = Dialect{
	Name:   "mastra",
	Heads:  []string{"mastra"},
	Scopes: []string{"@mastra/"},
	Keys: []Key{
		{"mastra.span.type", Kind},
		{"mastra.agent_run.input", Input},
		{"mastra.agent_run.output", Output},
		{"mastra.workflow_run.input", Input},
		{"mastra.workflow_run.output", Output},
		{"mastra.model_generation.input", Input},
		{"mastra.model_generation.output", Output},
		{"mastra.model_chunk.output", Output},
		{"mastra.model_step.input", Input},
		{"mastra.model_step.output", Output},
		{"mastra.model_step.step_index", StepNumber},
		{"mastra.processor_run.input", Input},
		{"mastra.processor_run.output", Output},
		{"mastra.tool_call.input", Input},
		{"mastra.tool_call.output", Output},
		{"mastra.mcp_tool_call.input", Input},
		{"mastra.mcp_tool_call.output", Output},
		{"mastra.memory_operation.input", Input},
		{"mastra.memory_operation.output", Output},

		{"gen_ai.conversation.id", SessionID}, // the thread; a resumed run has no sessionId any more
		{"mastra.metadata.threadId", SessionID},
		{"mastra.metadata.sessionId", SessionID},
		{"mastra.metadata.userId", UserID},
		{"mastra.metadata.resourceId", UserID},
		{"mastra.metadata.tenant", TenantID},
		{"mastra.metadata.tenantId", TenantID},
		{"mastra.metadata.runId", TaskID},

		{"mastra.metadata.headers", Ignored}, // of HTTP, with its secrets
		{"mastra.metadata.body", Ignored},    // the raw response, which the step repeats
	},
	Operations: map[string]Op{
		"agent_run":                 AgentRun,
		"workflow_run":              WorkflowRun,
		"model_generation":          Glue,
		"model_step":                ModelCall,
		"model_inference":           ModelCall,
		"model_chunk":               Glue,
		"tool_call":                 ToolRun,
		"mcp_tool_call":             ToolRun,
		"processor_run":             Guardrail,
		"generic":                   Glue,
		"memory_operation":          DataRead,
		"mapping":                   Glue,
		"workflow_step":             Glue,
		"workflow_conditional":      Glue,
		"workflow_parallel":         Glue,
		"workflow_loop":             Glue,
		"workflow_sleep":            Glue,
		"workflow_wait_event":       Glue,
		"workflow_conditional_eval": Glue,
	},
	Refine: refineMastra,
}

func refineMastra(f *Facts) {
	if f.Signal == SignalLog {
		f.refineMastraLog()
		return
	}
	switch f.Op {
	case Glue:
		switch {
		case f.Text(Kind) == "model_generation" && f.Has(InputTokens): // of older versions
			f.Op = ModelCall
		case f.Text(Kind) == "model_chunk" && hasMember(f.Content(Output), "resumeSchema"):
			f.askFor(f.Content(Output)) // of all that tell of the request, this has the arguments
		case f.Text(Kind) == "workflow_step" && f.restText("mastra.workflow_step.status") == "suspended":
			f.Op = ApprovalAsked
			f.Set(ToolName, f.restText("mastra.workflow_step.step_id"))
			f.Set(ToolType, "workflow_step")
			f.Set(ToolArguments, f.restText("mastra.workflow_step.input"))
		}
	case AgentRun, WorkflowRun:
		f.readSuspension()
	case ToolRun:
		if f.Text(Kind) == "mcp_tool_call" {
			f.Replace(ToolType, "mcp")
			f.Set(ToolServer, f.restText("server.address")) // the name of the server
		}
	case DataRead:
		f.refineMemory()
	case Guardrail:
		f.refineProcessor()
	}
}

// readSuspension finds that a run stopped to ask for an approval, and the answer with which a
// run was resumed.
func (f *Facts) readSuspension() {
	if output := f.Content(Output); jsontext.GetString(output, "status") == "suspended" {
		g := f.decided(suspended(output), "", "")
		g.Op, g.Start, g.End = ApprovalAsked, f.End, f.End
		f.Set(FinishReason, "suspended")
	}
	input := f.Content(Input)
	if approved, ok := jsontext.Get(input, "approved"); ok {
		g := f.decided(suspended(input), status(approved == "true"), event.ActorHuman)
		g.Set(ApprovalReason, jsontext.GetString(input, "reason"))
	}
}

// askFor makes the facts those of a request for an approval.
func (f *Facts) askFor(document string) {
	call := suspended(document)
	f.Op = ApprovalAsked
	f.Start = f.End
	f.Set(ToolCallID, call.id)
	f.Set(ToolName, call.name)
	f.Set(ToolArguments, call.arguments)
	f.slots[Output] = slot{}
}

func suspended(document string) proposal {
	arguments, _ := jsontext.Get(document, "args")
	return proposal{
		id: jsontext.GetString(document, "toolCallId"), name: jsontext.GetString(document, "toolName"), arguments: arguments,
	}
}

// guards are words that name processors which guard; others prepare messages and memory.
var guards = []string{"detect", "moderat", "filter", "guard", "scrub", "pii", "inject", "safety", "polic", "block"}

// refineProcessor tells processors that guard, by their names or since they stopped the run.
func (f *Facts) refineProcessor() {
	name := strings.TrimPrefix(f.Name, "processor_run ")
	lower := strings.ToLower(name)
	guard := slices.ContainsFunc(guards, func(word string) bool { return strings.Contains(lower, word) })
	tripped := f.Failed || hasMember(f.Content(Output), "tripwire")
	if !tripped && (!guard || strings.HasPrefix(lower, "memory")) {
		f.Op = Glue
		return
	}
	f.Set(GuardrailName, name)
	f.Set(GuardrailVerdict, verdictOf(strconv.FormatBool(tripped)))
	if tripped {
		f.Replace(ErrorType, "tripwire")
		f.Set(GuardrailReason, f.Text(ErrorMessage))
		f.Set(GuardrailReason, f.StatusMessage)
	}
}

// refineMemory tells what is stored from what is recalled: what goes in is the assistant's own.
func (f *Facts) refineMemory() {
	messages, _ := jsontext.Get(f.Content(Input), "messages")
	if last, ok := lastElement(messages); ok && jsontext.GetString(last, "role") == "assistant" {
		f.Op = DataWrite
	}
	f.Set(Resource, "memory:"+strings.TrimPrefix(f.Name, "memory_operation "))
}

func lastElement(array string) (last string, ok bool) {
	for e := range jsontext.Elements(array) {
		last, ok = e, true
	}
	return last, ok
}

// refineMastraLog leaves out what spans tell: the log of an error names the span that has it.
func (f *Facts) refineMastraLog() {
	_, traced := f.rest("mastra.traceId")
	if f.Failed && !traced && f.TraceID.IsEmpty() {
		f.Op = Exception
		return
	}
	f.Op = Glue
}
