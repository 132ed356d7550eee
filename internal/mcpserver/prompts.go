package mcpserver

import (
	"context"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// prompt is a standard question: a text with the arguments in braces.
type prompt struct {
	name, about, text string
	args              []*mcp.PromptArgument
}

func arg(name, about string) *mcp.PromptArgument {
	return &mcp.PromptArgument{Name: name, Description: about, Required: true}
}

var prompts = []prompt{
	{"show_the_audit_log", "What happened lately", "Show me the audit log: call audit_log, and tell what happened, newest first, grouped by session.", nil},
	{"trace_task", "What happened in one task", "Trace the task {id}: call trace_task, then tell step by step what was done, by which agent, and how it ended.", []*mcp.PromptArgument{arg("id", "trace, task or session id")}},
	{"generate_compliance_report", "How the policy was kept", "Call compliance_report. List failed checks first with their event ids, then those that can't be decided and why. Don't claim that anything complies.", nil},
	{"what_did_the_agent_do", "An agent's work in words", "What did the agent {name} do? Call audit_agent, then summarise: its tasks, tools, data, approvals and cost.", []*mcp.PromptArgument{arg("name", "name of the agent")}},
	{"show_error_summary", "What failed", "Call error_summary and explain the most frequent errors and what to do about them.", nil},
	{"audit_agent", "Whether an agent behaved", "Audit the agent {name}: call audit_agent and anomalies for it. Say what is unusual, what was done without approval, and cite event ids.", []*mcp.PromptArgument{arg("name", "name of the agent")}},
	{"run_forensic_analysis", "Why something went wrong", "Call forensic_analysis for {id}. State the first cause, what followed from it, who approved what, and what was read before.", []*mcp.PromptArgument{arg("id", "trace, task or session id")}},
	{"export_audit_data", "Events as data", "Call export, page by page, and give the events as a table.", nil},
}

func addPrompts(s *mcp.Server) {
	for _, p := range prompts {
		s.AddPrompt(&mcp.Prompt{Name: p.name, Description: p.about, Arguments: p.args},
			func(_ context.Context, r *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
				text := p.text
				for _, a := range p.args {
					value := clip(r.Params.Arguments[a.Name])
					if value == "" {
						return nil, refuse("the argument %s is missing", a.Name)
					}
					text = strings.ReplaceAll(text, "{"+a.Name+"}", string(encode(value)))
				}
				return &mcp.GetPromptResult{Description: p.about, Messages: []*mcp.PromptMessage{{Role: "user", Content: &mcp.TextContent{Text: text}}}}, nil
			})
	}
}
