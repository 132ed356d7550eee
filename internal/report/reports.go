package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Definition is a report: the questions that it asks, in order.
type Definition struct {
	Name, Title string
	// About says in a line what it is for.
	About    string
	Sections []Asked
	// finish adds to the document what follows from its tables; nil adds nothing.
	finish func(*Document)
}

// Asked is a section of a report: a title and the question that fills it.
type Asked struct {
	Title, Question string
	// Top bounds the rows; MaxRows if zero. What is cut off is said.
	Top int
}

// Definitions are the reports that need nothing but events.
var Definitions = []Definition{
	{"summary", "Summary", "totals, error rate, handoffs, active agents", []Asked{
		{"Totals", "totals", 0},
		{"Events by type", "types", 0},
		{"Agents, the most active first", "agents", 20},
		{"Handoffs", "handoffs", 20},
	}, leadSummary},
	{"tools", "Tools", "calls, errors and latencies per tool", []Asked{
		{"Tools", "tools", 200},
		{"By agent", "tools_by_agent", 200},
	}, nil},
	{"errors", "Errors", "what failed, what it said, whose it was, and what to do about it", []Asked{
		{"By class", "errors_by_type", 100},
		{"By agent", "errors_by_agent", 100},
		{"By message", "errors_by_message", 100},
	}, suggestActions},
	{"access", "Access to data", "what was read and changed, by which agent, for which user", []Asked{
		{"By resource", "access_by_resource", 500},
		{"By agent", "access_by_agent", 500},
		{"By user", "access_by_user", 500},
		{"Denied", "denials", 100},
	}, limitAccess},
	{"tokens", "Tokens and cost", "what was spent per agent, model, session and day, against budgets", []Asked{
		{"Total", "tokens_total", 0},
		{"By agent", "tokens_by_agent", 100},
		{"By model", "tokens_by_model", 100},
		{"By day (UTC)", "tokens_by_day", 400},
		{"By session, the most expensive first", "tokens_by_session", 50},
	}, limitTokens},
	{"daily", "Day", "one page about a day", []Asked{
		{"Totals", "totals", 0},
		{"Agents, the most active first", "agents", 10},
		{"Tools", "tools", 10},
		{"Errors", "errors_by_message", 10},
		{"Denied", "denials", 10},
		{"Decided by people", "decisions", 10},
		{"Data", "access_by_resource", 10},
		{"Tokens and cost by model", "tokens_by_model", 10},
	}, finishDaily},
}

// FindDefinition returns the report of that name.
func FindDefinition(name string) (Definition, error) {
	i := slices.IndexFunc(Definitions, func(d Definition) bool { return d.Name == name })
	if i < 0 {
		names := make([]string, len(Definitions))
		for i, d := range Definitions {
			names[i] = d.Name
		}
		return Definition{}, fmt.Errorf("no report %q: reports are %s", name, strings.Join(names, ", "))
	}
	return Definitions[i], nil
}

// Run asks the questions of a report.
func Run(ctx context.Context, asker Asker, def Definition) (*Document, error) {
	d := &Document{Name: def.Name, Title: def.Title}
	if err := d.ask(ctx, asker, def.Sections); err != nil {
		return nil, err
	}
	if def.finish != nil {
		def.finish(d)
	}
	return d, nil
}

// ask adds a section for each question; all are asked with the same arguments.
func (d *Document) ask(ctx context.Context, asker Asker, sections []Asked, args ...any) error {
	for _, s := range sections {
		t, err := AskTop(ctx, asker, s.Question, s.Top, args...)
		if err != nil {
			return err
		}
		d.Sections = append(d.Sections, Section{Name: s.Question, Title: s.Title, Table: t})
	}
	return nil
}

// table returns the table of a section, an empty one if there is none.
func (d *Document) table(name string) *Table {
	for _, s := range d.Sections {
		if s.Name == name && s.Table != nil {
			return s.Table
		}
	}
	return &Table{}
}

// Value returns what a row has in a column; nil if there is no such row or column.
func (t *Table) Value(row int, column string) any {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == column })
	if i < 0 || row >= len(t.Rows) {
		return nil
	}
	return t.Rows[row][i]
}

// Int returns a count, 0 if there is none.
func (t *Table) Int(row int, column string) int64 {
	switch v := t.Value(row, column).(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	}
	return 0
}

// Cell returns a value for people.
func (t *Table) Cell(row int, column string) string {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == column })
	if i < 0 || row >= len(t.Rows) {
		return "-"
	}
	return t.Columns[i].Cell(t.Rows[row][i])
}
