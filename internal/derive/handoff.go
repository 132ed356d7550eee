package derive

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// transferVerbs begin the names of tools that pass control to the agent that the rest names.
var transferVerbs = []string{"transfer_to_", "transfer_back_to_", "handoff_to_", "hand_off_to_", "delegate_to_"}

// transferTools pass control to the agent that an argument names.
var transferTools = map[string][]string{
	"transfer_to_agent":         {"agent_name", "agentName"},            // Google ADK
	"handoff_to_agent":          {"agent_name", "agentName", "agentId"}, // Strands
	"delegate_work_to_coworker": {"coworker"},                           // CrewAI
	"ask_question_to_coworker":  {"coworker"},
	"task":                      {"subagent_type"}, // Claude Code, deepagents
	"agent":                     {"subagent_type"},
	"runsubagent":               {"agentName", "agent_name"}, // Copilot
}

// transferTarget says to which agent a tool call passes control, "" if to none.
func transferTarget(n *Node) string {
	name := n.Text(dialect.ToolName)
	lower := strings.ToLower(strings.ReplaceAll(name, " ", "_"))
	if keys, ok := transferTools[lower]; ok {
		arguments := n.Content(dialect.ToolArguments)
		for _, key := range keys {
			if to := jsontext.GetString(arguments, key); to != "" {
				return to
			}
		}
		return n.Text(dialect.HandoffTo)
	}
	for _, verb := range transferVerbs {
		if strings.HasPrefix(lower, verb) {
			return name[len(verb):]
		}
	}
	return ""
}

// isDelegated says that an agent was invoked by another one.
func isDelegated(n *Node) bool {
	from, to := n.handoff()
	return n.Op == dialect.AgentRun && from != "" && to != "" && !n.handed
}

// isTransfer says that a tool call passed control, which one that did not run has not.
func isTransfer(n *Node) bool { return !n.handed && !n.withheld && transferTarget(n) != "" }

// isPeer says that a record of an agent's start names the other agent.
func isPeer(n *Node) bool { return n.Has(dialect.HandoffTo) && !n.handed }

// handoff returns the agents between which a node says that control passed, "" if it doesn't.
func (n *Node) handoff() (from, to string) {
	switch n.Op {
	case dialect.Handoff:
		from, to = n.Text(dialect.HandoffFrom), n.Text(dialect.HandoffTo)
	case dialect.ToolRun, dialect.ToolStart:
		from, to = n.Text(dialect.HandoffFrom), transferTarget(n)
	case dialect.AgentStart:
		from, to = n.Text(dialect.AgentName), n.Text(dialect.HandoffTo)
	case dialect.AgentRun:
		to = n.Text(dialect.AgentName)
		if from = n.Text(dialect.ParentAgent); from == "" {
			if above := n.agentAbove(); above != nil {
				from = above.Text(dialect.AgentName)
			}
		}
		if from == to {
			return "", ""
		}
		return from, to
	}
	if from == "" && to != "" {
		from = n.Text(dialect.AgentName)
	}
	return from, to
}

// joinHandoffs leaves of the tellings of one handoff the most explicit: the handoff's own span, else
// the tool that did it, else the run of the agent that took over. Each tells at most one of the next.
func (t *Tree) joinHandoffs() {
	var explicit, transfers, runs []*Node
	for _, n := range t.nodes {
		if n.merged || refuses(n.approval.Status) {
			continue
		}
		if _, to := n.handoff(); to == "" {
			continue
		}
		switch n.Op {
		case dialect.Handoff:
			explicit = append(explicit, n)
		case dialect.AgentRun:
			if from, _ := n.handoff(); from != "" {
				runs = append(runs, n)
			}
		default:
			transfers = append(transfers, n)
		}
	}
	claim(explicit, transfers)
	claim(append(explicit, transfers...), runs)
}

// claim silences, for each teller, the next telling of the same handoff that has none yet.
func claim(tellers, tellings []*Node) {
	for _, n := range tellers {
		if n.handed {
			continue
		}
		var best *Node
		for _, m := range tellings {
			if m.handed || m.TraceID != n.TraceID || !sameHandoff(n, m) || m.End < n.Start {
				continue
			}
			if best == nil || m.Start < best.Start {
				best = m
			}
		}
		if best != nil {
			best.handed = true
		}
	}
}

func sameHandoff(n, m *Node) bool {
	from, to := n.handoff()
	otherFrom, otherTo := m.handoff()
	return sameAgent(to, otherTo) && (from == "" || otherFrom == "" || sameAgent(from, otherFrom) || n.Op != dialect.Handoff)
}

// sameAgent compares names of agents as tools spell them: "Billing Agent" is transfer_to_billing_agent.
func sameAgent(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, " ", "_"), strings.ReplaceAll(b, " ", "_"))
}

func fillDelegation(_ *Deriver, n *Node, e *event.Event) {
	from, to := n.handoff()
	e.Action = "handoff:" + to
	e.Source = "agent:" + from
	e.Outcome = event.OutcomeSuccess
	e.Handoff = event.HandoffInfo{From: from, To: to}
}

func fillTransfer(d *Deriver, n *Node, e *event.Event) {
	fillTool(d, n, e)
	e.Handoff.From, e.Handoff.To = n.handoff()
	e.Handoff.Context = event.RawJSON(n.Content(dialect.ToolArguments))
	e.Action = "handoff:" + e.Handoff.To
}

func fillHandoff(d *Deriver, n *Node, e *event.Event) {
	e.Handoff.From, e.Handoff.To = n.handoff()
	e.Handoff.Context = event.RawJSON(n.Content(dialect.ToolArguments))
	fillError(d, n, e)
}
