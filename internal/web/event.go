package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// stored finds an event among those that the user may see.
func (q *question) stored(ctx context.Context) (*report.Table, error) {
	id, err := uuid.Parse(q.path("id"))
	if err != nil {
		return nil, refuse("an event id is a UUID")
	}
	table, err := report.Ask(ctx, q, "web_event", id.String())
	if err != nil {
		return nil, err
	}
	if len(table.Rows) == 0 {
		return nil, notFound("there is no event %s in the trail, or you may not see it; what arrived in the last minutes may not be sealed yet", id)
	}
	return table, nil
}

// eventView is what the page of an event shows beside its fields.
type eventView struct{ ID, Trace, Session, Agent string }

// eventPage shows every field of an event that has a value.
func eventPage(ctx context.Context, q *question) (*report.Document, error) {
	table, err := q.stored(ctx)
	if err != nil {
		return nil, err
	}
	value := func(column string) string { s, _ := table.Value(0, column).(string); return s }
	q.extra = eventView{value("event_id"), value("trace_id"), value("session_id"), value("agent_name")}
	d := &report.Document{Name: "event", Title: fmt.Sprintf("Event %s", value("event_id"))}
	for i, row := range table.Rows {
		fields := &report.Table{Columns: []report.Column{{Name: "field"}, {Name: "value"}}}
		for i, v := range row {
			if text := table.Columns[i].Cell(v); v != nil && text != "" && text != "null" && text != "[]" {
				fields.Rows = append(fields.Rows, []any{table.Columns[i].Name, text})
			}
		}
		d.Sections = append(d.Sections, report.Section{Name: fmt.Sprintf("event_%d", i+1), Table: fields})
	}
	return d, nil
}

// proof answers with the proof that the event is in the signed log. Only who may see the event gets so far.
func proof(ctx context.Context, q *question, w http.ResponseWriter) error {
	if q.server.Store == nil {
		return notFound("there is no bucket to take proofs from")
	}
	table, err := q.stored(ctx)
	if err != nil {
		return err
	}
	query := verify.Query{}
	query.ID, _ = table.Value(0, "event_id").(string)
	query.Writer, _ = table.Value(0, "writer").(string)
	if seq := table.Int(0, "seq"); seq > 0 {
		query.Seq = uint64(seq)
	}
	if at, ok := table.Value(0, "timestamp").(time.Time); ok {
		query.Day = layout.DateOf(at)
	}
	opts := verify.Options{}
	if _, isDir := q.server.Store.(*objstore.Dir); !isDir {
		opts.Parallel = 64
	}
	p, err := verify.ProveEvent(ctx, q.server.Store, query, opts)
	if errors.Is(err, verify.ErrNotProven) || errors.Is(err, verify.ErrNoEvent) {
		return &answerError{http.StatusConflict, "the log doesn't prove this event: see Integrity"}
	}
	if err != nil {
		return err
	}
	data, err := p.Encode()
	if err != nil {
		return fmt.Errorf("couldn't encode a proof: %w", err)
	}
	attach(w, "application/json", query.ID+".proof")
	_, _ = w.Write(data) // a browser that is gone needs no answer
	return nil
}
