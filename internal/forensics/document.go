package forensics

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

// maxListed bounds the rows of a section, save the timeline's.
const maxListed = 200

// Document is the analysis as a report.
func (a *Analysis) Document(title string) *report.Document {
	d := &report.Document{Name: "forensics", Title: title, Lead: a.lead(), Facts: a.Timeline.Facts()}
	for _, s := range []struct {
		name, title string
		table       *report.Table
	}{
		{"failures", "What failed", a.failureTable()},
		{"repeats", "Retries and loops", a.repeatTable()},
		{"thoughts", "What was decided, and why", a.thoughtTable()},
		{"approvals", "Who approved", a.permissionTable()},
		{"reads", "What was read before", a.stepTable(a.Reads)},
		{"writes", "What had been changed before", a.stepTable(a.Writes)},
		{"after", "What was tried after", a.stepTable(a.After)},
		{"advice", "Recommendations", a.adviceTable()},
		{"timeline", "All steps", a.Timeline.StepTable()},
	} {
		if s.name == "failures" && a.Main() != nil {
			d.Sections = append(d.Sections, report.Section{Name: "branch", Title: "The failing branch", Text: a.branch()})
		}
		d.Sections = append(d.Sections, report.Section{Name: s.name, Title: s.title, Table: s.table})
	}
	d.Limits = append([]string{
		"The first cause is the earliest failure that the trail connects with the others; what nobody traced may have come before.",
	}, a.Timeline.Limits()...)
	return d
}

// lead is the answer in words.
func (a *Analysis) lead() []string {
	in := a.Main()
	if in == nil {
		words := "Nothing failed."
		if a.Summary.Denied > 0 {
			words += " " + plural(a.Summary.Denied, "step was", "steps were") + " denied."
		}
		return []string{words}
	}
	standing := map[Standing]string{
		Lasting:   "The failure was not recovered and reached the end of its run.",
		Alone:     "The failure was not recovered; the trail does not show what it lies in.",
		Contained: "The failure was not recovered, but what it lies in ended without one.",
		Recovered: "The failure was recovered: a later attempt at the same action succeeded.",
	}[in.Standing]
	first := fmt.Sprintf("First cause: %v, %s", in.Cause, in.Cause.Action)
	if in.Cause.Agent != "" {
		first += " by " + in.Cause.Agent
	}
	first += ", " + in.Cause.Outcome + " at " + report.Timestamp(in.Failures[a.indexOf(in)].At)
	if in.Event != nil && (in.Event.Error != "" || in.Event.ErrorType != "") {
		first += ": " + strings.TrimPrefix(strings.Join([]string{in.Event.ErrorType, in.Event.Error}, ": "), ": ")
	}
	lead := []string{strings.TrimSuffix(first, ": ") + ".", standing}
	if n := len(in.Failures) - 1; n > 0 {
		lead = append(lead, plural(n, "other failure depends", "other failures depend")+" on it.")
	}
	if n := len(a.Incidents) - 1; n > 0 {
		lead = append(lead, plural(n, "other incident is", "other incidents are")+" listed below.")
	}
	return lead
}

func (a *Analysis) indexOf(in *Incident) int {
	for i := range in.Failures {
		if in.Failures[i].Step == in.Cause {
			return i
		}
	}
	return 0
}

// branch is the way from the root to the first cause, with what failed on it marked.
func (a *Analysis) branch() []string {
	in := a.Main()
	var lines []string
	const most = 40
	for i, s := range in.Branch {
		if len(in.Branch) > most && i == most/2 {
			lines = append(lines, fmt.Sprintf("  … %d more", len(in.Branch)-most))
		}
		if len(in.Branch) > most && i >= most/2 && i < len(in.Branch)-most/2 {
			continue
		}
		mark := "  "
		if bad(s) {
			mark = "✗ "
		}
		line := mark + strings.Repeat("  ", min(i, most/2)) + strconv.Itoa(s.Number) + " " + s.Label()
		if s == in.Cause {
			line += "  ← first cause"
		}
		lines = append(lines, line)
	}
	return lines
}

