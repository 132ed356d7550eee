package derive

import "github.com/agentaudit/agentaudit/internal/dialect"

// nameAsked finds out on which call a step waits that only says that it waits: on the one that the model call
// inside it proposed and that has not run.
func (t *Tree) nameAsked() {
	asked := map[*Node]bool{}
	for _, n := range t.nodes {
		if n.Op == dialect.ApprovalAsked && !n.Has(dialect.ToolName) && !n.Has(dialect.ToolCallID) {
			asked[n] = true
		}
	}
	if len(asked) == 0 {
		return
	}
	ran := map[callKey]bool{}
	for _, n := range t.nodes {
		if isCall(n.Op) && asked[n.Parent] {
			ran[callKey{n.TraceID.String(), n.Text(dialect.ToolCallID)}] = true
		}
	}
	for _, m := range t.nodes {
		if isModelCall(m.Op) && asked[m.Parent] {
			m.Parent.AdoptProposal(m.Facts, func(id string) bool { return ran[callKey{m.TraceID.String(), id}] })
		}
	}
}
