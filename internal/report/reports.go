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
}

// Asked is a section of a report: a title and the question that fills it.
type Asked struct{ Title, Question string }

// Definitions are the reports that are questions and nothing else.
var Definitions = []Definition{
	{"summary", "Summary", "totals, error rate, handoffs, active agents", []Asked{
		{"Totals", "totals"},
		{"By type", "types"},
		{"Agents", "agents"},
	}},
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
	for _, s := range def.Sections {
		t, err := Ask(ctx, asker, s.Question)
		if err != nil {
			return nil, err
		}
		d.Sections = append(d.Sections, Section{Name: s.Question, Title: s.Title, Table: t})
	}
	return d, nil
}
