package lake

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
)

// define makes the views over files. What is not amended is read straight from the files, so that conditions reach the scan.
func (l *Lake) define(ctx context.Context, files []string) error {
	if len(files) == 0 {
		return l.exec(ctx, "CREATE OR REPLACE VIEW all_events AS SELECT *, []::VARCHAR[] AS inferred FROM "+emptySQL())
	}
	stored := "read_parquet([" + quoteAll(files) + "])"
	if err := l.exec(ctx, "CREATE OR REPLACE VIEW stored AS SELECT * FROM "+stored); err != nil {
		return err
	}
	amended, err := l.amend(ctx, files)
	if err != nil {
		return err
	}
	return l.exec(ctx, fmt.Sprintf(`CREATE OR REPLACE VIEW all_events AS
		SELECT * EXCLUDE (_row), []::VARCHAR[] AS inferred FROM stored ANTI JOIN (SELECT _row FROM read_parquet(%[1]s)) USING (_row)
		UNION ALL BY NAME SELECT * EXCLUDE (_row, skip) FROM read_parquet(%[1]s) WHERE NOT skip`, quote(amended)))
}

func (l *Lake) exec(ctx context.Context, query string) error {
	if _, err := l.db.ExecContext(ctx, query); err != nil {
		return fmt.Errorf("couldn't define the views: %w", err)
	}
	return nil
}

// emptySQL is a table of no events.
func emptySQL() string {
	var columns []string
	last := ""
	for _, c := range event.Columns() {
		switch {
		case c.Group == "":
			columns = append(columns, fmt.Sprintf("NULL::%s AS %s", sqlType(c.Kind), quoteName(c.Name)))
		case c.Group != last:
			columns = append(columns, fmt.Sprintf("NULL::%s AS %s", groupType(c.Group), quoteName(c.Group)))
		}
		last = c.Group
	}
	return "(SELECT " + strings.Join(columns, ", ") + ") WHERE false"
}

func groupType(group string) string {
	var members []string
	for _, c := range event.Columns() {
		if c.Group == group {
			members = append(members, quoteName(c.Name)+" "+sqlType(c.Kind))
		}
	}
	return "STRUCT(" + strings.Join(members, ", ") + ")"
}

// Filter narrows a view. Values of one field are alternatives, every field must agree, an empty one asks for nothing.
type Filter struct {
	// Since and Until narrow the view events, and not history.
	Since, Until time.Time
	Agents       []string // name or id
	Users        []string
	Sessions     []string
	Traces       []string
	Tools        []string
	Tiers        []string
	Types        []string // canonical
	// AsStored leaves out what was completed from other rows: for who may not see all rows, since a completed column may come from one that is
	// hidden.
	AsStored bool
}

// where returns the condition without the limits of time; "true" for all.
func (f *Filter) where() string {
	conditions := []string{"true"}
	in := func(list []string, columns ...string) {
		if len(list) == 0 {
			return
		}
		either := make([]string, len(columns))
		for i, column := range columns {
			either[i] = column + " IN (" + quoteAll(list) + ")"
		}
		conditions = append(conditions, "("+strings.Join(either, " OR ")+")")
	}
	in(f.Agents, "agent_name", "agent_id")
	in(f.Users, "user_id")
	in(f.Sessions, "session_id")
	in(f.Traces, "trace_id")
	in(f.Tools, "tool.name")
	in(f.Tiers, "retention.tier")
	in(f.Types, "event_type")
	return strings.Join(conditions, " AND ")
}

// asStored takes back what amend.sql completed.
const asStored = `(SELECT * REPLACE (
	CASE WHEN NOT list_contains(inferred, 'session_id') THEN session_id END AS session_id,
	CASE WHEN NOT list_contains(inferred, 'user_id') THEN user_id END AS user_id,
	CASE WHEN NOT list_contains(inferred, 'agent_name') THEN agent_name END AS agent_name,
	CASE WHEN NOT list_contains(inferred, 'approval') THEN approval END AS approval,
	[]::VARCHAR[] AS inferred) FROM all_events)`

func timeSQL(t time.Time) string {
	return "TIMESTAMP_NS " + quote(t.UTC().Format("2006-01-02 15:04:05.000000000"))
}

// View is a connection on which the views events and history are narrowed. It is for one goroutine at a time.
type View struct {
	conn *sql.Conn
	// Since and Until are the limits of events; zero is none.
	Since, Until time.Time
}

// View opens a view. Without limits of time in the filter, those of the lake hold.
func (l *Lake) View(ctx context.Context, f Filter) (*View, error) {
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("couldn't open a view: %w", err)
	}
	v := &View{conn: conn, Since: later(f.Since, l.opts.Since), Until: earlier(f.Until, l.opts.Until)}
	events := "true"
	if !v.Since.IsZero() {
		events += ` AND "timestamp" >= ` + timeSQL(v.Since)
	}
	history := "true"
	if !v.Until.IsZero() {
		history += ` AND "timestamp" < ` + timeSQL(v.Until)
	}
	rows := "all_events"
	if f.AsStored {
		rows = asStored
	}
	for _, query := range []string{
		"CREATE OR REPLACE TEMP VIEW history AS SELECT * FROM " + rows + " WHERE " + f.where() + " AND " + history,
		"CREATE OR REPLACE TEMP VIEW events AS SELECT * FROM history WHERE " + events,
	} {
		if _, err := conn.ExecContext(ctx, query); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("couldn't open a view: %w", err)
		}
	}
	return v, nil
}

// Query asks; the caller closes the rows before the next question.
func (v *View) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return v.conn.QueryContext(ctx, query, args...)
}

// Close gives the connection back.
func (v *View) Close() error { return v.conn.Close() }

func later(a, b time.Time) time.Time {
	if a.IsZero() || b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
