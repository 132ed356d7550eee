package derive

import (
	"cmp"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

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
	return n.Text(dialect.HandoffTo)
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

// passing is a telling of a handoff.
type passing struct {
	*Node
	from, to string
}

// joinHandoffs leaves of the tellings of one handoff the most explicit: the handoff's own span, else
// the tool that did it, else the run of the agent that took over. Each tells at most one of the next.
func (t *Tree) joinHandoffs() {
	var explicit, transfers, runs []passing
	for _, n := range t.nodes {
		if n.merged || refuses(n.approval.Status) {
			continue
		}
		p := passing{Node: n}
		if p.from, p.to = n.handoff(); p.to == "" {
			continue
		}
		switch {
		case n.Op == dialect.Handoff:
			explicit = append(explicit, p)
		case n.Op != dialect.AgentRun:
			transfers = append(transfers, p)
		case p.from != "":
			runs = append(runs, p)
		}
	}
	claim(explicit, transfers)
	claim(append(explicit, transfers...), runs)
}

// target is where a handoff leads, by the name of the agent as agentKey has it.
type target struct {
	trace pcommon.TraceID
	agent string
}

// claim silences, for each teller, the next telling of the same handoff that has none yet.
func claim(tellers, tellings []passing) {
	if len(tellers) == 0 || len(tellings) == 0 {
		return
	}
	slices.SortStableFunc(tellings, func(a, b passing) int { return cmp.Compare(a.Start, b.Start) })
	open := map[target][]passing{}
	for _, p := range tellings {
		to := target{p.TraceID, agentKey(p.to)}
		open[to] = append(open[to], p)
	}
	for _, p := range tellers {
		to := target{p.TraceID, agentKey(p.to)}
		if p.handed {
			continue
		}
		at := slices.IndexFunc(open[to], func(q passing) bool {
			return q.End >= p.Start && (p.Op != dialect.Handoff || p.from == "" || q.from == "" || agentKey(p.from) == agentKey(q.from))
		})
		if at >= 0 {
			open[to][at].handed = true
			open[to] = slices.Delete(open[to], at, at+1)
		}
	}
}

// agentKey is an agent's name as tools spell it: "Billing Agent" is transfer_to_billing_agent.
func agentKey(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "_")) }

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
	e.Action = "handoff:" + e.Handoff.To
	fillError(d, n, e)
}
