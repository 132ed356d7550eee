package web

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/agentaudit/agentaudit/internal/report"
)

// eventPage shows every field of an event that has a value.
func eventPage(ctx context.Context, q *question) (*report.Document, error) {
	id, err := uuid.Parse(q.path("id"))
	if err != nil {
		return nil, refuse("an event id is a UUID")
	}
	table, err := report.Ask(ctx, q, "web_event", id.String())
	if err != nil {
		return nil, err
	}
	if len(table.Rows) == 0 {
		return nil, notFound("there is no event %s in this period, or you may not see it", id)
	}
	d := &report.Document{Name: "event", Title: fmt.Sprintf("Event %s", id)}
	for i, row := range table.Rows {
		fields := &report.Table{Columns: []report.Column{{Name: "field"}, {Name: "value"}}}
		for i, v := range row {
			if text := table.Columns[i].Cell(v); v != nil && text != "" && text != "null" {
				fields.Rows = append(fields.Rows, []any{table.Columns[i].Name, text})
			}
		}
		d.Sections = append(d.Sections, report.Section{Name: fmt.Sprintf("event_%d", i+1), Table: fields})
	}
	return d, nil
}
