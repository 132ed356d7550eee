package derive

import (
	"slices"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

// call is what a batch tells of one tool call, by its id: the runs, or what looks like runs, and the
// approvals, in the order of their telling.
type call struct {
	runs      []*Node
	approvals []*Node
}

// callKey is what identifies a tool call: ids are unique within a context, if at all.
type callKey struct{ context, id string }

// joinCalls brings together what is told of each tool call, so that an approval says on which exact call it
// was, is told once, and a call that was refused is not told as if it ran.
func (t *Tree) joinCalls() {
	calls := map[callKey]*call{}
	for _, n := range t.nodes {
		if n.merged || !isCall(n.Op) && !isApproval(n.Op) {
			continue
		}
		if p := n.Parent; p != nil && isApproval(n.Op) && isCall(p.Op) {
			n.adoptCall(p) // a span inside the tool's
		}
		id := n.Text(dialect.ToolCallID)
		if id == "" {
			continue
		}
		key := callKey{contextOf(n), id}
		c := calls[key]
		if c == nil {
			c = &call{}
			calls[key] = c
		}
		if isCall(n.Op) {
			c.runs = append(c.runs, n)
		} else {
			c.approvals = append(c.approvals, n)
		}
	}
	for _, c := range calls {
		c.join()
	}
}

func isApproval(op dialect.Op) bool {
	return op == dialect.ApprovalAsked || op == dialect.ApprovalDecided
}

// adoptCall takes from a tool's node what identifies its call.
func (n *Node) adoptCall(run *Node) {
	for _, field := range [...]dialect.Field{dialect.ToolName, dialect.ToolCallID, dialect.ToolServer, dialect.ToolType, dialect.Resource} {
		n.Adopt(field, run.Facts)
	}
	if run.Has(dialect.ToolArguments) { // an approval's own may be a summary
		n.Replace(dialect.ToolArguments, "")
		n.Adopt(dialect.ToolArguments, run.Facts)
	}
}

func (c *call) join() {
	for _, run := range c.runs[min(1, len(c.runs)):] {
		run.adoptCall(c.runs[0]) // a result knows by its id alone what was called
	}
	for _, n := range c.approvals {
		if len(c.runs) > 0 {
			n.adoptCall(c.runs[0])
		}
	}
	for _, n := range c.once() {
		for _, run := range c.runs {
			run.bound(n)
			if n.approval.Status == event.ApprovalApproved && n.TraceID == run.TraceID && run.Start < n.Start {
				n.Start, n.End = run.Start, run.Start // told in the next turn's messages, but given before it ran
			}
		}
	}
}

// once leaves of several tellings of the same approval the first, with what the others know of it, and
// returns those that are left: one of each status.
func (c *call) once() (left []*Node) {
	for _, n := range c.approvals {
		i := slices.IndexFunc(left, func(m *Node) bool { return m.approval.Status == n.approval.Status })
		if i < 0 {
			left = append(left, n)
			continue
		}
		left[i].learn(n)
	}
	return left
}

// learn takes what another telling of the same approval knows besides.
func (n *Node) learn(m *Node) {
	m.merged = true
	a, b := &n.approval, m.approval
	if a.ActorClass == event.ActorUnknown && b.ActorClass != event.ActorUnknown {
		a.ActorClass, a.ApproverID = b.ActorClass, b.ApproverID
	}
	if a.Reason == "" {
		a.Reason = b.Reason
	}
	a.Standing.Set = a.Standing.Set || b.Standing.Set
	a.Standing.Value = a.Standing.Value || b.Standing.Value
}

// bound applies the approval that another node tells to a run of its call.
func (n *Node) bound(by *Node) {
	if by.approval.Status == event.ApprovalPending && n.approval.Status == "" {
		return // it was asked for; whether it ran, the run itself says
	}
	if refuses(by.approval.Status) {
		if worked := n.Bool(dialect.Succeeded); worked.Set && worked.Value {
			return // it ran all the same
		}
		if n.approval.ActorClass == event.ActorPolicy && by.approval.ActorClass == event.ActorHuman {
			// The run's own text says that a rule refused it; nobody was asked.
			by.approval.ActorClass, by.approval.ApproverID = event.ActorPolicy, ""
		}
		if by.approval.Reason == "" {
			by.approval.Reason = n.approval.Reason
		}
		n.outcome, n.withheld = event.OutcomeDenied, true
	}
	n.quiet = true
	n.approval = by.approval
}
