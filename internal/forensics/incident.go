package forensics

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

// Standing is how far an incident went.
type Standing string

// Standings, the worst first.
const (
	Lasting   Standing = "lasting"   // it reached the end of its run
	Alone     Standing = "alone"     // the trail doesn't show what it lies in
	Contained Standing = "contained" // what it lies in succeeded all the same
	Recovered Standing = "recovered" // a later attempt succeeded
)

// Incident is failures that belong together.
type Incident struct {
	// Cause is the first cause, Event the event that tells of it.
	Cause *timeline.Step
	Event *timeline.Event
	// Branch leads from the root to the cause, both included.
	Branch []*timeline.Step
	// Failures are all of them in order of time.
	Failures []Failure
	Standing Standing
}

// Failure is one failed step of an incident.
type Failure struct {
	Step *timeline.Step
	At   time.Time
	// How it hangs together with the cause: "first cause", "around it", "inside of it", "same call", "same action", "same run".
	How       string
	Recovered bool
}

// minMessage is how long an error's message must be to tell it from others, in bytes.
const minMessage = 8

// finder looks for incidents.
type finder struct {
	t         *timeline.Timeline
	group     []int // union-find over steps; -1 for one that is not bad
	recovered []bool
}

// incidents returns the incidents, the worst first, then by time.
func incidents(t *timeline.Timeline) []Incident {
	f := &finder{t: t, group: make([]int, len(t.Steps)), recovered: make([]bool, len(t.Steps))}
	for i := range t.Steps {
		f.group[i] = -1
		if bad(&t.Steps[i]) {
			f.group[i] = i
		}
	}
	f.byAction()
	f.byCall()
	f.byAncestry()
	members := map[int][]int{}
	var roots []int
	for i := range t.Steps {
		if f.group[i] < 0 {
			continue
		}
		root := f.root(i)
		if members[root] == nil {
			roots = append(roots, root)
		}
		members[root] = append(members[root], i)
	}
	var all []Incident
	for _, root := range roots {
		if in, ok := f.incident(members[root]); ok {
			all = append(all, in)
		}
	}
	worst := map[Standing]int{Lasting: 0, Alone: 1, Contained: 2, Recovered: 3}
	slices.SortStableFunc(all, func(a, b Incident) int {
		return cmp.Or(cmp.Compare(worst[a.Standing], worst[b.Standing]), a.Failures[0].At.Compare(b.Failures[0].At), cmp.Compare(a.Cause.Number, b.Cause.Number))
	})
	return all
}

// bad says whether a step can belong to an incident.
func bad(s *timeline.Step) bool {
	return s.Failed() || s.Outcome == event.OutcomeDenied || s.Outcome == event.OutcomeCancelled
}

func (f *finder) root(i int) int {
	for f.group[i] != i {
		f.group[i] = f.group[f.group[i]]
		i = f.group[i]
	}
	return i
}

func (f *finder) join(a, b int) {
	if ra, rb := f.root(a), f.root(b); ra != rb {
		f.group[max(ra, rb)] = min(ra, rb)
	}
}

// byAction joins failed attempts at the same action, and marks those that a later one made good.
func (f *finder) byAction() {
	waiting := map[string][]int{} // failures that no success has followed yet
	for i := range f.t.Steps {
		s := &f.t.Steps[i]
		key := attemptKey(f.t, s)
		switch {
		case key == "":
		case f.group[i] >= 0:
			if before := waiting[key]; len(before) > 0 {
				f.join(before[0], i)
			}
			waiting[key] = append(waiting[key], i)
		case s.Outcome == event.OutcomeSuccess:
			for _, n := range waiting[key] {
				f.recovered[n] = true
			}
			delete(waiting, key)
		}
	}
}

// byCall joins what names the same call.
func (f *finder) byCall() {
	first := map[string]int{}
	for i := range f.t.Steps {
		if f.group[i] < 0 {
			continue
		}
		for _, n := range f.t.Steps[i].Events {
			e := &f.t.Events[n]
			if e.CallID == "" {
				continue
			}
			key := cmp.Or(e.SessionID, e.TraceID) + "\x00" + e.CallID
			if at, there := first[key]; there {
				f.join(at, i)
			} else {
				first[key] = i
			}
		}
	}
}

