package derive

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

// Layers of instrumentation describe one thing two or three times. What follows finds, within one
// batch, the descriptions of one thing and leaves one node to tell it, with the fields of all. It is
// careful: two things told as one would be a loss, one thing told twice is only noise.

// mergeDown hands what a span tells to the one around it if both describe one call: an execute_tool span
// and the MCP client's span inside it, a framework's model call and the SDK's.
func (t *Tree) mergeDown() {
	inside := map[*Node][]*Node{}
	for _, n := range t.nodes {
		if !isCall(n.Op) && !isModelCall(n.Op) {
			continue
		}
		if p := n.around(); p != nil && p.Op == n.Op && sameCall(n, p) {
			inside[p] = append(inside[p], n)
		}
	}
	for _, p := range t.nodes {
		children := inside[p]
		if isModelCall(p.Op) {
			children = answered(children, p)
			if len(children) > 1 { // an aggregate of its own calls, which tell all it knows
				children[len(children)-1].take(p)
				continue
			}
		}
		for _, n := range children {
			p.take(n)
		}
	}
}

// around returns the nearest ancestor that tells something.
func (n *Node) around() *Node {
	for a := range n.ancestors {
		if a.Op != dialect.Glue {
			return a
		}
	}
	return nil
}

// sameCall says that nothing tells a call inside another apart from it.
func sameCall(n, p *Node) bool {
	if isCall(n.Op) {
		return agree(n, p, dialect.ToolCallID) && (agree(n, p, dialect.ToolName) || sameText(n, p, dialect.ToolCallID))
	}
	return agree(n, p, dialect.ResponseID) && sameModel(n, p)
}

// answered leaves out attempts of a model call that failed while the call itself went on: they are
// calls of their own.
func answered(children []*Node, p *Node) (kept []*Node) {
	for _, n := range children {
		if n.hasFailed() == p.hasFailed() {
			kept = append(kept, n)
		}
	}
	return kept
}

// take makes n tell what m does.
func (n *Node) take(m *Node) {
	m.merged = true
	n.Complete(m.Facts)
	n.Dialects |= m.Dialects
	n.Rest = append(n.Rest, m.Rest...)
	n.Failed = n.Failed || m.Failed
	if n.StatusMessage == "" {
		n.StatusMessage = m.StatusMessage
	}
	if n.Signal == dialect.SignalLog {
		n.Start, n.End = min(n.Start, m.Start), max(n.End, m.End)
	}
	n.settle()
}

// mergeTwins joins descriptions that stand side by side: the same response or the same tool call.
func (t *Tree) mergeTwins() {
	first := map[twinKey]*Node{}
	for _, n := range t.nodes {
		if n.merged {
			continue
		}
		key, ok := twinKeyOf(n)
		if !ok {
			continue
		}
		m := first[key]
		switch {
		case m == nil:
			first[key] = n
		case n.Signal == dialect.SignalLog && n.Name != m.Name, n.Signal == dialect.SignalSpan && overlap(n, m):
			m.take(n)
		}
	}
	t.mergeLogs()
}

// twinKey is what descriptions of one thing have in common.
type twinKey struct {
	op      dialect.Op
	signal  string
	context string
	id      string
}

func twinKeyOf(n *Node) (twinKey, bool) {
	key := twinKey{op: n.Op, signal: n.Signal, context: contextOf(n)}
	switch {
	case isModelCall(n.Op):
		key.id = n.Text(dialect.ResponseID)
	case n.Op == dialect.ToolRun:
		key.id = n.Text(dialect.ToolCallID)
	}
	return key, key.id != ""
}

// contextOf is within what ids of calls are unique: the trace of spans, the session of log records, which
// may each have a trace of their own.
func contextOf(n *Node) string {
	if session := n.Text(dialect.SessionID); session != "" && (n.Signal == dialect.SignalLog || n.TraceID.IsEmpty()) {
		return session
	}
	return n.TraceID.String()
}

// twinTime is how far apart two log records of one call may be: they are written one after the other.
const twinTime = pcommon.Timestamp(20e6)

// mergeLogs joins log records that describe one thing without an id in common: a model call that an
// agent tells in its own words and in OTel's, with the same usage; the request of a model call and its
// response, of one step; a file operation and the tool that did it; a hook and the refusal that it was.
func (t *Tree) mergeLogs() {
	var logs []*Node
	for _, n := range t.nodes {
		if n.Signal == dialect.SignalLog && !n.merged && (isModelCall(n.Op) || n.Op == dialect.Messages || isData(n.Op) || n.Op == dialect.ToolRun || byHook(n)) {
			logs = append(logs, n)
		}
	}
	const window = 16
	for i, n := range logs {
		for _, m := range logs[i+1 : min(i+1+window, len(logs))] {
			if n.merged || m.merged || n.Name == m.Name || contextOf(n) != contextOf(m) {
				continue
			}
			switch {
			case sameUsage(n, m), sameStep(n, m):
				m.take(n)
			case isData(n.Op) && m.Op == dialect.ToolRun && sameText(n, m, dialect.ToolName):
				m.take(n) // the tool's own table knows what it touched
			case byHook(n) && byHook(m) && n.Has(dialect.ToolCallID) && !m.Has(dialect.ToolCallID):
				n.take(m)
			}
		}
	}
}

// byHook says that a node tells of a refusal by a hook: the hook tells it, and the call that it stopped.
func byHook(n *Node) bool {
	return n.Op == dialect.ApprovalDecided && n.approval.ActorClass == event.ActorHook && refuses(n.approval.Status)
}

func sameUsage(n, m *Node) bool {
	return isModelCall(n.Op) && n.Op == m.Op && m.End-min(n.End, m.End) <= twinTime && n.End-min(n.End, m.End) <= twinTime &&
		sameText(n, m, dialect.InputTokens) && sameText(n, m, dialect.OutputTokens) && sameModel(n, m) && agree(n, m, dialect.ResponseID)
}

func sameStep(n, m *Node) bool {
	return n.Op == dialect.Messages && m.Op == dialect.ModelCall && sameText(n, m, dialect.TaskID) && sameText(n, m, dialect.TurnID)
}

// agree says that a and b do not contradict each other in a field.
func agree(a, b *Node, field dialect.Field) bool {
	return !a.Has(field) || !b.Has(field) || a.Text(field) == b.Text(field)
}

// sameText says that a and b have the same in a field.
func sameText(a, b *Node, field dialect.Field) bool {
	return a.Has(field) && b.Has(field) && a.Text(field) == b.Text(field)
}

// sameModel says that a and b may name one model: the answer's name often is the asked one's with a date.
func sameModel(a, b *Node) bool {
	if !a.Has(dialect.Model) || !b.Has(dialect.Model) {
		return true
	}
	x, y := a.Text(dialect.Model), b.Text(dialect.Model)
	return strings.HasPrefix(x, y) || strings.HasPrefix(y, x)
}

func overlap(a, b *Node) bool { return a.Start <= b.End && b.Start <= a.End }

func isModelCall(op dialect.Op) bool { return op == dialect.ModelCall || op == dialect.Embeddings }

func isData(op dialect.Op) bool { return op == dialect.DataRead || op == dialect.DataWrite }

// isCall says whether the operation is a tool call or a part of one.
func isCall(op dialect.Op) bool {
	return op == dialect.ToolRun || op == dialect.ToolStart || op == dialect.ToolEnd
}
