package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Frameworks whose telemetry a table alone nearly says.

// livekit is LiveKit Agents: voice agents. Texts are in lk.*, since version 1.9 in lk.pii.* and OTel's
// messages; usage is in OTel's names.
var livekit = Dialect{
	Name:   "livekit",
	Heads:  []string{"lk"},
	Scopes: []string{"livekit-agents", "livekit.agents"},
	Keys: []Key{
		{"gen_ai.agent.name", AgentName},
		{"lk.agent_name", AgentName},
		{"lk.agent_label", AgentName},
		{"gen_ai.conversation.id", SessionID},
		{"lk.room_name", SessionID},
		{"lk.pii.room_name", SessionID},
		{"lk.job_id", TaskID},
		{"lk.generation_id", TurnID},
		{"lk.speech_id", TurnID},
		{"lk.participant_identity", UserID},
		{"lk.pii.participant_identity", UserID},
		{"lk.instructions", SystemInstructions},
		{"lk.pii.instructions", SystemInstructions},
		{"lk.chat_ctx", InputMessages},
		{"lk.pii.chat_ctx", InputMessages},
		{"lk.user_input", InputMessages},
		{"lk.pii.user_input", InputMessages},
		{"lk.user_transcript", InputMessages},
		{"lk.pii.user_transcript", InputMessages},
		{"lk.function_tools", ToolDefinitions},
		{"lk.response.text", OutputMessages},
		{"lk.pii.response.text", OutputMessages},
		{"lk.function_tool.id", ToolCallID},
		{"lk.function_tool.name", ToolName},
		{"lk.function_tool.arguments", ToolArguments},
		{"lk.pii.function_tool.arguments", ToolArguments},
		{"lk.function_tool.output", ToolResult},
		{"lk.pii.function_tool.output", ToolResult},
		{"lk.start_time", Ignored},
		{"lk.end_time", Ignored},
		{"lk.llm_metrics", Ignored},
		{"lk.tts_metrics", Ignored},
		{"lk.realtime_model_metrics", Ignored},
	},
	Names: []Name{
		{"agent_session", SessionStart, Ignored},
		{"start_agent_activity", Glue, Ignored},
		{"drain_agent_activity", Glue, Ignored},
		{"on_enter", Glue, Ignored},
		{"on_exit", Glue, Ignored},
		{"user_turn", Glue, Ignored},
		{"user_speaking", Glue, Ignored},
		{"agent_speaking", Glue, Ignored},
		{"eou_detection", Glue, Ignored},
		{"agent_turn", AgentRun, Ignored},
		{"function_tool", ToolRun, Ignored},
		{"llm_node", Glue, Ignored}, // wraps llm_request
		{"llm_request", ModelCall, Ignored},
		{"llm_request_run", Glue, Ignored}, // one try
		{"llm_fallback_adapter", Glue, Ignored},
		{"tts_node", Glue, Ignored},
		{"tts_request", Glue, Ignored},
		{"tts_request_run", Glue, Ignored},
	},
	Refine: func(f *Facts) {
		if f.takeRest("lk.function_tool.is_error") == "true" {
			f.Set(Succeeded, "false")
			f.Set(ErrorMessage, f.Text(ToolResult))
		}
		if f.Name == "agent_session" {
			f.Op = SessionStart // and a workflow's run, as OTel has it
		}
		if f.Op == SessionStart { // a span ends with what it tells of
			end := &Facts{Source: f.Source, Dialects: f.Dialects, Op: SessionEnd}
			end.Start = end.End
			f.More = append(f.More, end)
		}
	},
}

// springAI is Spring AI: observations of its chat client, advisors, tools and vector stores. The chat
// client and its advisors go around the model call, which has OTel's names.
var springAI = Dialect{
	Name:    "spring_ai",
	Scopes:  []string{"org.springframework.ai"},
	Markers: []string{"spring.ai.kind", "spring.ai.tool.definition.name", "spring.ai.chat.client.stream"},
	Keys: []Key{
		{"spring.ai.kind", Method},
		{"spring.ai.chat.client.conversation.id", SessionID},
		{"spring.ai.chat.client.tool.names", ToolDefinitions},
		{"spring.ai.tool.definition.name", ToolName},
		{"spring.ai.tool.definition.description", Ignored},
		{"spring.ai.tool.definition.schema", Ignored},
		{"spring.ai.tool.call.id", ToolCallID},
		{"spring.ai.tool.call.arguments", ToolArguments},
		{"spring.ai.tool.call.result", ToolResult},
		{"db.collection.name", Resource},
		{"db.namespace", Resource},
		{"db.vector.query.content", Query},
		{"db.vector.query.response.documents", Found},
	},
	// Its operation is always "framework", so the kind says what it was.
	Operations: map[string]Op{
		"chat_client":  AgentRun,
		"advisor":      Glue,
		"tool_call":    ToolRun,
		"vector_store": DataRead,
	},
	Refine: func(f *Facts) {
		if f.Text(Provider) == "spring_ai" {
			f.forget(Provider) // the framework's name
		}
		if f.Op != DataRead {
			return
		}
		switch f.takeRest("db.operation.name") {
		case "add", "delete", "update":
			f.Op = DataWrite
		}
	},
}

