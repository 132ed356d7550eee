package anomaly

import (
	"fmt"
	"strings"

	"github.com/agentaudit/agentaudit/internal/report"
)

// column is one of the columns of findings.
type column struct {
	report.Column

	of func(*Finding) any
}

func textColumn(name string, of func(*Finding) string) column {
	return column{report.Column{Name: name}, func(f *Finding) any {
		if s := of(f); s != "" {
			return s
		}
		return nil
	}}
}

var columns = []column{
	textColumn("severity", func(f *Finding) string { return f.Severity.String() }),
	textColumn("rule", func(f *Finding) string { return f.Rule }),
	{report.Column{Name: "last_at", Kind: report.Time}, func(f *Finding) any { return f.LastAt }},
	textColumn("agent", func(f *Finding) string { return f.Agent }),
	textColumn("user_id", func(f *Finding) string { return f.User }),
	textColumn("session_id", func(f *Finding) string { return f.Session }),
	textColumn("trace_id", func(f *Finding) string { return f.Trace }),
	textColumn("tool", func(f *Finding) string { return f.Tool }),
	textColumn("seen", func(f *Finding) string { return f.Seen }),
	textColumn("baseline", func(f *Finding) string { return f.Baseline }),
	{report.Column{Name: "events", Kind: report.Number}, func(f *Finding) any { return f.Events }},
	{report.Column{Name: "event_ids", Kind: report.IDs}, func(f *Finding) any { return f.EventIDs }},
	{report.Column{Name: "first_at", Kind: report.Time}, func(f *Finding) any { return f.FirstAt }},
	textColumn("fingerprint", func(f *Finding) string { return f.Fingerprint }),
}

// Document returns the result for people: a section for each rule that found something, with the columns that say something.
func (r *Result) Document() *report.Document {
	d := r.head()
	for i := 0; i < len(r.Findings); {
		end := i
		for end < len(r.Findings) && r.Findings[end].Rule == r.Findings[i].Rule {
			end++
		}
		d.Sections = append(d.Sections, r.section(r.Findings[i:end]))
		i = end
	}
	return r.foot(d)
}

// Data returns the result for programs: one table with all columns.
func (r *Result) Data() *report.Document {
	d := r.head()
	d.Sections = []report.Section{{Name: "findings", Title: "Findings", Table: table(columns, r.Findings)}}
	return r.foot(d)
}

func (r *Result) head() *report.Document {
	return &report.Document{Name: "anomalies", Title: "Anomalies", Lead: []string{r.words()}}
}

func (r *Result) foot(d *report.Document) *report.Document {
	if len(r.Undecided) == 0 {
		return d
	}
	t := &report.Table{Columns: []report.Column{{Name: "rule"}, {Name: "why"}}}
	for _, u := range r.Undecided {
		t.Rows = append(t.Rows, []any{u.Rule, u.Why})
	}
	d.Sections = append(d.Sections, report.Section{Name: "undecided", Title: "Not decided", Table: t})
	return d
}

// words says in a line what was found.
func (r *Result) words() string {
	counts := make([]int, Critical+1)
	for i := range r.Findings {
		counts[r.Findings[i].Severity]++
	}
	var parts []string
	for s := Critical; s >= Low; s-- {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	words := fmt.Sprintf("%d rules, no finding.", len(r.Rules))
	if len(parts) > 0 {
		words = fmt.Sprintf("%d rules, %d findings: %s.", len(r.Rules), len(r.Findings), strings.Join(parts, ", "))
	}
	if len(r.More) > 0 {
		words += " There are more of " + strings.Join(r.More, ", ") + "."
	}
	return words
}

// section leaves out the columns that are the same for the whole rule, or empty for all of its findings.
func (r *Result) section(findings []Finding) report.Section {
	f := &findings[0]
	about := ""
	if rule, err := FindRule(f.Rule); err == nil {
		about = rule.About
	}
	var used []column
	for _, c := range columns {
		empty := true
		for i := range findings {
			empty = empty && c.of(&findings[i]) == nil
		}
		if !empty && c.Name != "severity" && c.Name != "rule" && c.Name != "fingerprint" && c.Name != "first_at" {
			used = append(used, c)
		}
	}
	return report.Section{Name: f.Rule, Title: fmt.Sprintf("%s (%s): %s", f.Rule, f.Severity, about), Table: table(used, findings)}
}

func table(columns []column, findings []Finding) *report.Table {
	t := &report.Table{Rows: [][]any{}}
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
	}
	for i := range findings {
		row := make([]any, len(columns))
		for n, c := range columns {
			row[n] = c.of(&findings[i])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
