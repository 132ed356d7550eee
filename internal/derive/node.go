package derive

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

// Node is one source of a batch with its place among the others.
type Node struct {
	*dialect.Facts
	// Parent is the nearest ancestor in the batch that is an agent's too; nil if there is none.
	Parent *Node
	// Inner are the facts of their own that the source holds, such as an approval in a message.
	Inner []*Node

	outcome  string
	approval event.Approval
	tells    event.Type // of a failure that is no ordinary one

	merged    bool // another node describes the same thing and tells it
	explained bool // a descendant failed with the same error and tells it
	quiet     bool // another node tells the approval
	handed    bool // another node tells the handoff
	withheld  bool // the call was refused or waits: it did not run
	detailed  bool // spans inside the tool's tell what data it touched
	touched   touch

	actionHash string // once taken, for all events of the call
}

// maxAncestors bounds the walk towards the root: parents may form a circle.
const maxAncestors = 256

type spanKey struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

// Tree links the spans, or the log records, of a batch. Spans that are no agent's take part as links
// between those that are. It may be used again after Reset.
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
	clear(t.nodes)
	t.nodes = t.nodes[:0]
}

// Add puts a span into the tree; facts is nil for one that is no agent's.
func (t *Tree) Add(trace pcommon.TraceID, span, parent pcommon.SpanID, facts *dialect.Facts) *Node {
	var node *Node
	if facts != nil {
		node = t.node(facts, nil)
	}
	if !span.IsEmpty() {
		if t.spans == nil {
			t.spans = map[spanKey]link{}
		}
		t.spans[spanKey{trace, span}] = link{parent, node}
	}
	return node
}

// Inside says whether a span that is no agent's has an agent's around it.
func (t *Tree) Inside(trace pcommon.TraceID, parent pcommon.SpanID) bool {
	for range maxAncestors {
		l, ok := t.spans[spanKey{trace, parent}]
		if !ok {
			return false
		}
		if l.node != nil && !l.node.Dialects.Empty() {
			return true
		}
		parent = l.parent
	}
	return false
}

// AddLog puts a log record into the tree. It has no parent: the span that it was written in comes in
// a request of its own.
func (t *Tree) AddLog(facts *dialect.Facts) *Node { return t.node(facts, nil) }

func (t *Tree) node(facts *dialect.Facts, parent *Node) *Node {
	n := &Node{Facts: facts, Parent: parent}
	t.nodes = append(t.nodes, n)
	for _, inner := range facts.More {
		n.Inner = append(n.Inner, t.node(inner, n))
	}
	return n
}

// Link finds each node's parent, hands identity down, decides outcomes, and sees which nodes tell of the
// same thing. Call it once all spans or log records are in.
func (t *Tree) Link() {
	for _, n := range t.nodes {
		if n.Parent == nil {
			n.Parent = t.parentOf(n)
		}
	}
	t.nameAgents()
	for _, n := range t.nodes {
		n.inherit()
		n.settle()
	}
	t.mergeDown()
	t.mergeTwins()
	t.enrich()
	t.nameAsked()
	t.proposedCalls()
	t.joinCalls()
	t.joinHandoffs()
	t.attributeTripwires()
	for _, n := range t.nodes {
		n.withheld = n.withheld || isCall(n.Op) && (withholds(n.approval.Status) || n.outcome == event.OutcomePending)
		if n.Op == dialect.ToolRun || n.Op == dialect.ToolEnd {
			n.touched = touchOf(n)
		}
		if !n.merged && n.hasFailed() && n.outcome != event.OutcomeSuccess {
			n.explain()
		}
	}
}

func (t *Tree) parentOf(n *Node) *Node {
	if n.Signal != dialect.SignalSpan {
		return nil
	}
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

// nameAgents gives a source that has an agent's id alone the name that another one knows it by.
func (t *Tree) nameAgents() {
	var names map[string]*Node
	for _, n := range t.nodes {
		if id := n.Text(dialect.AgentID); id != "" && n.Has(dialect.AgentName) {
			if names == nil {
				names = map[string]*Node{}
			}
			names[id] = n
		}
	}
	for _, n := range t.nodes {
		if names != nil && !n.Has(dialect.AgentName) {
			if known := names[n.Text(dialect.AgentID)]; known != nil {
				n.Adopt(dialect.AgentName, known.Facts)
			}
		}
	}
}

// explain marks the ancestors that failed only because n did: their message is or holds its own.
func (n *Node) explain() {
	message := errorText(n.Facts)
	tells := n.Op != dialect.Glue || n.tells != ""
	for a := range n.ancestors {
		above := errorText(a.Facts)
		if !a.Failed || above != message && (len(message) < tellingBytes || !strings.Contains(above, message)) {
			return
		}
		if tells {
			a.explained = true
		}
	}
}

// tellingBytes is how long a message must be to be recognised inside another.
const tellingBytes = 10

// attributeTripwires silences the failures by which a run ends because a guardrail in the same batch
// was triggered: the guardrail tells it.
func (t *Tree) attributeTripwires() {
	triggered := map[pcommon.TraceID][]pcommon.Timestamp{}
	for _, n := range t.nodes {
		if n.Op == dialect.Guardrail && n.outcome == event.OutcomeDenied {
			triggered[n.TraceID] = append(triggered[n.TraceID], n.End)
		}
	}
	for _, times := range triggered {
		slices.Sort(times)
	}
	for _, n := range t.nodes {
		if times := triggered[n.TraceID]; n.tells == event.Security && n.Op != dialect.Guardrail {
			i, _ := slices.BinarySearch(times, n.Start)
			n.explained = n.explained || i < len(times) && times[i] <= n.End
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
		if parts := plan[a.Op]; len(parts) > 0 && !a.merged && a.Signal == dialect.SignalSpan && !a.SpanID.IsEmpty() {
			return event.SpanEventID(a.TraceID, a.SpanID, parts[0].kind, 0)
		}
	}
	return ""
}
