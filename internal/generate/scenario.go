package generate

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/retention"
)

// Scenario is a run of agents written by hand, for tests of what reads a bucket:
//
//	s := generate.NewScenario(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
//	refund := generate.Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:refunds"}
//	s.Session("s-1", "alice", "triage").
//		Turn("I want my money back").
//		Model(generate.Model{Input: "I want my money back", In: 310, Out: 40}).
//		Handoff("refunds", `{"order":"ORD-1"}`).
//		Ask(refund).After(40 * time.Second).Approve(refund, "bob").
//		Call(refund).
//		Return("refunded").
//		Answer("You will have it back in five days.").
//		End()
//	events := s.Events()
//
// Ids follow from the session's, so the same scenario gives the same events.
type Scenario struct {
	start time.Time
	runs  []*Run
}

// NewScenario returns a scenario without a session. Every session's clock begins at start.
func NewScenario(start time.Time) *Scenario { return &Scenario{start: start.UTC()} }

// Session begins a session of a user with an agent, told by an agent.session_start. Sessions of one scenario run side by
// side, each on its own clock.
func (s *Scenario) Session(id, user, agent string) *Run {
	r := s.Silent(id, user, agent)
	return r.logged(event.SessionStart, "session_start", nil)
}

// Silent begins a session that no event tells of.
func (s *Scenario) Silent(id, user, agent string) *Run {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	r := &Run{
		Identity: Identity{Session: id, User: user, Agent: agent},
		ids:      rand.New(rand.NewPCG(h.Sum64(), uint64(len(s.runs)))),
		kit:      &kits[0], now: s.start,
	}
	s.runs = append(s.runs, r)
	return r
}

// Events returns the events so far, by timestamp, those of equal ones as they were made; each with the default retention of its type,
// unless an edit has set another.
func (s *Scenario) Events() []event.Event {
	policy := retentionPolicy()
	var all []event.Event
	for _, r := range s.runs {
		all = append(all, r.events...)
	}
	for i := range all {
		if e := &all[i]; e.Retention.Tier == "" {
			policy.Tag(e, tierOf(e.Type))
		}
	}
	byTime(all)
	return all
}

// byTime sorts events by timestamp, those of equal ones as they stand.
func byTime(all []event.Event) {
	slices.SortStableFunc(all, func(a, b event.Event) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
}

// tierOf looks through an alias, which an edit may have put in the type's place.
func tierOf(t event.Type) string {
	if canonical, ok := event.ParseType(string(t)); ok {
		t = canonical
	}
	return retention.Tier(t)
}

// Identity is on whose behalf which agent acts. An empty part is absent from the events.
type Identity struct {
	Session, User, Tenant string
	// Agent is who acts when no other agent has taken over.
	Agent string
}

// Run is one session. Its methods are steps: each adds events at the run's clock, moves the clock to the step's end, and returns the
// run.
type Run struct {
	Identity

	events []event.Event
	last   int // the events of the last step begin here
	turns  int
	turnID string
	step   int64 // within the turn
	ids    *rand.Rand
	kit    *kit
	now    time.Time

	trace  pcommon.TraceID
	frames []frame // agents at work, the one in control last
	// blank leaves session and user out: what a span has whose parent came in another batch.
	blank bool
}

// frame is an agent at work.
type frame struct {
	agent string
	span  pcommon.SpanID
	event string // id of its invocation
	since time.Time
}

// Now returns the run's clock.
func (r *Run) Now() time.Time { return r.now }

// Trace returns the id of the trace under way, in hexadecimal.
func (r *Run) Trace() string { return r.trace.String() }

// At sets the clock.
func (r *Run) At(t time.Time) *Run {
	r.now = t.UTC()
	return r
}

// After lets time pass, or turns it back.
func (r *Run) After(d time.Duration) *Run {
	r.now = r.now.Add(d)
	return r
}

// Edit changes each event of the last step, in any way.
func (r *Run) Edit(change func(*event.Event)) *Run {
	for i := r.last; i < len(r.events); i++ {
		change(&r.events[i])
	}
	return r
}

// Detach makes the events of the last step such as come from log records that know no trace. Sharing a call id or an action hash is all
// that joins them to others.
func (r *Run) Detach() *Run {
	return r.Edit(func(e *event.Event) {
		e.TraceID, e.SpanID, e.ParentSpanID, e.ParentEventID = pcommon.TraceID{}, pcommon.SpanID{}, pcommon.SpanID{}, ""
		e.Origin.Signal, e.ObservedAt = "log", e.Timestamp
	})
}

// Drop takes the events of the last step back: what a broken emitter never sent.
func (r *Run) Drop() *Run {
	r.events = r.events[:r.last]
	return r
}

// Repeat adds the events of the last step once more, with the same ids.
func (r *Run) Repeat() *Run {
	r.events = append(r.events, r.events[r.last:]...)
	return r
}