// byAncestry joins each failure with the nearest failed step around it, as far as no success lies between.
func (f *finder) byAncestry() {
	nearest := make([]int, len(f.t.Steps)) // of each step: the nearest bad step around it, or -1
	for s := range f.t.Walk() {
		i := s.Number - 1
		nearest[i] = -1
		if s.Parent < 0 {
			continue
		}
		p := &f.t.Steps[s.Parent]
		switch {
		case f.group[s.Parent] >= 0:
			nearest[i] = s.Parent
		case !holds(p):
			nearest[i] = nearest[s.Parent]
		}
		if f.group[i] >= 0 && nearest[i] >= 0 && !f.recovered[i] {
			f.join(nearest[i], i)
		}
	}
}

// holds says whether a step's success means that what failed inside of it went no further.
func holds(s *timeline.Step) bool {
	if s.Outcome != event.OutcomeSuccess {
		return false
	}
	return s.Kind == timeline.Run || s.Kind == timeline.Tool || s.Kind == timeline.HandoffTo
}

// incident makes one of steps that belong together, unless none of them is a failure.
func (f *finder) incident(steps []int) (in Incident, ok bool) {
	standing := Recovered
	for _, n := range steps {
		s := &f.t.Steps[n]
		ok = ok || s.Failed()
		if at, event := failedAt(f.t, s); event != nil {
			in.Failures = append(in.Failures, Failure{Step: s, At: at, Recovered: f.recovered[n]})
		}
		if !f.recovered[n] && s.Failed() {
			standing = Contained
		}
	}
	if !ok {
		return in, false
	}
	slices.SortStableFunc(in.Failures, func(a, b Failure) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(b.Step.Depth, a.Step.Depth), cmp.Compare(a.Step.Number, b.Step.Number))
	})
	in.Cause = f.cause(in.Failures, standing == Recovered)
	_, in.Event = failedAt(f.t, in.Cause)
	for i := range in.Failures {
		in.Failures[i].How = f.how(in.Failures[i].Step, in.Cause)
	}
	in.Branch = []*timeline.Step{in.Cause}
	for s := range f.t.Ancestors(in.Cause) {
		in.Branch = append(in.Branch, s)
	}
	slices.Reverse(in.Branch)
	in.Standing = standing
	if standing == Contained && f.reachedRoot(in.Failures) {
		in.Standing = Lasting
		if !slices.ContainsFunc(in.Failures, func(x Failure) bool { return x.Step.Kind == timeline.Run || x.Step.Depth > 0 }) {
			in.Standing = Alone
		}
	}
	return in, true
}

// reachedRoot says whether a failure that was not recovered has nothing around it that succeeded.
func (f *finder) reachedRoot(failures []Failure) bool {
	return slices.ContainsFunc(failures, func(x Failure) bool {
		if x.Recovered || !x.Step.Failed() {
			return false
		}
		for s := range f.t.Ancestors(x.Step) {
			if holds(s) {
				return false
			}
		}
		return true
	})
}

// cause picks the first cause of failures in order.
func (f *finder) cause(failures []Failure, recovered bool) *timeline.Step {
	outer := failures[0].Step
	for _, x := range failures[1:] {
		if x.Step.Depth < outer.Depth {
			outer = x.Step
		}
	}
	message := messageOf(f.t, outer)
	var first *timeline.Step
	for _, x := range failures {
		if x.Recovered && !recovered {
			continue
		}
		if first == nil {
			first = x.Step
		}
		if own := messageOf(f.t, x.Step); x.Step != outer && len(own) >= minMessage && strings.Contains(message, own) {
			return x.Step
		}
	}
	return first
}

func (f *finder) how(s, cause *timeline.Step) string {
	switch {
	case s == cause:
		return "first cause"
	case f.t.Inside(cause, s):
		return "around it"
	case f.t.Inside(s, cause):
		return "inside of it"
	case callOf(f.t, s) != "" && callOf(f.t, s) == callOf(f.t, cause):
		return "same call"
	case attemptKey(f.t, s) != "" && attemptKey(f.t, s) == attemptKey(f.t, cause):
		return "same action"
	}
	return "same run"
}
