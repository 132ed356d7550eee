package compliance

import (
	"context"
	"fmt"
	"strings"

	"github.com/agentaudit/agentaudit/internal/report"
)

// maxIDs bounds the event ids beside one piece of evidence.
const maxIDs = 20

// Run computes the report. failed says that a check failed.
func Run(ctx context.Context, in Input) (d *report.Document, failed bool, err error) {
	results, notAsked, err := Checks(ctx, in)
	if err != nil {
		return nil, false, err
	}
	d = &report.Document{Name: "compliance", Title: "Compliance"}
	counts := map[Status]int{}
	for _, r := range results {
		counts[r.Status]++
	}
	d.Lead = append(d.Lead,
		fmt.Sprintf("%d passed, %d failed, %d not decidable.", counts[Passed], counts[Failed], counts[Undecidable]),
		"This measures the trail of agents against a policy, and says what evidence the trail gives for controls of laws and standards. It helps meet them; whether they are met is not for a program to say.")
	if len(notAsked) > 0 {
		d.Lead = append(d.Lead, "The policy doesn't ask for: "+strings.Join(notAsked, ", ")+".")
	}
	d.Sections = []report.Section{
		{Name: "checks", Title: "Checks", Table: checksTable(results)},
		{Name: "evidence", Title: "Evidence: what the checks found", Table: evidenceTable(results)},
		{Name: "controls", Title: "Controls that this trail helps meet", Table: controlsTable(results)},
	}
	for _, r := range results {
		for _, l := range r.Limits {
			d.Limits = append(d.Limits, r.Name+": "+l)
		}
	}
	return d, counts[Failed] > 0, nil
}

func columns(names ...string) (list []report.Column) {
	for _, name := range names {
		kind := report.Text
		switch name {
		case "event_ids":
			kind = report.IDs
		case "events":
			kind = report.Number
		}
		list = append(list, report.Column{Name: name, Kind: kind})
	}
	return list
}

func checksTable(results []Result) *report.Table {
	t := &report.Table{Columns: columns("check", "result", "question", "asked", "measured", "why_not_decidable"), Records: true}
	for _, r := range results {
		t.Rows = append(t.Rows, []any{r.Name, string(r.Status), r.Title, r.Asked, r.Measured, orNil(r.Reason)})
	}
	return t
}

func evidenceTable(results []Result) *report.Table {
	t := &report.Table{Columns: columns("check", "found", "events", "event_ids")}
	for _, r := range results {
		for _, e := range r.Evidence {
			var events any
			if e.Events > 0 {
				events = e.Events
			}
			var ids any
			if len(e.EventIDs) > 0 {
				ids = e.EventIDs[:min(len(e.EventIDs), maxIDs)]
			}
			t.Rows = append(t.Rows, []any{r.Name, e.What, events, ids})
		}
	}
	return t
}

func controlsTable(results []Result) *report.Table {
	t := &report.Table{Columns: columns("control", "framework", "asks", "evidence", "where_it_ends", "checks"), Records: true}
	for i := range Controls {
		c := &Controls[i]
		t.Rows = append(t.Rows, []any{c.Ref, c.Framework, c.Asks, c.Evidence, c.Ends, c.outcomes(results)})
	}
	return t
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
