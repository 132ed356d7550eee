package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/agentaudit/agentaudit/internal/forensics"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

// firstRows is how many steps of a timeline come with the page; its script brings the others, and a link shows them without one.
const firstRows = 500

func oneTrace(q *question) error {
	id, err := q.traceID()
	q.filter.Traces = []string{id}
	return err
}

func oneSession(q *question) error {
	q.filter.Sessions = []string{q.path("id")}
	return nil
}

// traceView is what the pages of a trace and of a session show beside the document.
type traceView struct {
	Base  string // the page's address
	Total int
	From  int // the first row shown
	Rows  []row
	Lanes lanes
	// Branch is the way to what failed first.
	Branch []string
}

// Next is the first row of the next page; 0 if this is the last.
func (v traceView) Next() int {
	if next := v.From + len(v.Rows); next < v.Total {
		return next
	}
	return 0
}

// Previous is the first row of the page before.
func (v traceView) Previous() int { return max(0, v.From-firstRows) }

func tracePage(ctx context.Context, q *question) (*report.Document, error) {
	t, err := q.timeline(ctx)
	if err != nil {
		return nil, err
	}
	title := "Trace " + q.filter.Traces[0]
	if len(t.Events) == 0 {
		return nil, notFound("there is no event of trace %s in this period, or you may not see it", q.filter.Traces[0])
	}
	return q.timelinePage(t, title, t.Document(title))
}

// quiet is how long a session may be silent before it counts as timed out.
const quiet = 30 * time.Minute

func sessionPage(ctx context.Context, q *question) (*report.Document, error) {
	t, err := q.timeline(ctx)
	if err != nil {
		return nil, err
	}
	id := q.filter.Sessions[0]
	if len(t.Events) == 0 {
		return nil, notFound("there is no event of session %s in this period, or you may not see it", id)
	}
	edge := t.Events[len(t.Events)-1].At
	if p := q.server.Lake.Provenance(); !p.At.IsZero() {
		for _, w := range p.Writers {
			if w.LastEntry.After(edge) {
				edge = w.LastEntry
			}
		}
	}
	return q.timelinePage(t, "Session "+id, t.SessionDocument("Session "+id, edge, quiet))
}

// timelinePage puts the summary before the rows. A download is the document alone.
func (q *question) timelinePage(t *timeline.Timeline, title string, d *report.Document) (*report.Document, error) {
	if q.format != "" {
		return d, nil
	}
	from, err := strconv.Atoi("0" + q.values.Get("from"))
	if err != nil || from >= len(t.Steps) {
		return nil, refuse("from: there is no such row")
	}
	told := forensics.Analyze(t).Document(title)
	d.Lead = told.Lead
	d.Sections = nil
	view := traceView{Base: q.uri.EscapedPath(), Total: len(t.Steps), From: from, Rows: rowsOf(t, from, firstRows), Lanes: lanesOf(t)}
	for _, s := range told.Sections {
		switch {
		case s.Name == "branch":
			view.Branch = s.Text
		case s.Table != nil && len(s.Table.Rows) > 0 && slices.Contains([]string{"failures", "repeats", "approvals", "advice"}, s.Name):
			s.Table.Rows, s.Table.More = s.Table.Rows[:min(len(s.Table.Rows), 10)], s.Table.More || len(s.Table.Rows) > 10
			d.Sections = append(d.Sections, s)
		}
	}
	q.extra = view
	return d, nil
}

// traceRows answers with all rows, compact: see row.MarshalJSON.
func traceRows(ctx context.Context, q *question, w http.ResponseWriter) error {
	t, err := q.timeline(ctx)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(rowsOf(t, 0, len(t.Steps)))
}

// graphKinds are the formats of a graph with their media types. SVG is for saving, too: shown, it would be a page of another kind than ours.
var graphKinds = map[string]string{"svg": "image/svg+xml", "dot": "text/vnd.graphviz; charset=utf-8", "mermaid": "text/plain; charset=utf-8"}

func traceGraph(ctx context.Context, q *question, w http.ResponseWriter) error {
	format := q.path("format")
	kind, ok := graphKinds[format]
	if !ok {
		return notFound("no graph %q: there are svg, dot and mermaid", format)
	}
	t, err := q.timeline(ctx)
	if err != nil {
		return err
	}
	attach(w, kind, "agentaudit-graph."+format)
	return t.Graph(w, format, report.Style{})
}
