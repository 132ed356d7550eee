package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// traceloop is OpenLLMetry: Traceloop's decorators and its instrumentation of model clients and
// frameworks (OpenAI Agents, LangChain and LangGraph, CrewAI, LlamaIndex, MCP).
var traceloop = Dialect{
	Name:    "traceloop",
	Heads:   []string{"traceloop"},
	Markers: []string{"llm.request.type"},
	Scopes: []string{
		"@traceloop/", "opentelemetry.instrumentation.openai.v", "opentelemetry.instrumentation.anthropic",
		"opentelemetry.instrumentation.langchain", "opentelemetry.instrumentation.crewai", "opentelemetry.instrumentation.bedrock",
		"opentelemetry.instrumentation.mcp", "opentelemetry.instrumentation.llamaindex", "opentelemetry.instrumentation.haystack",
	},
	Keys: []Key{
		{"traceloop.span.kind", Kind},
		{"llm.request.type", Operation},
		{"traceloop.entity.name", Subject},
		{"traceloop.entity.input", Input},
		{"traceloop.entity.output", Output},
		{"traceloop.workflow.name", WorkflowName},
		{"traceloop.association.properties.session_id", SessionID},
		{"traceloop.association.properties.conversation_id", SessionID},
		{"traceloop.association.properties.thread_id", SessionID},
		{"traceloop.association.properties.chat_id", SessionID},
		{"traceloop.association.properties.user_id", UserID},
		{"traceloop.association.properties.customer_id", TenantID},
		{"traceloop.association.properties.tenant_id", TenantID},
		{"traceloop.association.properties.lc_agent_name", AgentName},
		{"traceloop.association.properties.langgraph_step", StepNumber},
		{"traceloop.association.properties.ls_provider", Provider},
		{"traceloop.association.properties.ls_model_name", Model},
		{"traceloop.correlation.id", TaskID},

		{"gen_ai.handoff.from_agent", HandoffFrom},
		{"gen_ai.handoff.to_agent", HandoffTo},
		{"langgraph.command.source_node", HandoffFrom},
		{"langgraph.command.goto_node", HandoffTo},
		{"gen_ai.agent.handoff_parent", ParentAgent},
		{"crewai.agent.role", AgentName},
		{"crewai.agent.id", AgentID},

		{"gen_ai.task.id", TaskID},
		{"gen_ai.task.status", Succeeded},
		{"gen_ai.task.input", Input},
		{"gen_ai.task.output", Output},

		{"llm.usage.total_tokens", TotalTokens},
		{"llm.usage.prompt_tokens", InputTokens},
		{"llm.usage.completion_tokens", OutputTokens},
		{"llm.user", UserID},

		{"gen_ai.guardrail.name", GuardrailName},
		{"gen_ai.guardrail.status", GuardrailVerdict},
		{"gen_ai.guardrail.error.message", GuardrailReason},
		{"gen_ai.guardrail.error.type", ErrorType},
		{"gen_ai.guardrail.input", Input},
		{"gen_ai.guardrail.output", Output},

		{"db.collection.name", Resource},
		{"pinecone.query.namespace", Resource},
		{"db.system", Resource},
		{"mcp.response.value", Output},
		{"error.type", ErrorType},
		{"error.message", ErrorMessage},
		{"llm.is_streaming", Ignored},
	},
	Indexed: []Indexed{
		{"gen_ai.prompt.", InputMessages},
		{"gen_ai.completion.", OutputMessages},
		{"llm.request.functions.", ToolDefinitions},
		{"llm.prompts.", InputMessages},
		{"llm.completions.", OutputMessages},
	},
	Documents: []Document{{"traceloop.association.properties.metadata", langChainMetadata}},
	Operations: map[string]Op{
		"workflow":           WorkflowRun,
		"agent":              AgentRun,
		"tool":               ToolRun,
		"task":               Glue,
		"handoff":            Handoff,
		"session":            SessionEnd, // of MCP; its start is told by initialize
		"server":             Glue,
		"chat":               ModelCall,
		"completion":         ModelCall,
		"embedding":          Embeddings,
		"rerank":             Rerank,
		"execute_task":       Glue,
		"goto":               Handoff,
		"vector_db_retrieve": DataRead,
		"guardrail.run":      Guardrail,
		"guard":              Guardrail,
	},
	Names: []Name{
		{"goto", Handoff, HandoffTo},
		{"vector_db_retrieve", DataRead, Resource},
		{"execute_task", Glue, Ignored},
	},
	Suffixes: []Name{
		{".tool", ToolRun, ToolName},
		{".agent", AgentRun, AgentName},
		{".workflow", WorkflowRun, WorkflowName},
		{".task", Glue, Ignored},
		{".chat", ModelCall, Ignored},
		{".handoff", Handoff, Ignored},
		{".mcp", Unknown, Method},
	},
	Refine: refineTraceloop,
}

