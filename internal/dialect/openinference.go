package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// openInference is Arize's convention, from its own instrumentation libraries (OpenAI Agents, LangChain,
// LlamaIndex, CrewAI, smolagents, Claude Agent SDK, …) and from span processors that add it to spans
// of other conventions. Its kind is authoritative.
var openInference = Dialect{
	Name:    "openinference",
	Markers: []string{"openinference.span.kind"},
	Scopes:  []string{"openinference.instrumentation", "@arizeai/openinference"},
	Keys: []Key{
		{"openinference.span.kind", Kind},
		{"input.value", Input},
		{"output.value", Output},
		{"input.mime_type", Ignored},
		{"output.mime_type", Ignored},

		{"agent.name", AgentName},
		{"session.id", SessionID},
		{"user.id", UserID},
		{"graph.node.parent_id", ParentAgent},

		{"llm.provider", Provider},
		{"llm.system", Provider},
		{"decision.provider", Provider},
		{"llm.response.model_name", Model},
		{"llm.model_name", Model},
		{"llm.request.model_name", Model},
		{"embedding.model_name", Model},
		{"reranker.model_name", Model},
		{"decision.model_name", Model},
		{"llm.finish_reason", FinishReason},

		{"llm.token_count.prompt", InputTokens},
		{"decision.token_count.input", InputTokens},
		{"llm.token_count.completion", OutputTokens},
		{"decision.token_count.output", OutputTokens},
		{"llm.token_count.total", TotalTokens},
		{"llm.token_count.completion_details.reasoning", ReasoningTokens},
		{"llm.token_count.prompt_details.cache_read", CacheReadTokens},
		{"llm.token_count.prompt_details.cache_input", CacheReadTokens},
		{"llm.token_count.prompt_details.cache_write", CacheWriteTokens},
		{"llm.cost.total", CostUSD},

		{"tool.name", ToolName},
		{"tool.id", ToolCallID},
		{"tool_call.id", ToolCallID},
		{"tool_call.function.name", ToolName},
		{"tool_call.function.arguments", ToolArguments},
		{"tool.description", Ignored},
		{"tool.json_schema", Ignored},

		{"reranker.query", Query},

		{"validator_name", GuardrailName},
		{"guardrail.triggered", GuardrailVerdict},

		{"annotation.name", FeedbackName},
		{"evaluation.name", FeedbackName},
		{"annotation.score", FeedbackScore},
		{"evaluation.score", FeedbackScore},
		{"annotation.label", FeedbackLabel},
		{"evaluation.label", FeedbackLabel},
		{"annotation.explanation", FeedbackComment},
		{"evaluation.explanation", FeedbackComment},
		{"annotation.annotator_kind", FeedbackAnnotator},
	},
	Indexed: []Indexed{
		{"llm.input_messages.", InputMessages},
		{"llm.prompts.", InputMessages},
		{"llm.output_messages.", OutputMessages},
		{"llm.choices.", OutputMessages},
		{"llm.tools.", ToolDefinitions},
		{"retrieval.documents.", Found},
		{"reranker.output_documents.", Found},
		{"embedding.embeddings.", Ignored}, // vectors
		{"annotations.", Judgements},
		{"evaluations.", Judgements},
		{"trace.annotations.", Judgements},
		{"trace.evaluations.", Judgements},
		{"session.annotations.", Judgements},
		{"session.evaluations.", Judgements},
	},
	Documents: []Document{
		{"metadata", langChainMetadata},
		{"llm.invocation_parameters", []Key{
			{"id", ResponseID},
			{"model", Model},
			{"tools", ToolDefinitions},
			{"functions", ToolDefinitions},
			{"instructions", SystemInstructions},
			{"system", SystemInstructions},
		}},
	},
	Operations: map[string]Op{
		"llm":       ModelCall,
		"embedding": Embeddings,
		"reranker":  Rerank,
		"retriever": DataRead,
		"tool":      ToolRun,
		"agent":     AgentRun,
		"guardrail": Guardrail,
		"evaluator": Evaluation,
		"decision":  Choice,
		"chain":     Glue,
		"prompt":    Glue,
	},
	Refine: refineOpenInference,
}

func refineOpenInference(f *Facts) {
	if f.Op == Glue && f.Has(Operation) { // added to a span that says more in its own convention
		if op, ok := otelGenAI.Operations[strings.ToLower(f.Text(Operation))]; ok {
			f.Op = op
		}
	}
	node := jsontext.GetString(f.restText("metadata"), "langgraph_node")
	if f.Op == AgentRun && node != "" && strings.EqualFold(f.Name, "agent") {
		f.Op = Glue // the node of a graph that asks the model; it got its kind for its name
	}
	refineLangChain(f)
	switch f.Op {
	case Glue:
		f.readChain(node, strings.Contains(f.Scope, "langchain"))
	case ModelCall:
		if output := f.Content(Output); jsontext.KindOf(output) == jsontext.Object {
			f.Set(ResponseID, jsontext.GetString(output, "id")) // the raw response of the API
		}
	case AgentRun:
		f.refineAgent()
		if strings.Contains(f.Scope, "claude") && f.Has(OutputTokens) {
			f.tellUsage() // Claude Agent SDK: there are no spans of model calls
		}
	case ToolRun:
		f.refineTool()
	case Guardrail:
		f.refineGuardrail()
	case Choice:
		f.readAnswers(f.Content(Output))
		if f.Has(InputTokens) {
			f.tellUsage()
		}
	case Evaluation:
		f.Set(FeedbackName, f.Name)
	case DataRead:
		f.Set(Operation, "retrieval")
		f.Set(Resource, f.Name)
	}
	f.readJudgements()
}

