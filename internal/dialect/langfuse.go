package dialect

import "github.com/agentaudit/agentaudit/internal/jsontext"

// langfuse is what Langfuse's own SDKs emit.
var langfuse = Dialect{
	Name:   "langfuse",
	Heads:  []string{"langfuse"},
	Scopes: []string{"langfuse-sdk"},
	Keys: []Key{
		{"langfuse.observation.type", Kind},
		{"langfuse.observation.input", Input},
		{"langfuse.observation.output", Output},
		{"langfuse.trace.input", Input},
		{"langfuse.trace.output", Output},
		{"langfuse.session.id", SessionID},
		{"session.id", SessionID},
		{"langfuse.user.id", UserID},
		{"user.id", UserID},
		{"langfuse.trace.name", WorkflowName},
		{"langfuse.observation.model.name", Model},
		{"langfuse.observation.status_message", ErrorMessage},
	},
	Documents: []Document{
		{"langfuse.observation.usage_details", []Key{
			{"input", InputTokens},
			{"prompt_tokens", InputTokens},
			{"output", OutputTokens},
			{"completion_tokens", OutputTokens},
			{"total", TotalTokens},
			{"total_tokens", TotalTokens},
			{"cache_read_input_tokens", CacheReadTokens},
			{"input_cached_tokens", CacheReadTokens},
			{"cache_creation_input_tokens", CacheWriteTokens},
			{"output_reasoning_tokens", ReasoningTokens},
		}},
		{"langfuse.observation.cost_details", []Key{{"total", CostUSD}}},
		{"langfuse.observation.metadata", langChainMetadata},
		{"langfuse.trace.metadata", langChainMetadata},
	},
	Operations: map[string]Op{
		"generation": ModelCall,
		"embedding":  Embeddings,
		"agent":      AgentRun,
		"tool":       ToolRun,
		"retriever":  DataRead,
		"guardrail":  Guardrail,
		"evaluator":  Evaluation,
		"chain":      Glue,
		"span":       Glue,
		"event":      Glue,
	},
	Refine: refineLangfuse,
}

func refineLangfuse(f *Facts) {
	refineLangChain(f)
	f.Set(Subject, f.Name)
	f.refineLangfuseOutput()
	switch f.restText("langfuse.observation.level") {
	case "ERROR":
		f.Set(Succeeded, "false")
	default:
		if !f.Failed {
			f.slots[ErrorMessage] = slot{} // a status message of something that worked
		}
	}
}

// refineLangfuseOutput reads what the kinds of Langfuse's that have no keys of their own put out.
func (f *Facts) refineLangfuseOutput() {
	output := f.Content(Output)
	switch f.Op {
	case DataRead:
		f.Set(Operation, "retrieval")
	case Evaluation:
		f.Set(FeedbackScore, plain(firstOf(output, []string{"score", "value"})))
		f.Set(FeedbackLabel, firstText(output, "label", "verdict"))
		f.Set(FeedbackComment, firstText(output, "comment", "reason", "explanation"))
	case Guardrail:
		verdict := firstText(output, "verdict", "action", "result")
		if passed := firstOf(output, []string{"passed", "allowed"}); passed != "" {
			verdict = map[string]string{"true": "passed", "false": "triggered"}[passed]
		}
		f.Set(GuardrailVerdict, verdict)
		f.Set(GuardrailReason, jsontext.GetString(output, "reason"))
	}
}