func refineTraceloop(f *Facts) {
	if f.Op == Unknown && f.Has(Method) {
		f.Op = mcp.Operations[strings.ToLower(f.Text(Method))]
		f.readMCPInput()
	}
	if f.Op == Glue && f.Has(HandoffTo) {
		f.Op = Handoff
	}
	if strings.Contains(f.Scope, "langchain") && f.Has(AgentID) { // the id of a run
		f.Set(TaskID, f.Text(AgentID))
		f.slots[AgentID] = slot{}
	}
	f.unwrap()
	refineLangChain(f)
	switch f.Op {
	case ToolRun:
		f.Set(ToolName, strings.TrimSuffix(f.Name, ".tool"))
		refuseOpenAITool(f)
	case WorkflowRun: // LangGraph's agents are of kind workflow; the name of the workflow around it may stand in workflow.name
		if f.Has(AgentName) && f.Text(Operation) == "invoke_agent" {
			f.Op = AgentRun
		}
		if f.Has(Subject) {
			f.slots[WorkflowName] = f.slots[Subject]
		}
		f.Set(WorkflowName, strings.TrimSuffix(f.Name, ".workflow"))
		if strings.HasPrefix(f.Name, "conversation.") || strings.HasPrefix(f.Name, "workflow Runnable") {
			f.Op = Glue // only holds a conversation together, or is a step of LangChain's
		}
	case Handoff:
		f.readHandoffName()
	case Guardrail:
		f.refineGuardrail()
	case SessionEnd, Glue:
		f.slots[Subject] = slot{}
	}
}

// readMCPInput says what was touched by a request to an MCP server.
func (f *Facts) readMCPInput() {
	input := f.Content(Input)
	if f.Op != DataRead {
		return
	}
	f.Set(Resource, jsontext.GetString(input, "uri"))
	f.Set(Resource, prefixed("prompt:", jsontext.GetString(input, "name")))
}

// unwrap takes what went in and came out from what the decorators, LangChain's callbacks and MCP put around
// it.
func (f *Facts) unwrap() {
	input := f.Content(Input)
	switch inputs, arguments := firstOf(input, []string{"inputs", "input_str"}), firstOf(input, []string{"arguments"}); {
	case inputs != "": // LangChain
		f.replaceContent(Input, plain(inputs))
		if outputs := firstOf(f.Content(Output), []string{"outputs", "output"}); outputs != "" {
			f.replaceContent(Output, plain(outputs))
		}
	case arguments != "" && hasMember(input, "tool_name"): // MCP
		f.replaceContent(Input, arguments)
		f.Set(ToolType, "mcp")
		f.unwrapMCPResult()
	case f.Op == ToolRun && firstOf(input, []string{"args"}) == "[]":
		f.replaceContent(Input, firstOf(input, []string{"kwargs"}))
	}
}

func (f *Facts) unwrapMCPResult() {
	output := f.Content(Output)
	if firstOf(output, []string{"is_error"}) == "true" {
		f.Set(Succeeded, "false")
	}
	if result := firstOf(output, []string{"result"}); result != "" {
		f.replaceContent(Output, plain(result))
	}
}

// replaceContent gives a content field a text that a part of it holds.
func (f *Facts) replaceContent(field Field, text string) {
	f.slots[field] = slot{}
	if text != "" {
		f.slots[field] = slot{pcommon.NewValueStr(text), derived, ""}
	}
}

// readHandoffName reads "A → B.handoff".
func (f *Facts) readHandoffName() {
	name := strings.TrimSuffix(f.Name, ".handoff")
	if from, to, ok := strings.Cut(name, " → "); ok {
		f.Set(HandoffFrom, from)
		f.Set(HandoffTo, to)
	}
	f.slots[Subject] = slot{}
}
