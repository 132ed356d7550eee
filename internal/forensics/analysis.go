package forensics

import (
	"cmp"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

// Analysis is what there is to say of a timeline.
type Analysis struct {
	Timeline *timeline.Timeline
	Summary  timeline.Summary
	// Incidents are what went wrong, the worst first.
	Incidents   []Incident
	Repeats     []Repeat
	Permissions []Permission
	// Thoughts are the events that say what was decided or thought, and why.
	Thoughts []*timeline.Event
	// Reads are the steps that read data before the first cause of the worst incident; all that did, if there is no incident.
	Reads []*timeline.Step
	// Writes are the steps that had changed data by then.
	Writes []*timeline.Step
	// After are the steps after the first cause that are no failures of the same incident.
	After  []*timeline.Step
	Advice []Advice
}

// Analyze looks into a timeline.
func Analyze(t *timeline.Timeline) *Analysis {
	a := &Analysis{
		Timeline: t, Summary: t.Summary(), Incidents: incidents(t), Repeats: repeats(t), Permissions: permissions(t), Thoughts: thoughts(t),
	}
	a.touched()
	a.after()
	a.Advice = advise(a)
	return a
}

// Main is the worst incident, nil if nothing failed.
func (a *Analysis) Main() *Incident {
	if len(a.Incidents) == 0 {
		return nil
	}
	return &a.Incidents[0]
}

// thoughts are events with reasons in them. What an approval says stands with the approvals.
func thoughts(t *timeline.Timeline) (list []*timeline.Event) {
	for i := range t.Events {
		e := &t.Events[i]
		if e.Reasoning != "" || e.ApprovalStatus == "" && (e.Decision != "" || e.Rationale != "") {
			list = append(list, e)
		}
	}
	return list
}

// touched finds what was read and written before the first cause.
func (a *Analysis) touched() {
	until := time.Time{}
	if in := a.Main(); in != nil {
		until = in.Failures[0].At
		if in.Cause.Start.Before(until) {
			until = in.Cause.Start
		}
	}
	for i := range a.Timeline.Steps {
		s := &a.Timeline.Steps[i]
		if !until.IsZero() && !s.Start.Before(until) {
			continue
		}
		read, written := false, false
		for _, n := range s.Events {
			e := &a.Timeline.Events[n]
			read = read || e.Type == event.DataAccess || e.Operation == event.Read
			written = written || (e.Type == event.DataModify || e.Operation == event.Write) && !s.Failed()
		}
		switch {
		case written:
			a.Writes = append(a.Writes, s)
		case read:
			a.Reads = append(a.Reads, s)
		}
	}
}

// after finds what was done after the first cause.
func (a *Analysis) after() {
	in := a.Main()
	if in == nil {
		return
	}
	failing := map[*timeline.Step]bool{}
	for _, f := range in.Failures {
		failing[f.Step] = true
	}
	at, _ := failedAt(a.Timeline, in.Cause)
	for i := range a.Timeline.Steps {
		s := &a.Timeline.Steps[i]
		if !failing[s] && !s.Start.Before(at) {
			a.After = append(a.After, s)
		}
	}
}

// resource is what a step touched.
func (a *Analysis) resource(s *timeline.Step) string {
	var tool string
	for _, n := range s.Events {
		e := &a.Timeline.Events[n]
		if e.Resource != "" {
			return e.Resource
		}
		tool = cmp.Or(tool, e.Tool)
	}
	return tool
}

func (a *Analysis) hasRepeat(class Class) bool {
	return slices.ContainsFunc(a.Repeats, func(r Repeat) bool { return r.Class == class })
}

func (a *Analysis) hasWrong(wrong string) bool {
	return slices.ContainsFunc(a.Permissions, func(p Permission) bool { return p.Wrong == wrong })
}