// crewAI is CrewAI as the instrumentations of others tell it. They call crews, agents and tasks all
// invoke_agent, and say which in the span's name.
var crewAI = Dialect{
	Name:  "crewai",
	Heads: []string{"crewai"},
	Keys: []Key{
		{"crewai.agent.role", AgentName},
		{"crewai.agent.id", AgentID},
		{"crewai.agent.result", OutputMessages},
		{"crewai.task.id", TaskID},
		{"crewai.task.agent", AgentName},
		{"crewai.crew.name", WorkflowName},
		{"crewai.crew.result", OutputMessages},
	},
	Refine: func(f *Facts) {
		switch {
		case f.Op == AgentRun && strings.HasSuffix(f.Name, ".workflow"):
			f.Op = WorkflowRun
		case strings.HasSuffix(f.Name, ".task"):
			f.Op = Glue // the agent that does it tells the same
			f.forget(AgentName)
		}
	},
}

// openAIAgentsOTel is the OpenAI Agents SDK through OpenTelemetry's own two packages: the older tells of
// handoffs and guardrails in words that OTel has not, the newer drops both.
var openAIAgentsOTel = Dialect{
	Name: "openai_agents",
	Scopes: []string{
		"opentelemetry.instrumentation.openai_agents", "opentelemetry.instrumentation.genai.openai_agents",
		"opentelemetry.instrumentation.genai_openai_agents",
	},
	Markers: []string{"gen_ai.handoff.from_agent", "gen_ai.handoff.to_agent", "gen_ai.guardrail.triggered"},
	Keys: []Key{
		{"gen_ai.handoff.from_agent", HandoffFrom},
		{"gen_ai.handoff.to_agent", HandoffTo},
		{"gen_ai.agent.handoff_parent", ParentAgent},
		{"gen_ai.guardrail.name", GuardrailName},
		{"gen_ai.guardrail.triggered", GuardrailVerdict},
	},
	Operations: map[string]Op{
		"agent_handoff":   Handoff,
		"handoff":         Handoff,
		"guardrail_check": Guardrail,
	},
	Names: []Name{
		{"agent_handoff", Handoff, HandoffTo},
		{"guardrail_check", Guardrail, GuardrailName},
	},
	Refusals: []Refusal{
		{"Tool execution was not approved.", event.ActorHuman},
	},
	Refine: func(f *Facts) {
		switch f.Text(GuardrailVerdict) {
		case "true":
			f.Replace(GuardrailVerdict, "triggered")
		case "false":
			f.Replace(GuardrailVerdict, "passed")
		}
	},
}

// anthropicSDK is the telemetry built into Anthropic's own SDKs. Its names are OTel's but for a tool's
// result and the reason to stop.
var anthropicSDK = Dialect{
	Name:    "anthropic_sdk",
	Markers: []string{"anthropic.request.id", "anthropic.tool_result.content", "anthropic.message.stop_reason"},
	Scopes:  []string{"com.anthropic.sdk"},
	Keys: []Key{
		{"anthropic.tool_result.content", ToolResult},
		{"anthropic.message.stop_reason", FinishReason},
		{"anthropic.tool_result.is_error", Ignored},
	},
	Names: []Name{
		{"anthropic.messages.create", ModelCall, Ignored},
		{"anthropic.messages.stream", ModelCall, Ignored},
		{"anthropic.messages.tool_runner", AgentRun, Ignored},
		{"anthropic.custom_tool_use", ToolRun, ToolName},
		{"anthropic.messages.count_tokens", Glue, Ignored},
	},
	Refine: func(f *Facts) {
		f.Set(ToolName, nameOfTool(f, "anthropic.custom_tool_use"))
		if strings.HasPrefix(f.Name, "anthropic.messages.count_tokens") {
			f.Op = Glue // no model answered
		}
	},
}

func nameOfTool(f *Facts, operation string) string {
	if f.Op != ToolRun {
		return ""
	}
	return nameAfter(f, operation)
}

// otelOpenAI is OpenTelemetry's own instrumentation of OpenAI's clients. Of a call to the Responses API it
// writes two log records, one for what went in and one for what came out, that belong together
// like the older events, one per message.
var otelOpenAI = Dialect{
	Name: "otel_openai",
	Scopes: []string{
		"@opentelemetry/instrumentation-openai", "opentelemetry.instrumentation.openai_v2", "opentelemetry.instrumentation.genai.openai",
	},
	Events: map[string]Event{
		"gen_ai.client.inference.operation.details": {Op: Messages, Read: func(*Facts, pcommon.Map, pcommon.Value) {}},
	},
}

// bedrock is what instrumentations of AWS's SDK add for Bedrock.
var bedrock = Dialect{
	Name:    "aws_bedrock",
	Markers: []string{"aws.bedrock.guardrail.id", "aws.bedrock.knowledge_base.id", "aws.bedrock.agent.id", "aws.bedrock.data_source.id"},
	Keys: []Key{
		{"aws.bedrock.guardrail.id", GuardrailPolicy},
		{"aws.bedrock.knowledge_base.id", Resource},
		{"aws.bedrock.data_source.id", Resource},
		{"aws.bedrock.agent.id", AgentID},
	},
	Names: []Name{
		{"BedrockRuntime.InvokeModel", ModelCall, Ignored},
		{"BedrockRuntime.InvokeModelWithResponseStream", ModelCall, Ignored},
		{"BedrockRuntime.Converse", ModelCall, Ignored},
		{"BedrockAgentRuntime.InvokeAgent", AgentRun, Ignored},
		{"BedrockAgentRuntime.Retrieve", DataRead, Ignored},
	},
}
