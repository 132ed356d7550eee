package timeline

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// Timeline is the events of a trace or a session, put together.
type Timeline struct {
	// Events are in time order.
	Events []Event `json:"events"`
	// Steps are in the order of their start.
	Steps []Step `json:"steps"`
	// Roots are the steps that lie in no other, in order.
	Roots []int `json:"roots"`
	// More says that there were more than MaxEvents; the later ones are left out.
	More bool `json:"more,omitempty"`
}

// Build puts events together. It sorts the slice and keeps it.
func Build(events []Event) *Timeline {
	sortEvents(events)
	t := &Timeline{Events: events, Steps: steps(events)}
	t.connect()
	t.cutCycles()
	t.hang()
	return t
}

// span is the key of a span. Span ids are unique within their trace alone.
type span struct{ trace, id string }

// places are where a step's children look for it.
type places struct {
	spans  map[span]int   // the outermost step of each span
	events map[string]int // by event id
	calls  map[unit]int   // the tool call of each id, by trace and by session
	turns  map[turn]int   // the first run of each turn, and of each agent in it
}

// turn is the key of a turn: session ids may be missing where trace ids are not.
type turn struct{ session, id, agent string }

func (t *Timeline) places() places {
	p := places{make(map[span]int, len(t.Steps)), make(map[string]int, len(t.Events)), map[unit]int{}, map[turn]int{}}
	for i := range t.Steps {
		s := &t.Steps[i]
		for _, n := range s.Events {
			e := &t.Events[n]
			if _, there := p.events[e.ID]; !there {
				p.events[e.ID] = i
			}
			if e.SpanID != "" {
				key := span{e.TraceID, e.SpanID}
				if old, there := p.spans[key]; !there || t.rank(i) < t.rank(old) {
					p.spans[key] = i
				}
			}
			if e.TurnID != "" && s.Kind == Run {
				for _, key := range [...]turn{{e.SessionID, e.TurnID, e.Agent}, {e.SessionID, e.TurnID, ""}} {
					if _, there := p.turns[key]; !there {
						p.turns[key] = i
					}
				}
			}
			if e.CallID != "" && (s.Kind == Tool || s.Kind == HandoffTo) {
				for _, scope := range [...]string{e.TraceID, e.SessionID} {
					if key := (unit{scope, e.CallID}); scope != "" {
						if _, there := p.calls[key]; !there {
							p.calls[key] = i
						}
					}
				}
			}
		}
	}
	return p
}

// rank is how outer a step is among those of its span.
func (t *Timeline) rank(step int) int {
	best := len(kinds)
	for _, n := range t.Steps[step].Events {
		if k, ok := kinds[t.Events[n].Type]; ok {
			best = min(best, k.rank)
		}
	}
	return best
}

// connect finds each step's parent.
func (t *Timeline) connect() {
	p := t.places()
	for i := range t.Steps {
		s := &t.Steps[i]
		parent, named := t.parentOf(i, p)
		s.Parent = parent
		if parent < 0 && named {
			s.Flaws = append(s.Flaws, MissingParent)
		}
	}
}

// parentOf returns the step that a step lies in, -1 if there is none, and whether one was named.
func (t *Timeline) parentOf(step int, p places) (parent int, named bool) {
	for _, n := range t.Steps[step].Events {
		e := &t.Events[n]
		if e.SpanID != "" {
			if outer, ok := p.spans[span{e.TraceID, e.SpanID}]; ok && outer != step {
				return outer, true
			}
		}
	}
	for _, n := range t.Steps[step].Events {
		e := &t.Events[n]
		if e.ParentSpanID != "" {
			named = true
			// Of a call that is told of in two spans the one may lie in the other. A span in itself is a cycle.
			if at, ok := p.spans[span{e.TraceID, e.ParentSpanID}]; ok && (at != step || e.SpanID == e.ParentSpanID) {
				return at, true
			}
		}
		if e.ParentEventID != "" {
			named = true
			if at, ok := p.events[e.ParentEventID]; ok && at != step {
				return at, true
			}
		}
	}
	if named {
		return -1, true
	}
	return t.joined(step, p), false
}

