package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/agentaudit/agentaudit/internal/report"
)

// answerTime bounds the work for one page.
const answerTime = 60 * time.Second

// answer returns what answers for a page: its document, as a page or as a download, or whatever else it writes.
func (s *server) answer(p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerTime)
		defer cancel()
		if err := s.answerTo(ctx, p, w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

func (s *server) answerTo(ctx context.Context, p page, w http.ResponseWriter, r *http.Request) error {
	q, err := s.ask(ctx, r, p.narrow)
	if err != nil {
		return err
	}
	defer q.close()
	action := "view:" + p.name
	if q.format != "" {
		action = "export:" + p.name
	}
	if err := s.record(ctx, q, action, r.URL.RequestURI()); err != nil {
		return err
	}
	if p.write != nil {
		return p.write(ctx, q, w)
	}
	d, err := p.build(ctx, q)
	if err != nil {
		return err
	}
	if q.format != "" {
		s.download(w, p, q.format, d)
		return nil
	}
	s.render(w, r, http.StatusOK, p.template(), view{Page: p, Document: d, Asked: q, server: s, User: q.user})
	return nil
}

// record keeps who looks; without that nobody looks.
func (s *server) record(ctx context.Context, q *question, action, query string) error {
	if s.Record == nil {
		return nil
	}
	if err := s.Record(ctx, q.user, action, query); err != nil {
		return fmt.Errorf("couldn't record who looks: %w", err)
	}
	return nil
}

func (s *server) download(w http.ResponseWriter, p page, format string, d *report.Document) {
	kinds := map[string]string{"json": "application/json", "csv": "text/csv; charset=utf-8", "md": "text/markdown; charset=utf-8"}
	attach(w, kinds[format], "agentaudit-"+p.name+"."+format)
	if err := report.Print(w, d, format); err != nil {
		s.Log.Error("couldn't write a download", "error", err)
	}
}

// attach says that what follows is a file to keep and none to show.
func attach(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
}
