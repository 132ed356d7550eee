package dialect

// otelGenAI is the OpenTelemetry GenAI convention, in all versions in the wild:
// open-telemetry/semantic-conventions up to v1.41 and semantic-conventions-genai since. The
// second name of a fact is the one that it had before.
var otelGenAI = Dialect{
	Name:  "otel_genai",
	Heads: []string{"gen_ai"},
	Logs:  []string{"gen_ai."},
	Keys: []Key{
		{"gen_ai.operation.name", Operation},

		{"gen_ai.agent.name", AgentName},
		{"gen_ai.main_agent.name", AgentName},
		{"gen_ai.agent.id", AgentID},
		{"gen_ai.main_agent.id", AgentID},
		{"gen_ai.agent.version", AgentVersion},
		{"gen_ai.agent.parent.id", ParentAgent},
		{"gen_ai.workflow.name", WorkflowName},
		{"gen_ai.conversation.id", SessionID},
		{"session.id", SessionID},
		{"user.id", UserID},
		{"enduser.id", UserID},
		{"user.email", UserID},
		{"gen_ai.user", UserID},
		{"gen_ai.request.user", UserID},
		{"enduser.pseudo.id", UserID},
		{"user.hash", UserID},
		{"tenant.id", TenantID},
		{"gen_ai.tenant.id", TenantID},
		{"gen_ai.turn.id", TurnID},

		{"gen_ai.provider.name", Provider},
		{"gen_ai.system", Provider},
		{"gen_ai.response.model", Model},
		{"gen_ai.request.model", Model},
		{"gen_ai.response.id", ResponseID},
		{"gen_ai.response.finish_reasons", FinishReason},
		{"gen_ai.response.finish_reason", FinishReason},
		{"gen_ai.system_instructions", SystemInstructions},
		{"gen_ai.tool.definitions", ToolDefinitions},
		{"gen_ai.input.messages", InputMessages},
		{"gen_ai.prompt", InputMessages},
		{"gen_ai.output.messages", OutputMessages},
		{"gen_ai.completion", OutputMessages},

		{"gen_ai.usage.input_tokens", InputTokens},
		{"gen_ai.usage.prompt_tokens", InputTokens},
		{"gen_ai.usage.output_tokens", OutputTokens},
		{"gen_ai.usage.completion_tokens", OutputTokens},
		{"gen_ai.usage.total_tokens", TotalTokens},
		{"gen_ai.usage.reasoning.output_tokens", ReasoningTokens},
		{"gen_ai.usage.reasoning_tokens", ReasoningTokens},
		{"gen_ai.usage.cache_read.input_tokens", CacheReadTokens},
		{"gen_ai.usage.cache_read_input_tokens", CacheReadTokens},
		{"gen_ai.usage.cached_input_tokens", CacheReadTokens},
		{"gen_ai.usage.cache_write.input_tokens", CacheWriteTokens},
		{"gen_ai.usage.cache_creation.input_tokens", CacheWriteTokens},
		{"gen_ai.usage.cache_creation_input_tokens", CacheWriteTokens},
		{"gen_ai.usage.cache_write_input_tokens", CacheWriteTokens},
		{"gen_ai.usage.cache_write_tokens", CacheWriteTokens},
		{"gen_ai.usage.cost", CostUSD},
		{"gen_ai.usage.cost_usd", CostUSD},

		{"gen_ai.tool.name", ToolName},
		{"gen_ai.tool.call.id", ToolCallID},
		{"gen_ai.tool.call_id", ToolCallID},
		{"gen_ai.tool.type", ToolType},
		{"gen_ai.tool.call.arguments", ToolArguments},
		{"gen_ai.tool.call.result", ToolResult},
		{"gen_ai.tool.status", Succeeded},
		{"gen_ai.tool.description", Ignored},
		{"gen_ai.agent.description", Ignored},

		{"gen_ai.data_source.id", Resource},
		{"gen_ai.memory.record.id", Resource},
		{"gen_ai.memory.store.id", Resource},
		{"aws.bedrock.knowledge_base.id", Resource},
		{"gen_ai.retrieval.query.text", Query},
		{"gen_ai.memory.query.text", Query},
		{"gen_ai.retrieval.documents", Found},
		{"gen_ai.memory.records", Found},

		{"gen_ai.evaluation.name", FeedbackName},
		{"gen_ai.evaluation.score.value", FeedbackScore},
		{"gen_ai.evaluation.score.label", FeedbackLabel},
		{"gen_ai.evaluation.explanation", FeedbackComment},

		{"error.type", ErrorType},
		{"exception.type", ErrorType},
		{"exception.message", ErrorMessage},
		{"error.message", ErrorMessage},
		{"exception.stacktrace", ErrorStack},

		{"event.name", Ignored},
	},
	Indexed: []Indexed{
		{"gen_ai.prompt.", InputMessages},
		{"gen_ai.completion.", OutputMessages},
	},
	Operations: map[string]Op{
		"chat":                ModelCall,
		"generate_content":    ModelCall,
		"text_completion":     ModelCall,
		"completion":          ModelCall,
		"embeddings":          Embeddings,
		"rerank":              Rerank,
		"fetch_response":      Reread,
		"invoke_agent":        AgentRun,
		"create_agent":        AgentCreate,
		"invoke_workflow":     WorkflowRun,
		"plan":                Plan,
		"execute_tool":        ToolRun,
		"retrieval":           DataRead,
		"search_memory":       DataRead,
		"create_memory":       DataWrite,
		"update_memory":       DataWrite,
		"upsert_memory":       DataWrite,
		"delete_memory":       DataWrite,
		"create_memory_store": DataWrite,
		"delete_memory_store": DataWrite,
		"agent_step":          Glue,
		"invoke_node":         Glue,
	},
	Names: []Name{
		{"invoke_agent", AgentRun, AgentName},
		{"create_agent", AgentCreate, AgentName},
		{"invoke_workflow", WorkflowRun, WorkflowName},
		{"execute_tool", ToolRun, ToolName},
		{"chat", ModelCall, Model},
		{"generate_content", ModelCall, Model},
		{"text_completion", ModelCall, Model},
		{"embeddings", Embeddings, Model},
	},
	Events: map[string]Event{
		"gen_ai.client.inference.operation.details": {Op: ModelCall},
		"gen_ai.client.operation.exception":         {Op: Exception},
		"gen_ai.evaluation.result":                  {Op: Evaluation, Own: true, Read: readEvaluation},
		"gen_ai.system.message":                     {Op: Messages, Read: readMessage("system")},
		"gen_ai.user.message":                       {Op: Messages, Read: readMessage("user")},
		"gen_ai.assistant.message":                  {Op: Messages, Read: readMessage("assistant")},
		"gen_ai.tool.message":                       {Op: Messages, Read: readMessage("tool")},
		"gen_ai.choice":                             {Op: Messages, Read: readChoice},
		"gen_ai.content.prompt":                     {Op: Messages},
		"gen_ai.content.completion":                 {Op: Messages},
	},
	Refine: refineOTel,
}

// refineOTel completes what operation and span name say together.
func refineOTel(f *Facts) {
	switch f.Op {
	case AgentRun:
		f.Set(AgentName, nameAfter(f, "invoke_agent"))
	case ToolRun:
		f.Set(ToolName, nameAfter(f, "execute_tool"))
	case WorkflowRun:
		f.Set(WorkflowName, nameAfter(f, "invoke_workflow"))
	}
}

// nameAfter returns what follows the operation in the name of a span.
func nameAfter(f *Facts, operation string) string {
	n := len(operation)
	if f.Signal != SignalSpan || len(f.Name) <= n+1 || f.Name[:n] != operation || f.Name[n] != ' ' {
		return ""
	}
	return f.Name[n+1:]
}
