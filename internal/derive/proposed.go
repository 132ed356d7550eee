package derive

import (
	"iter"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// proposedCalls completes what is told of tool calls from what the models of the batch proposed: a run or an
// approval that has only an id gets the name and the arguments, lest its action_hash be that of
// another call; a run that has only these gets the id, if it can be but one.
func (t *Tree) proposedCalls() {
	var bare []*Node
	for _, n := range t.nodes {
		if isCall(n.Op) || isApproval(n.Op) {
			if n.Has(dialect.ToolCallID) != n.Has(dialect.ToolArguments) {
				bare = append(bare, n)
			}
		}
	}
	if len(bare) == 0 {
		return
	}
	known := t.proposals()
	for _, n := range bare {
		if n.Has(dialect.ToolCallID) {
			known.arguments(n)
		}
	}
	for _, n := range bare {
		if !n.Has(dialect.ToolCallID) && isCall(n.Op) {
			known.identify(n)
		}
	}
}

// sameAction is what a proposal and its run have in common besides the id.
type sameAction struct{ context, name, arguments string }

type proposals struct {
	byID     map[callKey]dialect.Proposal
	byAction map[sameAction][]string // ids
}

// proposals lists what models proposed, and then what their histories recall.
func (t *Tree) proposals() proposals {
	known := proposals{map[callKey]dialect.Proposal{}, map[sameAction][]string{}}
	add := func(n *Node, calls iter.Seq[dialect.Proposal]) {
		for p := range calls {
			key := callKey{contextOf(n), p.ID}
			if _, twice := known.byID[key]; p.ID == "" || twice {
				continue
			}
			known.byID[key] = p
			action := sameAction{key.context, p.Name, compact(p.Arguments)}
			known.byAction[action] = append(known.byAction[action], p.ID)
		}
	}
	for _, n := range t.nodes {
		if isModelCall(n.Op) {
			add(n, n.Proposals)
		}
	}
	for _, n := range t.nodes {
		if isModelCall(n.Op) {
			add(n, n.Recalled)
		}
	}
	return known
}

func (known proposals) arguments(n *Node) {
	p, ok := known.byID[callKey{contextOf(n), n.Text(dialect.ToolCallID)}]
	if !ok || n.Has(dialect.ToolName) && n.Text(dialect.ToolName) != p.Name {
		return
	}
	n.Set(dialect.ToolName, p.Name)
	if p.Arguments != "null" && p.Arguments != "{}" { // no arguments are told as none
		n.Set(dialect.ToolArguments, p.Arguments)
	}
}

func (known proposals) identify(n *Node) {
	action := sameAction{contextOf(n), n.Text(dialect.ToolName), compact(n.Content(dialect.ToolArguments))}
	if ids := known.byAction[action]; len(ids) == 1 {
		n.Set(dialect.ToolCallID, ids[0])
		known.byAction[action] = nil // a second run of the same is another call
	}
}

func compact(text string) string {
	if c, err := jsontext.Compact(text); err == nil {
		return c
	}
	return text
}
