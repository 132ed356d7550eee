package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// logfire is Pydantic AI, and what Pydantic's Logfire records of others (OpenAI Agents, Claude Agent
// SDK, MCP). The name of a Logfire span is the template of its message; what fills it stands in
// attributes of plain names.
var logfire = Dialect{
	Name:    "logfire",
	Heads:   []string{"logfire", "pydantic_ai"},
	Markers: []string{"gen_ai.agent.call.id", "model_request_parameters"},
	Scopes:  []string{"pydantic-ai", "logfire"},
	Keys: []Key{
		{"agent_name", AgentName},
		{"gen_ai.agent.call.id", TaskID},
		{"group_id", SessionID},
		{"model_name", Model},
		{"response_id", ResponseID},
		{"rpc.method", Method},
		{"operation.cost", CostUSD},
		{"pydantic_ai.all_messages", Transcript},
		{"all_messages_events", Transcript},
		{"final_result", Output},
		{"input", Input},
		{"output", Output},
		{"raw_input", InputMessages},
		{"request_data", Input},
		{"response_data", Output},
		{"tool_arguments", ToolArguments},
		{"tool_response", ToolResult},
		{"from_agent", HandoffFrom},
		{"to_agent", HandoffTo},
		{"triggered", GuardrailVerdict},
		{"server", ToolServer},

		{"gen_ai.aggregated_usage.input_tokens", InputTokens},
		{"gen_ai.aggregated_usage.output_tokens", OutputTokens},
		{"gen_ai.aggregated_usage.cache_read.input_tokens", CacheReadTokens},
		{"gen_ai.usage.partial.input_tokens", InputTokens},
		{"gen_ai.usage.partial.output_tokens", OutputTokens},
		{"gen_ai.usage.partial.cache_read.input_tokens", CacheReadTokens},
		{"gen_ai.usage.partial.cache_creation.input_tokens", CacheWriteTokens},
		{"gen_ai.usage.details.reasoning_tokens", ReasoningTokens},
		{"gen_ai.usage.details.thoughts_tokens", ReasoningTokens},

		{"logfire.feedback.name", FeedbackName},
		{"logfire.feedback.comment", FeedbackComment},
		{"logfire.json_schema", Ignored},
		{"logfire.msg_template", Ignored},
	},
	Documents: []Document{
		{"metadata", langChainMetadata},
		{"usage", []Key{
			{"input_tokens", InputTokens},
			{"output_tokens", OutputTokens},
			{"total_tokens", TotalTokens},
		}},
		{"mcp_data", []Key{{"server", ToolServer}}},
	},
	Names: []Name{
		{"Agent run:", AgentRun, Ignored},
		{"Function:", ToolRun, Ignored},
		{"Handoff:", Handoff, Ignored},
		{"Guardrail", Guardrail, Ignored},
		{"Responses API with", ModelCall, Ignored},
		{"Chat completion with", ModelCall, Ignored},
		{"Chat Completion with", ModelCall, Ignored},
		{"Message with", ModelCall, Ignored}, // Anthropic
		{"OpenAI Agents trace:", WorkflowRun, Ignored},
		{"MCP request:", Unknown, Ignored},
		{"MCP server handle request:", Unknown, Ignored},
		{"agent run", AgentRun, Ignored},
		{"running tool:", ToolRun, ToolName},
		{"running tool", ToolRun, Ignored},
		{"toolset_call_tool", Glue, Ignored},
		{"feedback:", Evaluation, Ignored},
	},
	Refine: refineLogfire,
}

func refineLogfire(f *Facts) {
	if strings.HasPrefix(f.Name, "toolset_call_tool") {
		f.Op = Glue
	}
	f.readMCPRequest()
	if f.restText("logfire.span_type") == "annotation" || f.Has(FeedbackName) {
		f.refineFeedback()
	}
	switch f.Op {
	case AgentRun, ToolRun, WorkflowRun, Guardrail:
		f.Set(Subject, f.restText("name"))
		f.drop("name")
	}
	switch f.Op {
	case AgentRun:
		f.readTranscript()
		if _, ok := f.rest("pydantic_ai.realtime"); ok {
			f.tellUsage() // a realtime session has no spans of model calls
		}
	case ModelCall:
		f.readLogfireEvents()
	case ToolRun:
		f.readDeferral()
		refuseOpenAITool(f)
	case Guardrail:
		f.refineGuardrail()
		if strings.HasPrefix(f.Text(GuardrailName), "Guardrail {") {
			f.slots[GuardrailName] = slot{}
		}
	}
	f.readLogfireError()
}

// readDeferral tells a tool that waits, for an approval or for somebody else's work, from one that ran.
func (f *Facts) readDeferral() {
	switch f.restText("pydantic_ai.tool.deferral.name") {
	case "ApprovalRequired":
		f.Op = ApprovalAsked
	case "CallDeferred":
		f.Replace(ErrorType, "CallDeferred")
	}
	if f.restText("pydantic_ai.tool.failure_stage") != "" {
		f.Set(Succeeded, "false")
	}
}

