package web

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

// row is one step of a timeline on a page: a line of the tree, and beside it a bar in time.
type row struct {
	Number, Depth int
	Kind          timeline.Kind
	Action, Agent string
	Outcome       string
	// Start is milliseconds after the first step's, Took is how long.
	Start, Took float64
	// X and Width place the bar, in thousandths of the whole time.
	X, Width float64
	Details  string
	Events   []string
	Flawed   bool
}

// MarshalJSON returns an array without names, for there may be tens of thousands of rows: number, depth, kind, action, agent, outcome, start, took, x,
// width, details, event ids, flawed. The script timeline.js reads it.
func (r row) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{r.Number, r.Depth, r.Kind, r.Action, r.Agent, r.Outcome, r.Start, r.Took, r.X, r.Width, r.Details, r.Events, r.Flawed})
}

// Time is when the step began, after the first one.
func (r row) Time() string { return "+" + report.Milliseconds(r.Start) }

// Lasted is how long it took; empty if nobody told.
func (r row) Lasted() string {
	if r.Took <= 0 {
		return ""
	}
	return report.Milliseconds(r.Took)
}

// Indent is the depth as far as it is drawn.
func (r row) Indent() int { return min(r.Depth, maxIndent) }

// Mark is the class of what a reader looks for.
func (r row) Mark() string { return markOf(r.Kind, r.Outcome) }

// Event is the first event that tells of the step.
func (r row) Event() string { return r.Events[0] }

// maxIndent bounds how deep the tree is drawn; the style sheet has as many.
const maxIndent = 16

// marks are the classes of outcomes and kinds that a reader looks for.
func markOf(kind timeline.Kind, outcome string) string {
	switch outcome {
	case event.OutcomeError, event.OutcomeTimeout:
		return "failed"
	case event.OutcomeDenied:
		return "denied"
	}
	switch kind {
	case timeline.HandoffTo:
		return "handoff"
	case timeline.Approval:
		return "approval"
	case timeline.Failure:
		return "failed"
	case timeline.Run, timeline.Model, timeline.Tool, timeline.Decision, timeline.Data, timeline.Guard, timeline.Session, timeline.Other:
	}
	return "plain"
}

// scale places times on a line of a thousand units.
type scale struct {
	first time.Time
	total time.Duration
}

func scaleOf(t *timeline.Timeline) scale {
	var s scale
	var last time.Time
	for i := range t.Steps {
		if step := &t.Steps[i]; i == 0 || step.Start.Before(s.first) {
			s.first = step.Start
		}
		if end := t.Steps[i].End; end.After(last) {
			last = end
		}
	}
	s.total = max(last.Sub(s.first), time.Millisecond)
	return s
}

func (s scale) x(at time.Time) float64 {
	return tenths(1000 * float64(at.Sub(s.first)) / float64(s.total))
}

// tenths leaves one digit after the point: a fraction of a pixel.
func tenths(v float64) float64 { return float64(int64(v*10)) / 10 }

// leastWidth is how wide a bar is at least.
const leastWidth = 3

// rowsOf returns count rows of the tree, parents before children.
func rowsOf(t *timeline.Timeline, from, count int) []row {
	at, n := scaleOf(t), 0
	rows := make([]row, 0, min(count, len(t.Steps)))
	for s := range t.Walk() {
		if n++; n <= from {
			continue
		}
		if len(rows) == count {
			break
		}
		x := min(at.x(s.Start), 1000-leastWidth)
		r := row{
			Number: s.Number, Depth: s.Depth, Kind: s.Kind, Action: visible(s.Action), Agent: visible(s.Agent), Outcome: visible(s.Outcome),
			Start: float64(s.Start.Sub(at.first)) / 1e6, Took: float64(s.Took()) / 1e6, X: x, Width: max(at.x(s.End)-x, leastWidth),
			Details: visible(t.Details(s)), Flawed: len(s.Flaws) > 0,
		}
		for _, e := range s.Events {
			r.Events = append(r.Events, t.Events[e].ID)
		}
		r.Events = slices.Clip(r.Events)
		rows = append(rows, r)
	}
	return rows
}
