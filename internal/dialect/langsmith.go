package dialect

// langSmith is LangSmith's exporter to OTLP. Its operation names mislead (a retriever is "embeddings", a
// prompt is "chat"), its kind does not. langsmith.trace.session_id names a project, no session.
var langSmith = Dialect{
	Name:  "langsmith",
	Heads: []string{"langsmith"},
	Keys: []Key{
		{"langsmith.span.kind", Kind},
		{"gen_ai.prompt", Input},
		{"gen_ai.completion", Output},
		{"langsmith.metadata.session_id", SessionID},
		{"langsmith.metadata.conversation_id", SessionID},
		{"langsmith.metadata.thread_id", SessionID},
		{"langsmith.metadata.user_id", UserID},
		{"langsmith.metadata.tenant_id", TenantID},
		{"langsmith.metadata.lc_agent_name", AgentName},
		{"langsmith.metadata.agent_name", AgentName},
		{"langsmith.metadata.langgraph_step", StepNumber},
		{"langsmith.metadata.ls_provider", Provider},
		{"langsmith.metadata.ls_model_name", Model},
		{"langsmith.trace.name", WorkflowName},
	},
	Operations: map[string]Op{
		"llm":       ModelCall,
		"chain":     Glue,
		"tool":      ToolRun,
		"retriever": DataRead,
		"embedding": Embeddings,
		"prompt":    Glue,
		"parser":    Glue,
	},
	Refine: refineLangSmith,
}

func refineLangSmith(f *Facts) {
	refineLangChain(f)
	if f.Op == Glue && f.Text(Kind) == "chain" {
		f.readChain(f.restText("langsmith.metadata.langgraph_node"), true)
	}
	switch f.Op {
	case ToolRun:
		f.Set(ToolName, f.Name)
	case DataRead:
		f.Replace(Operation, "retrieval")
		f.Set(Resource, f.Name)
	case WorkflowRun:
		f.Replace(WorkflowName, f.Name)
	case Guardrail, AgentRun:
		f.slots[WorkflowName] = slot{}
	}
}
