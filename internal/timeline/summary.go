package timeline

import (
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Summary is what a timeline comes to.
type Summary struct {
	Events   int      `json:"events"`
	Steps    int      `json:"steps"`
	Traces   []string `json:"traces"`
	Sessions []string `json:"sessions"`
	Users    []string `json:"users"`
	Agents   []string `json:"agents"`
	Models   []string `json:"models"`

	First time.Time `json:"first"`
	Last  time.Time `json:"last"`

	Tokens  int64   `json:"tokens"`
	CostUSD float64 `json:"cost_usd"`

	ToolCalls int `json:"tool_calls"`
	Failed    int `json:"failed_steps"`
	Denied    int `json:"denied_steps"`
	Approved  int `json:"approved"`
	Handoffs  int `json:"handoffs"`
	// Flaws counts steps by what is wrong with their place.
	Flaws map[Flaw]int `json:"flaws,omitempty"`
	// Ended is when the session said that it ended; zero if it never did.
	Ended time.Time `json:"ended,omitzero"`
}

// Summary adds up the timeline. Lists are in the order of first appearance.
func (t *Timeline) Summary() Summary {
	sum := Summary{Events: len(t.Events), Steps: len(t.Steps), Flaws: map[Flaw]int{}}
	var traces, sessions, users, agents, models list
	for i := range t.Events {
		e := &t.Events[i]
		traces.add(e.TraceID)
		sessions.add(e.SessionID)
		users.add(e.User)
		agents.add(e.Agent)
		models.add(e.Model)
		if e.Type == event.SessionEnd {
			sum.Ended = e.At
		}
		if e.ApprovalStatus == event.ApprovalApproved && (e.Type == event.HumanIntervention || e.Type == event.Decision) {
			sum.Approved++
		}
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		if i == 0 || s.Start.Before(sum.First) {
			sum.First = s.Start
		}
		if s.End.After(sum.Last) {
			sum.Last = s.End
		}
		sum.Tokens += s.Tokens
		sum.CostUSD += s.CostUSD
		switch {
		case s.Failed():
			sum.Failed++
		case s.Outcome == event.OutcomeDenied:
			sum.Denied++
		}
		switch s.Kind {
		case Tool:
			sum.ToolCalls++
		case HandoffTo:
			sum.Handoffs++
		case Run, Model, Approval, Decision, Data, Failure, Guard, Session, Other:
		}
		for _, f := range s.Flaws {
			sum.Flaws[f]++
		}
	}
	sum.Traces, sum.Sessions, sum.Users, sum.Agents, sum.Models = traces.names, sessions.names, users.names, agents.names, models.names
	return sum
}

// list keeps names in the order of their first appearance.
type list struct {
	names []string
	seen  map[string]bool
}

func (l *list) add(name string) {
	if name == "" || l.seen[name] {
		return
	}
	if l.seen == nil {
		l.seen, l.names = map[string]bool{}, []string{}
	}
	l.seen[name] = true
	l.names = append(l.names, name)
}

// State is how a session stands.
type State string

// States of a session.
const (
	Ended    State = "ended"     // it said so
	TimedOut State = "timed out" // it was silent for long while the trail went on
	Open     State = "open"      // it may go on
)

// State tells how the session stands when the trail goes as far as edge, and quiet is how long a session may be silent.
func (s *Summary) State(edge time.Time, quiet time.Duration) State {
	switch {
	case !s.Ended.IsZero():
		return Ended
	case edge.Sub(s.Last) > quiet:
		return TimedOut
	}
	return Open
}

// Running are the sums up to and with each step, in the order of the steps.
func (t *Timeline) Running() (tokens []int64, costUSD []float64) {
	tokens, costUSD = make([]int64, len(t.Steps)), make([]float64, len(t.Steps))
	for i := range t.Steps {
		tokens[i], costUSD[i] = t.Steps[i].Tokens, t.Steps[i].CostUSD
		if i > 0 {
			tokens[i] += tokens[i-1]
			costUSD[i] += costUSD[i-1]
		}
	}
	return tokens, costUSD
}

// Find returns the steps of an outcome or kind; either may be empty.
func (t *Timeline) Find(kind Kind, outcomes ...string) []*Step {
	var found []*Step
	for i := range t.Steps {
		s := &t.Steps[i]
		if (kind == "" || s.Kind == kind) && (len(outcomes) == 0 || slices.Contains(outcomes, s.Outcome)) {
			found = append(found, s)
		}
	}
	return found
}
