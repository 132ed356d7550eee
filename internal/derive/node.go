package derive

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

// Node is one source of a batch with its place among the others.
type Node struct {
	*dialect.Facts
	// Parent is the nearest ancestor in the batch that is an agent's too; nil if there is none.
	Parent *Node
	// merged says that the parent describes the same call and tells it.
	merged bool
	// explained says that a descendant failed with the same error and tells it.
	explained bool
}

// maxAncestors bounds the walk towards the root: parents may form a circle.
const maxAncestors = 256

type spanKey struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

// Tree links the spans of a batch. Spans that are no agent's take part as links between those
// that are. It may be used again after Reset.
type Tree struct {
	spans map[spanKey]link
	nodes []*Node
}

type link struct {
	parent pcommon.SpanID
	node   *Node // nil for spans that are no agent's
}

// Reset empties the tree, keeping its memory.
func (t *Tree) Reset() {
	clear(t.spans)
	t.nodes = t.nodes[:0]
}

// Add puts a span into the tree; facts is nil for one that is no agent's.
func (t *Tree) Add(trace pcommon.TraceID, span, parent pcommon.SpanID, facts *dialect.Facts) *Node {
	var node *Node
	if facts != nil {
		node = &Node{Facts: facts}
		t.nodes = append(t.nodes, node)
	}
	if !span.IsEmpty() {
		if t.spans == nil {
			t.spans = map[spanKey]link{}
		}
		t.spans[spanKey{trace, span}] = link{parent, node}
	}
	return node
}

// Link finds each node's parent, hands identity down, and sees which nodes tell of the same thing.
// Call it once all spans are in.
func (t *Tree) Link() {
	for _, n := range t.nodes {
		n.Parent = t.parentOf(n)
	}
	for _, n := range t.nodes {
		n.inherit()
	}
	for _, n := range t.nodes {
		n.merge()
	}
	for _, n := range t.nodes {
		if n.Failed {
			n.explain()
		}
	}
}

func (t *Tree) parentOf(n *Node) *Node {
	at := n.ParentSpanID
	for range maxAncestors {
		l, ok := t.spans[spanKey{n.TraceID, at}]
		if !ok || l.node == n {
			return nil
		}
		if l.node != nil {
			return l.node
		}
		at = l.parent
	}
	return nil
}

// ancestors calls yield with each ancestor, nearest first.
func (n *Node) ancestors(yield func(*Node) bool) {
	a := n.Parent
	for range maxAncestors {
		if a == nil || a == n || !yield(a) {
			return
		}
		a = a.Parent
	}
}

func (n *Node) inherit() {
	for a := range n.ancestors {
		n.Inherit(a.Facts)
	}
}

// merge hands what n tells to its parent if both describe one call: an execute_tool span and the
// MCP client's span inside it, a framework's model call and the SDK's.
func (n *Node) merge() {
	p := n.Parent
	if p == nil || p.Op != n.Op {
		return
	}
	switch n.Op {
	case dialect.ToolRun:
		n.merged = agree(n, p, dialect.ToolCallID) && agree(n, p, dialect.ToolName)
	case dialect.ModelCall, dialect.Embeddings:
		n.merged = agree(n, p, dialect.ResponseID) && agree(n, p, dialect.Model)
	}
	if n.merged {
		p.Facts.Absorb(n.Facts)
		p.Dialects |= n.Dialects
		p.Rest = append(p.Rest, n.Rest...)
	}
}

// agree says that a and b do not contradict each other in a field.
func agree(a, b *Node, field dialect.Field) bool {
	return !a.Has(field) || !b.Has(field) || a.Text(field) == b.Text(field)
}

// explain marks the ancestors that failed only because n did.
func (n *Node) explain() {
	message := errorText(n.Facts)
	for a := range n.ancestors {
		if !a.Failed || errorText(a.Facts) != message {
			return
		}
		if n.Op != dialect.Glue {
			a.explained = true
		}
	}
}

// agentAbove returns the nearest ancestor that is a run of an agent.
func (n *Node) agentAbove() *Node {
	for a := range n.ancestors {
		if a.Op == dialect.AgentRun {
			return a
		}
	}
	return nil
}

// eventAbove returns the id of the first event of the nearest ancestor that has one.
func (n *Node) eventAbove() string {
	for a := range n.ancestors {
		if parts := plan[a.Op]; len(parts) > 0 && !a.merged && !a.SpanID.IsEmpty() {
			return event.SpanEventID(a.TraceID, a.SpanID, parts[0].kind, 0)
		}
	}
	return ""
}