// refineFeedback reads an annotation: its value stands under a key that is its name, its target is
// its parent, which is in another process.
func (f *Facts) refineFeedback() {
	f.Op = Evaluation
	name := f.Text(FeedbackName)
	if v, ok := f.rest(name); ok {
		field := FeedbackLabel
		if fits(number, v) {
			field = FeedbackScore
		}
		f.Set(field, v.AsString())
	}
	if !f.ParentSpanID.IsEmpty() {
		f.Set(FeedbackTarget, f.ParentSpanID.String())
	}
}

// readTranscript takes what the user asked last, and what the agent answered, from all messages of a run.
func (f *Facts) readTranscript() {
	transcript := toMessages(f.Content(Transcript), "", false)
	f.slots[Transcript] = slot{}
	asked, answered := "", ""
	for m := range jsontext.Elements(transcript) {
		switch jsontext.GetString(m, "role") {
		case "user":
			if strings.Contains(m, `"text"`) {
				asked = m
			}
		case "assistant":
			answered = m
		case "system":
			f.Set(SystemInstructions, m)
		}
	}
	if asked != "" {
		f.Set(InputMessages, "["+asked+"]")
	}
	if answered != "" && !f.Has(Output) {
		f.Set(OutputMessages, "["+answered+"]")
	}
}

// readLogfireEvents takes the messages of a call from "events", a JSON array of OTel's deprecated events.
func (f *Facts) readLogfireEvents() {
	var asked []string // what follows the last question is the answer, be it called a choice or not
	var answered []string
	for e := range jsontext.Elements(f.restText("events")) {
		name := jsontext.GetString(e, "event.name")
		role := strings.TrimSuffix(strings.TrimPrefix(name, "gen_ai."), ".message")
		switch role {
		case "system":
			f.Set(SystemInstructions, jsontext.GetString(e, "content"))
		case "assistant", "gen_ai.choice", "choice":
			answered = append(answered, e)
		default:
			asked = append(append(asked, answered...), e)
			answered = nil
		}
	}
	f.drop("events")
	if len(answered) > 0 {
		f.Set(OutputMessages, toMessages("["+strings.Join(answered, ",")+"]", "assistant", false))
	}
	if len(asked) > 0 && !f.Has(InputMessages) {
		f.Set(InputMessages, toMessages("["+strings.Join(asked, ",")+"]", "user", false))
	}
}

// readMCPRequest reads a request of the Model Context Protocol.
func (f *Facts) readMCPRequest() {
	request := f.restText("request")
	if f.restText("rpc.system") != "jsonrpc" && !strings.HasPrefix(f.Name, "MCP ") {
		if f.Has(Method) && f.Op == Unknown {
			f.Op = Glue // of some other protocol
		}
		f.slots[Method] = slot{}
		return
	}
	f.Set(Method, jsontext.GetString(request, "method"))
	f.Op = Glue
	if op, ok := mcp.Operations[strings.ToLower(f.Text(Method))]; ok {
		f.Op = op
	}
	params, _ := jsontext.Get(request, "params")
	switch f.Op {
	case ToolRun:
		f.Set(ToolName, jsontext.GetString(params, "name"))
		f.Set(ToolType, "mcp")
		arguments, _ := jsontext.Get(params, "arguments")
		f.Set(ToolArguments, arguments)
		f.Set(ToolResult, f.restText("response"))
		f.drop("request", "response")
	case DataRead:
		f.Set(Resource, jsontext.GetString(params, "uri"))
		f.Set(Resource, prefixed("prompt:", jsontext.GetString(params, "name")))
		f.Set(Found, f.restText("response"))
		f.drop("request", "response")
	}
}

// readLogfireError takes message and data of an error: control flow of OpenAI Agents is in the data.
func (f *Facts) readLogfireError() {
	text := f.restText("error")
	if jsontext.KindOf(text) != jsontext.Object {
		return
	}
	f.drop("error")
	message := jsontext.GetString(text, "message")
	data, _ := jsontext.Get(text, "data")
	if f.Op == Glue && hasMember(data, "guardrail") {
		return // the turn that a guardrail ended; the guardrail's own span tells it
	}
	if cause := jsontext.GetString(data, "error"); cause != "" && message != "" {
		f.Set(ErrorMessage, message+": "+cause)
	}
	f.Set(ErrorMessage, message)
	if strings.Contains(data, "manually rejected by user") && f.Op == ToolRun {
		f.Set(ApprovalStatus, event.ApprovalRejected)
		f.Set(ApprovalActor, event.ActorHuman)
		f.Set(ApprovalReason, message)
		return
	}
	if message != "" {
		f.Set(Succeeded, "false")
	}
}