func (a *Analysis) failureTable() *report.Table {
	t := newTable("incident", "step", "failed_at", "agent", "action", "outcome", "role", "standing", "error_type", "error", "event_id")
	for i := range a.Incidents {
		in := &a.Incidents[i]
		for _, f := range in.Failures {
			_, e := failedAt(a.Timeline, f.Step)
			standing := in.Standing
			if f.Recovered {
				standing = Recovered
			}
			add(t, int64(i+1), int64(f.Step.Number), f.At, text(f.Step.Agent), f.Step.Action, f.Step.Outcome, f.How, string(standing), text(e.ErrorType), text(e.Error), e.ID)
		}
	}
	return t
}

func (a *Analysis) repeatTable() *report.Table {
	t := newTable("class", "action", "attempts", "failed", "last", "steps", "first_at", "last_at")
	for _, r := range a.Repeats {
		numbers := make([]string, 0, min(len(r.Steps), 10))
		for _, s := range r.Steps[:min(len(r.Steps), 10)] {
			numbers = append(numbers, strconv.Itoa(s.Number))
		}
		list := strings.Join(numbers, " ")
		if len(r.Steps) > 10 {
			list += " …"
		}
		add(t, string(r.Class), r.Steps[0].Action, int64(len(r.Steps)), int64(r.Failed), text(r.Last), list, r.Steps[0].Start, r.Steps[len(r.Steps)-1].Start)
	}
	return t
}

func (a *Analysis) thoughtTable() *report.Table {
	t := newTable("step", "happened_at", "agent", "kind", "what", "why", "confidence")
	for _, e := range a.Thoughts {
		kind, what, why := "decision", cmp.Or(e.Decision, e.Action), e.Rationale
		if e.Reasoning != "" {
			kind, what, why = "reasoning", e.Action, strings.TrimSpace(e.Reasoning+" "+e.Rationale)
		}
		var confidence any
		if e.Confidence != nil {
			confidence = *e.Confidence
		}
		add(t, int64(e.Step), e.At, text(e.Agent), kind, what, text(why), confidence)
	}
	return t
}

func (a *Analysis) permissionTable() *report.Table {
	t := newTable("tool", "asked_at", "decided_at", "status", "by", "reason", "ran", "not_in_order")
	for _, p := range a.Permissions {
		ran := "no"
		if p.Ran != nil {
			ran = p.Ran.String()
		}
		add(t, text(p.Tool), moment(p.AskedAt), moment(p.DecidedAt), text(p.Status), text(p.By), text(p.Reason), ran, text(p.Wrong))
	}
	return t
}

func (a *Analysis) stepTable(steps []*timeline.Step) *report.Table {
	t := newTable("step", "started_at", "agent", "kind", "action", "resource", "status")
	for _, s := range steps {
		add(t, int64(s.Number), s.Start, text(s.Agent), string(s.Kind), s.Action, text(a.resource(s)), text(s.Outcome))
	}
	return t
}

func (a *Analysis) adviceTable() *report.Table {
	t := newTable("rule", "recommendation")
	for _, x := range a.Advice {
		add(t, x.Rule, x.Text)
	}
	return t
}

// numbers are the columns that hold counts.
var numbers = map[string]bool{"incident": true, "step": true, "attempts": true, "failed": true, "confidence": true}

func newTable(names ...string) *report.Table {
	t := &report.Table{}
	for _, name := range names {
		c := report.Column{Name: name}
		switch {
		case numbers[name]:
			c.Kind = report.Number
		case strings.HasSuffix(name, "_at"):
			c.Kind = report.Time
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

func add(t *report.Table, row ...any) {
	if len(t.Rows) == maxListed {
		t.More = true
		return
	}
	t.Rows = append(t.Rows, row)
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
