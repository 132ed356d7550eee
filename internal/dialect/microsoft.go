package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// agentFramework is Microsoft's Agent Framework: OTel's names, and spans of its workflows. An executor
// is a node of a workflow, often an agent; messages pass between them.
var agentFramework = Dialect{
	Name:    "agent_framework",
	Scopes:  []string{"agent_framework", "Experimental.Microsoft.Agents.AI", "Microsoft.Agents.AI"},
	Markers: []string{"executor.id", "edge_group.type", "message.source_id", "workflow.definition"},
	Keys: []Key{
		{"workflow.name", WorkflowName},
		{"workflow.id", TaskID},
		{"workflow.definition", Ignored}, // the whole graph, as JSON
		{"executor.id", AgentName},
		{"message.source_id", HandoffFrom},
		{"message.target_id", HandoffTo},
		{"agent_framework.function.invocation.duration", Ignored},
	},
	Operations: map[string]Op{
		"workflow.run": WorkflowRun,
	},
	Names: []Name{
		{"workflow.run", WorkflowRun, Ignored},
		{"workflow.build", Glue, Ignored},
		{"workflow.session", Glue, Ignored},
		{"workflow_invoke", WorkflowRun, WorkflowName},
		{"executor.process", Glue, AgentName},
		{"edge_group.process", Glue, Ignored},
		{"message.send", Handoff, Ignored},
	},
	Refusals: []Refusal{
		{"Error: Tool call invocation was rejected by user.", "human"},
	},
	Refine: refineAgentFramework,
}

func refineAgentFramework(f *Facts) {
	if f.Text(Provider) == "microsoft.agent_framework" {
		f.forget(Provider) // the framework's name
	}
	if f.Op == Handoff && (!f.Has(HandoffTo) || f.Text(HandoffFrom) == f.Text(HandoffTo)) {
		f.Op = Glue // sent to whoever listens, or to itself
	}
}

// semanticKernel is Microsoft's Semantic Kernel, Python and .NET. Messages are span events or log records.
var semanticKernel = Dialect{
	Name:    "semantic_kernel",
	Scopes:  []string{"semantic_kernel", "Microsoft.SemanticKernel"},
	Markers: []string{"sk.available_functions"},
	Keys: []Key{
		{"sk.available_functions", ToolDefinitions},
		{"gen_ai.response.prompt_tokens", InputTokens}, // before OTel named them
		{"gen_ai.response.completion_tokens", OutputTokens},
	},
	Operations: map[string]Op{
		"chat.completions":           ModelCall,
		"chat.streaming_completions": ModelCall,
		"text.completions":           ModelCall,
		"text.streaming_completions": ModelCall,
		"chat_completion":            ModelCall,
	},
	Names: []Name{
		{"chat.completions", ModelCall, Model},
		{"chat.streaming_completions", ModelCall, Model},
		{"text.completions", ModelCall, Model},
		{"text.streaming_completions", ModelCall, Model},
		{"chat_completion", ModelCall, Model},
		{"AutoFunctionInvocationLoop", Glue, Ignored},
	},
	Refine: func(f *Facts) {
		// Names of tools have that of their plugin in front, "Handoff-transfer_to_Refunds".
		if _, to, ok := strings.Cut(f.Text(ToolName), "-transfer_to_"); ok && f.Op == ToolRun {
			f.Set(HandoffTo, to)
		}
	},
}

// autogen is Microsoft's AutoGen: OTel's names for agents and tools, and spans of the messages that
// its runtime carries from agent to agent.
var autogen = Dialect{
	Name:   "autogen",
	Scopes: []string{"autogen"},
	Keys: []Key{
		{"messaging.operation", Method},
		{"messaging.message.type", Ignored},
	},
	Operations: map[string]Op{
		"create": Glue, "publish": Glue, "receive": Glue, "process": Glue, "ack": Glue,
		"send": Handoff,
	},
	Names: []Name{
		{"autogen create", Glue, Ignored},
		{"autogen publish", Glue, Ignored}, // to a topic: who listens, it doesn't say
		{"autogen receive", Glue, Ignored},
		{"autogen process", Glue, Ignored},
		{"autogen ack", Glue, Ignored},
		{"autogen send", Handoff, Ignored},
	},
	Refine: refineAutogen,
}

// refineAutogen reads the agent from a destination, "type.(key)-A", or from the span's name, "autogen process type/key".
func refineAutogen(f *Facts) {
	if f.Text(Provider) == "autogen" {
		f.forget(Provider) // the framework's name
	}
	method := f.Text(Method)
	if method == "" {
		if rest, ok := strings.CutPrefix(f.Name, "autogen "); ok {
			method, _, _ = strings.Cut(rest, " ")
		}
	}
	to := f.takeRest("messaging.destination")
	if to == "" {
		to = nameAfter(f, "autogen "+method)
	}
	to, _, _ = strings.Cut(to, ".(")
	to, _, _ = strings.Cut(to, "/")
	switch {
	case f.Op == Handoff:
		f.Set(HandoffTo, to)
		f.Set(HandoffFrom, jsontext.GetString(f.Content(ToolArguments), "sender"))
	case method == "process" || method == "receive":
		f.Set(AgentName, to)
	}
}
