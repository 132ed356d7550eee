package timeline

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/report"
)

// text returns nil for an empty text, which is printed as absent.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Document is the timeline as a report: a row for each event.
func (t *Timeline) Document(title string) *report.Document {
	sum := t.Summary()
	return &report.Document{
		Name: "trace", Title: title, Facts: sum.facts(),
		Sections: []report.Section{{Name: "timeline", Title: "Timeline", Table: t.eventTable()}},
		Limits:   t.limits(sum),
	}
}

func (t *Timeline) eventTable() *report.Table {
	table := &report.Table{Columns: []report.Column{
		{Name: "step", Kind: report.Number}, {Name: "happened_at", Kind: report.Time}, {Name: "agent"}, {Name: "type"}, {Name: "action"},
		{Name: "status"}, {Name: "duration_ms", Kind: report.Duration}, {Name: "details"}, {Name: "event_id"},
	}}
	table.Rows = make([][]any, len(t.Events))
	for i := range t.Events {
		e := &t.Events[i]
		var took any
		if e.DurationMS != nil {
			took = *e.DurationMS
		}
		table.Rows[i] = []any{
			int64(e.Step), e.At, text(e.Agent), strings.TrimPrefix(string(e.Type), "agent."), text(e.Action), text(e.Outcome), took, text(e.Details()), e.ID,
		}
	}
	return table
}

// SessionDocument is the session as a report: a row for each step, with the sums so far. Edge is how far the trail goes, quiet how long a
// session may be silent.
func (t *Timeline) SessionDocument(title string, edge time.Time, quiet time.Duration) *report.Document {
	sum := t.Summary()
	state := sum.State(edge, quiet)
	how := string(state)
	switch state {
	case Ended:
		how += " " + report.Timestamp(sum.Ended)
	case TimedOut:
		how += fmt.Sprintf(": no word after %s, while the trail goes to %s", report.Timestamp(sum.Last), report.Timestamp(edge))
	case Open:
		how += fmt.Sprintf(": no session_end, last word %s, the trail goes to %s", report.Timestamp(sum.Last), report.Timestamp(edge))
	}
	return &report.Document{
		Name: "session", Title: title, Facts: append(sum.facts(), report.Fact{Name: "state", Value: how}),
		Sections: []report.Section{{Name: "steps", Title: "Steps", Table: t.StepTable()}},
		Limits:   t.limits(sum),
	}
}

// StepTable has a row for each step, with the sums so far.
func (t *Timeline) StepTable() *report.Table {
	table := &report.Table{Columns: []report.Column{
		{Name: "step", Kind: report.Number}, {Name: "started_at", Kind: report.Time}, {Name: "duration_ms", Kind: report.Duration}, {Name: "agent"},
		{Name: "kind"}, {Name: "action"}, {Name: "status"}, {Name: "tokens_so_far", Kind: report.Number}, {Name: "cost_so_far_usd", Kind: report.Money},
		{Name: "details"},
	}}
	tokens, spent := t.Running()
	for i := range t.Steps {
		s := &t.Steps[i]
		table.Rows = append(table.Rows, []any{
			int64(s.Number), s.Start, milliseconds(s.Took()), text(s.Agent), string(s.Kind), s.Action, text(s.Outcome), tokens[i], told(spent[i]), text(t.Details(s)),
		})
	}
	return table
}

func milliseconds(d time.Duration) any {
	if d == 0 {
		return nil
	}
	return float64(d) / float64(time.Millisecond)
}

// told returns nil for no cost: that none was told is not to say that it was free.
func told(usd float64) any {
	if usd == 0 {
		return nil
	}
	return usd
}

func cost(usd float64) string {
	if usd == 0 {
		return "no cost told"
	}
	return report.USD(usd)
}

// maxListed bounds the names in a fact.
const maxListed = 10

func names(list []string) string {
	if len(list) > maxListed {
		return strings.Join(list[:maxListed], ", ") + fmt.Sprintf(" and %d more", len(list)-maxListed)
	}
	return cmp.Or(strings.Join(list, ", "), "-")
}

func (s *Summary) facts() []report.Fact {
	return []report.Fact{
		{Name: "traces", Value: names(s.Traces)},
		{Name: "sessions", Value: names(s.Sessions)},
		{Name: "users", Value: names(s.Users)},
		{Name: "agents", Value: names(s.Agents)},
		{Name: "models", Value: names(s.Models)},
		{Name: "time", Value: report.Timestamp(s.First) + " to " + report.Timestamp(s.Last) + ", " + report.Milliseconds(float64(s.Last.Sub(s.First))/1e6)},
		{Name: "events", Value: fmt.Sprintf("%d in %d steps, %d tool calls", s.Events, s.Steps, s.ToolCalls)},
		{Name: "failed", Value: fmt.Sprintf("%d failed, %d denied", s.Failed, s.Denied)},
		{Name: "approvals", Value: strconv.Itoa(s.Approved)},
		{Name: "handoffs", Value: strconv.Itoa(s.Handoffs)},
		{Name: "usage", Value: fmt.Sprintf("%d tokens, %s", s.Tokens, cost(s.CostUSD))},
	}
}

// Facts are what the timeline comes to, for the head of a document.
func (t *Timeline) Facts() []report.Fact {
	sum := t.Summary()
	return sum.facts()
}

// Limits are what the timeline can't show.
func (t *Timeline) Limits() []string { return t.limits(t.Summary()) }

// limitWords say what a flaw means for a reader.
var limitWords = []struct {
	flaw  Flaw
	words string
}{
	{MissingParent, "parent unknown: %s. It was no agent's work, was not sent, or lies outside of what was asked for"},
	{Cycle, "circle of parents: %s. By what was sent it lies in itself; the circle was cut at its earliest step"},
	{ClockSkew, "clocks differ: %s. It began before what it lies in, so the order in time is not to be relied on there"},
}

func (t *Timeline) limits(sum Summary) (limits []string) {
	for _, l := range limitWords {
		if n := sum.Flaws[l.flaw]; n > 0 {
			limits = append(limits, fmt.Sprintf(l.words, plural(n, "step")))
		}
	}
	if t.More {
		limits = append(limits, fmt.Sprintf("only the first %d events are shown", MaxEvents))
	}
	return limits
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