// refineAgent finds the agent's name where agent.name is absent. OpenAI Agents names its traces with
// a span of kind AGENT: that is the workflow that its agents run in.
func (f *Facts) refineAgent() {
	f.Set(AgentName, f.restText("graph.node.id"))
	f.drop("graph.node.id")
	if f.Has(AgentName) || f.Has(Operation) {
		return
	}
	if openAIAgents(f.Scope) {
		f.Op = WorkflowRun
		f.Set(WorkflowName, f.Name)
		return
	}
	name := f.Name // smolagents: CodeAgent.run, Claude Agent SDK: ClaudeAgent.query
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name = name[:i]
	}
	f.Set(AgentName, name)
}

func openAIAgents(scope string) bool {
	return strings.Contains(scope, "openai-agents") || strings.Contains(scope, "openai_agents")
}

// refineTool tells handoffs, which come as tools, and refused calls from tool runs.
func (f *Facts) refineTool() {
	if to, ok := strings.CutPrefix(f.Name, "handoff to "); ok {
		f.Op = Handoff
		f.Set(HandoffTo, to)
		from := f.Content(Input)
		if jsontext.KindOf(from) == jsontext.Object {
			from = jsontext.GetString(from, "from_agent")
		}
		f.Set(HandoffFrom, from)
		f.slots[Input], f.slots[Output], f.slots[ToolName] = slot{}, slot{}, slot{}
		return
	}
	f.Set(ToolName, f.Name)
	if !f.Has(Input) { // a schema by the specification, arguments by some emitters
		f.Set(ToolArguments, f.restText("tool.parameters"))
	}
	f.drop("tool.parameters")
	if f.StatusMessage == "Abandoned" { // Claude Agent SDK: it never ended, for what reason nobody knows
		f.Set(ErrorType, f.StatusMessage)
	}
	refuseOpenAITool(f)
}

// refuseOpenAITool tells a tool that a person rejected from one that failed: in OpenAI Agents
// the rejection is the error of the tool's span, and nothing but its text says so.
func refuseOpenAITool(f *Facts) {
	message := f.StatusMessage
	if m := f.Text(ErrorMessage); m != "" {
		message = m
	}
	before, ok := strings.CutSuffix(strings.TrimRight(message, `"}. `), " was manually rejected by user")
	if !ok && !strings.HasPrefix(message, "Tool execution was not approved") {
		return
	}
	f.Set(ApprovalStatus, event.ApprovalRejected)
	f.Set(ApprovalActor, event.ActorHuman)
	if i := strings.LastIndex(before, "Tool execution for "); i >= 0 {
		f.Set(ToolCallID, before[i+len("Tool execution for "):])
	}
	reason, _, _ := strings.Cut(message, ": {")
	f.Set(ApprovalReason, reason)
}

func (f *Facts) refineGuardrail() {
	f.Set(GuardrailName, f.Text(ToolName))
	f.Set(GuardrailName, f.Name)
	f.slots[ToolName] = slot{}
	if b := f.slots[GuardrailVerdict]; b.rank != 0 {
		f.Replace(GuardrailVerdict, verdictOf(b.value.AsString()))
	} else if out := f.Text(Output); out == "pass" || out == "fail" { // Guardrails AI
		f.Set(GuardrailVerdict, out)
		f.slots[Output] = slot{}
	}
}

// verdictOf names what a tripwire found.
func verdictOf(triggered string) string {
	switch strings.ToLower(triggered) {
	case "true":
		return "triggered"
	case "false":
		return "passed"
	}
	return triggered
}

// readAnswers takes the answers of a decision model: {"answers":{"<question>":{"answer","probability"}}}.
func (f *Facts) readAnswers(output string) {
	answers, ok := jsontext.Get(output, "answers")
	if !ok {
		f.Set(Decision, output)
		return
	}
	for question, a := range jsontext.Members(answers) {
		value, _ := jsontext.Get(a, "answer")
		if s, ok := jsontext.Unquote(value); ok {
			value = s
		}
		if f.Has(Decision) {
			f.Replace(Decision, f.Text(Decision)+"; "+question+": "+value)
			f.slots[Confidence] = slot{} // of one answer only
			continue
		}
		f.Set(Decision, question+": "+value)
		if p, ok := jsontext.Get(a, "probability"); ok {
			f.Set(Confidence, p)
		}
	}
}
