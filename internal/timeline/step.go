package timeline

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Kind is what a step is.
type Kind string

// Kinds of steps. Of the steps of one span, the earlier in this list is the outer one.
const (
	Run       Kind = "run"     // an agent at work
	Model     Kind = "model"   // a call of a model
	HandoffTo Kind = "handoff" // control passed on, perhaps by a tool
	Tool      Kind = "tool"    // a call of a tool
	Approval  Kind = "approval"
	Decision  Kind = "decision"
	Data      Kind = "data" // touched without a tool
	Failure   Kind = "error"
	Guard     Kind = "guard" // security and compliance
	Session   Kind = "session"
	Other     Kind = "other"
)

// kinds maps each event type to the kind of step that it makes, and says how outer that is: smaller is outer.
var kinds = map[event.Type]struct {
	kind Kind
	rank int
}{
	event.Invocation: {Run, 0}, event.FinalOutput: {Run, 0},
	event.LLMResponse: {Model, 1}, event.TokenUsage: {Model, 1}, event.Reasoning: {Model, 1},
	event.Handoff:  {HandoffTo, 2},
	event.ToolCall: {Tool, 3}, event.ToolResult: {Tool, 3},
	event.PermissionCheck: {Approval, 4}, event.HumanIntervention: {Approval, 4}, event.PermissionDenied: {Approval, 4},
	event.Decision:   {Decision, 5},
	event.DataAccess: {Data, 6}, event.DataModify: {Data, 6},
	event.Error:    {Failure, 7},
	event.Security: {Guard, 8}, event.Compliance: {Guard, 8},
	event.SessionStart: {Session, 9}, event.SessionEnd: {Session, 9},
	event.UserFeedback: {Other, 10},
}

// Step is one thing that happened. Indexes are into the timeline.
type Step struct {
	// Number counts the steps from 1, in the order of their start.
	Number int  `json:"step"`
	Kind   Kind `json:"kind"`
	// Events are the indexes of the events that tell of it, in order; never empty.
	Events []int `json:"events"`
	// Parent is the index of the step that it happened in, -1 for a root.
	Parent   int   `json:"parent"`
	Depth    int   `json:"depth"`
	Children []int `json:"children,omitempty"`
	// Flaws are what is wrong with its place in the tree.
	Flaws []Flaw `json:"flaws,omitempty"`

	Agent   string    `json:"agent,omitempty"`
	Action  string    `json:"action,omitempty"`
	Outcome string    `json:"outcome,omitempty"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	// Tokens and CostUSD are what it used itself, without its children.
	Tokens  int64   `json:"tokens,omitempty"`
	CostUSD float64 `json:"cost_usd,omitempty"`

	enter, exit int // places in a walk: what lies inside stands between them
}

// Took is the time from start to end.
func (s *Step) Took() time.Duration { return s.End.Sub(s.Start) }

// Failed says whether it ended in an error or a time-out.
func (s *Step) Failed() bool {
	return s.Outcome == event.OutcomeError || s.Outcome == event.OutcomeTimeout
}

// Flaw is what can be wrong with a step's place in the tree.
type Flaw string

// Flaws.
const (
	MissingParent Flaw = "missing_parent" // its parent is not among the events
	Cycle         Flaw = "cycle"          // it is inside itself, by its parents
	ClockSkew     Flaw = "clock_skew"     // it began before its parent
)

// unit says what an event is about within its scope, a span or else a trace or session. Events of one unit may be one step.
type unit struct{ scope, about string }

// unitOf returns the event's unit; ok is false when it is a step of its own.
func (e *Event) unitOf() (u unit, ok bool) {
	if e.SpanID == "" && e.CallID == "" {
		return u, false
	}
	u.scope = e.TraceID + "/" + e.SpanID
	call := cmp.Or(e.CallID, e.ActionHash, e.Tool)
	switch e.Type {
	case event.Invocation, event.FinalOutput:
		u.about = "run"
	case event.LLMResponse, event.TokenUsage, event.Reasoning:
		u.about = "model"
	case event.ToolCall, event.ToolResult, event.DataAccess, event.DataModify, event.Handoff:
		u.about = "tool " + call
	case event.PermissionDenied, event.Error:
		switch {
		case call != "":
			u.about = "tool " + call
		case e.Model != "":
			u.about = "model"
		default:
			return u, false
		}
	default:
		return u, false
	}
	if e.CallID != "" && u.about == "tool "+call {
		u.scope = cmp.Or(e.TraceID, e.SessionID) + "/" // some frameworks tell of a result in another span
		return u, true
	}
	return u, e.SpanID != ""
}

// opens says whether an event of this type begins a step anew when the step has one already: two calls are two steps.
func opens(t event.Type) bool {
	return t == event.ToolCall || t == event.LLMResponse || t == event.Invocation || t == event.Handoff
}

// steps gives each event to a step, in the order of their first events.
func steps(events []Event) []Step {
	var all []Step
	under := make(map[unit]int, len(events)/2) // the latest step of each unit
	for i := range events {
		e := &events[i]
		u, shared := e.unitOf()
		at, there := under[u]
		if shared && there && !(opens(e.Type) && slices.ContainsFunc(all[at].Events, func(n int) bool { return events[n].Type == e.Type })) {
			all[at].Events = append(all[at].Events, i)
			continue
		}
		if shared {
			under[u] = len(all)
		}
		all = append(all, Step{Events: []int{i}, Parent: -1})
	}
	for i := range all {
		all[i].sum(events)
	}
	slices.SortStableFunc(all, func(a, b Step) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Events[0], b.Events[0]))
	})
	for i := range all {
		all[i].Number = i + 1
		for _, n := range all[i].Events {
			events[n].Step = i + 1
		}
	}
	return all
}

// severity orders outcomes by what a step with several has: the worst.
var severity = map[string]int{
	"": 0, event.OutcomePending: 1, event.OutcomeSuccess: 2, event.OutcomeCancelled: 3, event.OutcomeDenied: 4, event.OutcomeTimeout: 5, event.OutcomeError: 6,
}

// sum says of a step what its events say of it.
func (s *Step) sum(events []Event) {
	rank := len(kinds)
	for i, n := range s.Events {
		e := &events[n]
		k, ok := kinds[e.Type]
		if !ok {
			k.kind, k.rank = Other, len(kinds)-1
		}
		if k.rank < rank {
			rank, s.Kind, s.Action = k.rank, k.kind, e.Action
		}
		s.Action = cmp.Or(s.Action, e.Action)
		s.Agent = cmp.Or(s.Agent, e.Agent)
		if severity[e.Outcome] > severity[s.Outcome] {
			s.Outcome = e.Outcome
		}
		if start := e.Start(); i == 0 || start.Before(s.Start) {
			s.Start = start
		}
		if end := e.End(); i == 0 || end.After(s.End) {
			s.End = end
		}
		if e.Type == event.TokenUsage {
			if e.TotalTokens != nil {
				s.Tokens += *e.TotalTokens
			}
			if e.CostUSD != nil {
				s.CostUSD += *e.CostUSD
			}
		}
	}
	if s.Action == "" {
		s.Action = string(events[s.Events[0]].Type)
	}
}

// String returns "step 12".
func (s *Step) String() string { return "step " + strconv.Itoa(s.Number) }
