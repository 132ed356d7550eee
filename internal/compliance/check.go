package compliance

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/policy"
	"github.com/agentaudit/agentaudit/internal/report"
)

// Status is how a check ended.
type Status string

// How a check ends.
const (
	Passed      Status = "passed"
	Failed      Status = "failed"
	Undecidable Status = "not decidable"
)

// Result is one check.
type Result struct {
	// Name is for programs, Title for people.
	Name, Title string
	Status      Status
	// Asked is what the policy asks for, Measured what was found.
	Asked, Measured string
	// Reason says why it is not decidable.
	Reason string
	// Evidence are the rows behind it: what, how many, which events.
	Evidence []Evidence
	// Limits are what the data can't show about it.
	Limits []string
}

// Evidence is a fact with the events that show it.
type Evidence struct {
	What     string
	Events   int64
	EventIDs []string
}

// Input is what a report is computed from.
type Input struct {
	Asker      report.Asker
	Policy     *policy.File
	Provenance *lake.Provenance
}

// check looks at one subject; it returns nil when the policy doesn't ask about it.
type check struct {
	name, title string
	run         func(context.Context, *Input) (*Result, error)
	// aboutLog says that it needs no event.
	aboutLog bool
}

// checks in the order of the report.
var checks = []check{
	{"trail", "The trail is verified", checkTrail, true},
	{"heartbeats", "Writers were heard without a gap", checkHeartbeats, true},
	{"approvals", "Calls that need an approval had it, for exactly what ran", checkApprovals, false},
	{"escalation", "The share of sessions with people in them is within bounds", checkEscalation, false},
	{"data_access", "Access to data is in the trail", checkDataAccess, false},
	{"budgets", "Tokens and cost are within budget", checkBudgets, false},
	{"retention", "Events are kept for long enough", checkRetention, false},
	{"redaction", "Events were redacted before they were stored", checkRedaction, false},
}

// Checks runs all checks that the policy asks for.
func Checks(ctx context.Context, in Input) (results []Result, notAsked []string, err error) {
	for _, c := range checks {
		r, err := c.run(ctx, &in)
		if err != nil {
			return nil, nil, fmt.Errorf("check %s: %w", c.name, err)
		}
		if r == nil {
			notAsked = append(notAsked, c.name)
			continue
		}
		r.Name, r.Title = c.name, c.title
		if !c.aboutLog {
			r.settle(in.Provenance)
		}
		results = append(results, *r)
	}
	return results, notAsked, nil
}

// settle keeps a check from passing on data that was not seen or is not proven.
func (r *Result) settle(p *lake.Provenance) {
	if r.Status != Passed {
		return
	}
	var objects int64
	for _, u := range p.Unseen {
		objects += u.Objects
	}
	switch {
	case objects > 0:
		r.undecidable("%d objects of the period could not be shown", objects)
	case p.Damaged > 0:
		r.undecidable("%d lines are no events", p.Damaged)
	case !p.Verified:
		r.undecidable("the events are not verified")
	}
}

func (r *Result) undecidable(format string, args ...any) {
	if r.Status != Failed {
		r.Status, r.Reason = Undecidable, fmt.Sprintf(format, args...)
	}
}

func (r *Result) evidence(what string, events int64, ids any) {
	list, _ := ids.([]string)
	r.Evidence = append(r.Evidence, Evidence{what, events, list})
}

// list is a parameter of a question: a JSON list.
func list(values []string) string {
	if values == nil {
		values = []string{}
	}
	data, err := json.Marshal(values)
	if err != nil {
		return "[]" // strings always marshal
	}
	return string(data)
}

func percent(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

// plural returns a number with its noun.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// some lists values for people.
func some(values []string) string {
	if len(values) == 0 {
		return "(none listed)"
	}
	return strings.Join(values, ", ")
}
