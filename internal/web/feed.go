package web

import (
	"context"
	"net/http"

	"github.com/agentaudit/agentaudit/internal/report"
)

// feedColumns are those of the live feed; its script has the same, in this order.
var feedColumns = []report.Column{
	{Name: "event_at", Kind: report.Time}, {Name: "agent"}, {Name: "type"}, {Name: "action"}, {Name: "outcome"}, {Name: "tier"}, {Name: "session"}, {Name: "details"}, {Name: "event"},
}

// feedRows is how many events the feed shows to a reader without scripts.
const feedRows = 200

// feedPage shows what arrived last, the newest first. Its script goes on from there.
func feedPage(ctx context.Context, q *question) (*report.Document, error) {
	hub := q.server.Hub
	t := &report.Table{Columns: feedColumns}
	d := &report.Document{Name: "feed", Title: "Feed", Sections: []report.Section{{Name: "feed", Table: t}}}
	q.extra = hub != nil
	if hub == nil {
		return d, nil
	}
	next := hub.Next()
	gone, cancel := context.WithCancel(ctx)
	cancel() // so that nothing is waited for
	items, _ := hub.After(gone, next-min(next-1, feedRows), feedRows)
	for i := len(items) - 1; i >= 0; i-- {
		if e := &items[i]; q.user.MaySee(e.Tier) {
			t.Rows = append(t.Rows, []any{e.Time, text(e.Agent), e.Type, text(e.Action), text(e.Outcome), e.Tier, text(e.Session), text(e.Details), e.Event})
		}
	}
	return d, nil
}

// text returns nil for an empty text, which is shown as absent.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// feed is the stream of the page. That somebody listens is recorded once.
func (s *server) feed(w http.ResponseWriter, r *http.Request) {
	if s.Hub == nil {
		http.Error(w, "nothing arrives here: start serve with --otlp", http.StatusNotFound)
		return
	}
	q, err := s.ask(r.Context(), r, nil)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	q.close()
	if err := s.record(r.Context(), q, "view:feed_events", r.URL.RequestURI()); err != nil {
		s.fail(w, r, err)
		return
	}
	s.Hub.Feed(w, r)
}
