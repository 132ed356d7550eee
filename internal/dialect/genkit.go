package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// genkit is Google's Genkit, whose keys have colons. The usage of a model call is in its output.
var genkit = Dialect{
	Name:  "genkit",
	Heads: []string{"genkit"},
	Keys: []Key{
		{"genkit:metadata:subtype", Kind},
		{"genkit:type", Operation},
		{"genkit:name", Subject},
		{"genkit:input", Input},
		{"genkit:output", Output},
		{"genkit:sessionId", SessionID},
		{"genkit:metadata:session:id", SessionID},
		{"genkit:threadName", TaskID},
		{"genkit:state", Succeeded},
		{"genkit:metadata:genkit:name", Ignored},
	},
	Operations: map[string]Op{
		"model":            ModelCall,
		"background-model": ModelCall,
		"tool":             ToolRun,
		"tool.v2":          ToolRun,
		"retriever":        DataRead,
		"reranker":         Rerank,
		"indexer":          DataWrite,
		"embedder":         Embeddings,
		"evaluator":        Evaluation,
		"flow":             WorkflowRun,
		"agent":            AgentRun,
		"prompt":           Glue,
		"util":             Glue,
		"action":           Glue,
		"flowstep":         Glue,
		"helper":           Glue,
		"promptfile":       Glue,
	},
	Refine: refineGenkit,
}

func refineGenkit(f *Facts) {
	name := f.Text(Subject)
	switch f.Op {
	case ModelCall, Embeddings:
		provider, model, ok := strings.Cut(name, "/") // googleai/gemini-2.5-flash
		if !ok {
			provider, model = "", name
		}
		f.Set(Provider, provider)
		f.Set(Model, model)
		f.slots[Subject] = slot{}
		f.readGenkitOutput()
	case DataRead:
		f.Replace(Operation, "retrieval")
	case Glue:
		if f.ParentSpanID.IsEmpty() && f.Text(Operation) == "action" {
			f.Op = WorkflowRun
		}
	}
}

func (f *Facts) readGenkitOutput() {
	output := f.Content(Output)
	usage, ok := jsontext.Get(output, "usage")
	if !ok {
		return
	}
	for key, value := range jsontext.Members(usage) {
		if field, ok := genkitUsage[key]; ok && jsontext.KindOf(value) == jsontext.Number {
			f.Set(field, value)
		}
	}
	f.Set(FinishReason, jsontext.GetString(output, "finishReason"))
}

var genkitUsage = map[string]Field{
	"inputTokens": InputTokens, "outputTokens": OutputTokens, "totalTokens": TotalTokens,
	"thoughtsTokens": ReasoningTokens, "cachedContentTokens": CacheReadTokens,
}