// joined returns where a step lies that names no parent, as log records don't: in the call whose id it names, else in the run of its turn.
func (t *Timeline) joined(step int, p places) int {
	s := &t.Steps[step]
	if s.Kind == Run || s.Kind == Session {
		return -1
	}
	for _, n := range s.Events {
		e := &t.Events[n]
		for _, scope := range [...]string{e.TraceID, e.SessionID} {
			if at, ok := p.calls[unit{scope, e.CallID}]; ok && e.CallID != "" && at != step && s.Kind != Tool && s.Kind != HandoffTo {
				return at
			}
		}
	}
	for _, n := range s.Events {
		e := &t.Events[n]
		for _, key := range [...]turn{{e.SessionID, e.TurnID, e.Agent}, {e.SessionID, e.TurnID, ""}} {
			if at, ok := p.turns[key]; ok && e.TurnID != "" {
				return at
			}
		}
	}
	return -1
}

// cutCycles makes the earliest step of each circle a root. Steps stand by their start, so that is the first one met on the circle with
// the lowest index.
func (t *Timeline) cutCycles() {
	const unseen = 0
	seen := make([]int, len(t.Steps)) // by which walk
	for i := range t.Steps {
		at := i
		for at >= 0 && seen[at] == unseen {
			seen[at] = i + 1
			at = t.Steps[at].Parent
		}
		if at < 0 || seen[at] != i+1 {
			continue
		}
		first := at // the walk came back: at is on a circle
		for next := t.Steps[at].Parent; next != at; next = t.Steps[next].Parent {
			first = min(first, next)
		}
		s := &t.Steps[first]
		s.Parent = -1
		s.Flaws = append(s.Flaws, Cycle)
	}
}

// skewTolerance is what clocks of milliseconds differ in when they agree.
const skewTolerance = 2 * time.Millisecond

// hang fills in children, roots, depths, and marks skewed clocks.
func (t *Timeline) hang() {
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.Parent < 0 {
			t.Roots = append(t.Roots, i)
			continue
		}
		p := &t.Steps[s.Parent]
		p.Children = append(p.Children, i)
		// What was joined by an id may come first: an approval before its call.
		if e := &t.Events[s.Events[0]]; s.Start.Before(p.Start.Add(-skewTolerance)) && e.ParentSpanID+e.ParentEventID != "" {
			s.Flaws = append(s.Flaws, ClockSkew)
		}
	}
	order := make([]int, 0, len(t.Steps))
	for i, depth := range t.walk() {
		s := &t.Steps[i]
		s.Depth, s.enter, s.exit = depth, len(order), len(order)
		order = append(order, i)
	}
	for _, i := range slices.Backward(order) {
		if s := &t.Steps[i]; s.Parent >= 0 {
			p := &t.Steps[s.Parent]
			p.exit = max(p.exit, s.exit)
		}
	}
}

// walk yields the index of each step with its depth, parents before children, in order. It needs no stack of calls, for chains may be
// as long as the trace.
func (t *Timeline) walk() iter.Seq2[int, int] {
	type place struct{ step, depth int }
	return func(yield func(int, int) bool) {
		var stack []place
		for _, root := range slices.Backward(t.Roots) {
			stack = append(stack, place{root, 0})
		}
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if !yield(at.step, at.depth) {
				return
			}
			for _, child := range slices.Backward(t.Steps[at.step].Children) {
				stack = append(stack, place{child, at.depth + 1})
			}
		}
	}
}

// Walk yields each step once, parents before children, siblings in order.
func (t *Timeline) Walk() iter.Seq[*Step] {
	return func(yield func(*Step) bool) {
		for i := range t.walk() {
			if !yield(&t.Steps[i]) {
				return
			}
		}
	}
}

// Ancestors yields the steps that a step lies in, the nearest first.
func (t *Timeline) Ancestors(s *Step) iter.Seq[*Step] {
	return func(yield func(*Step) bool) {
		for at := s.Parent; at >= 0; at = t.Steps[at].Parent {
			if !yield(&t.Steps[at]) {
				return
			}
		}
	}
}

// Inside says whether step lies in outer, however deep.
func (t *Timeline) Inside(step, outer *Step) bool {
	return outer.enter < step.enter && step.enter <= outer.exit
}

// NoAgent stands for the lane of steps without an agent.
const NoAgent = "(no agent)"

// Lanes are the agents, in the order in which they first acted.
func (t *Timeline) Lanes() []string {
	seen := map[string]bool{}
	var lanes []string
	for i := range t.Steps {
		if name := cmp.Or(t.Steps[i].Agent, NoAgent); !seen[name] {
			seen[name] = true
			lanes = append(lanes, name)
		}
	}
	return lanes
}
