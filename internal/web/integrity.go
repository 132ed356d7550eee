package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/agentaudit/agentaudit/internal/access"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// integrityPage says how the trail is: its logs with their checkpoints, what is wrong, and what the last whole verification found.
func integrityPage(_ context.Context, q *question) (*report.Document, error) {
	p := q.server.Lake.Provenance()
	last := q.server.verifier.look()
	q.extra = last
	d := &report.Document{Name: "integrity", Title: "Integrity", Facts: []report.Fact{
		{Name: "bucket", Value: p.Bucket}, {Name: "logs read", Value: report.Timestamp(p.At)},
		{Name: "objects", Value: fmt.Sprintf("%d with %d events, each compared with its signed hash", p.Objects, p.Lines)},
		{Name: "key", Value: keyWords(&p)},
	}}
	d.Sections = []report.Section{
		{Name: "findings", Title: "What is wrong", Table: findings(p.Findings)},
		{Name: "unseen", Title: "What could not be shown", Table: unseen(p.Unseen)},
		{Name: "writers", Title: "Logs and their last checkpoints", Table: writers(p.Writers)},
	}
	if !last.Done.IsZero() {
		d.Sections = append(d.Sections, report.Section{Name: "verification", Title: "Last whole verification", Text: last.Words(), Table: findings(last.report.Findings)})
	}
	return d, nil
}

func keyWords(p *lake.Provenance) string {
	if p.PublishedKeys {
		return "the one that the bucket publishes: give --key to know whose it is"
	}
	return "yours"
}

func findings(list []verify.Finding) *report.Table {
	t := &report.Table{Columns: []report.Column{{Name: "severity"}, {Name: "kind"}, {Name: "writer"}, {Name: "key"}, {Name: "line_number", Kind: report.Number}, {Name: "message"}, {Name: "expected"}, {Name: "found"}}}
	for _, f := range list {
		weight := "critical"
		if f.Note {
			weight = "note"
		}
		var line any
		if f.Line > 0 {
			line = f.Line
		}
		t.Rows = append(t.Rows, []any{weight, string(f.Kind), text(f.Writer), text(f.Key), line, f.Message, text(f.Expected), text(f.Found)})
	}
	return t
}

func unseen(list []lake.Unseen) *report.Table {
	t := &report.Table{Columns: []report.Column{{Name: "tier"}, {Name: "day"}, {Name: "writer"}, {Name: "objects", Kind: report.Number}, {Name: "reason"}}}
	for _, u := range list {
		t.Rows = append(t.Rows, []any{text(u.Tier), text(u.Day), text(u.Writer), u.Objects, u.Reason})
	}
	return t
}

func writers(list []verify.WriterReport) *report.Table {
	t := &report.Table{Columns: []report.Column{
		{Name: "writer"}, {Name: "state"}, {Name: "last_entry_at", Kind: report.Time}, {Name: "size", Kind: report.Number}, {Name: "seals", Kind: report.Number},
		{Name: "last_seq", Kind: report.Number}, {Name: "root"}, {Name: "keys"}, {Name: "not_written"},
	}}
	for _, w := range list {
		state := "open"
		if w.Closed {
			state = "closed"
		}
		var dropped []string
		for _, n := range sorted(w.Counts) {
			dropped = append(dropped, fmt.Sprintf("%s %d", n.Name, n.Count))
		}
		t.Rows = append(t.Rows, []any{w.Writer, state, w.LastEntry, w.Size, w.Seals, int64(w.LastSeq), w.Root, strings.Join(w.Keys, ", "), text(strings.Join(dropped, ", "))}) //nolint:gosec // far below the limit
	}
	return t
}

// verifier runs whole verifications, one at a time, for as long as they take: who asked for it may go.
type verifier struct {
	mu     sync.Mutex
	latest verification
}

// verification is one run, under way or done.
type verification struct {
	Running     bool
	Started     time.Time
	Done        time.Time
	read, total int64
	report      verify.Report
	failed      string
}

// Percent is how much of what is known to be there was read.
func (v verification) Percent() int {
	if v.total <= 0 {
		return 0
	}
	return int(min(100, 100*v.read/v.total))
}

// Words say how it ended.
func (v verification) Words() []string {
	if v.failed != "" {
		return []string{v.failed}
	}
	verdict := "OK: everything is as it was signed."
	if !v.report.OK {
		verdict = fmt.Sprintf("NOT AS SIGNED: %d violations.", v.report.Violations)
	}
	return []string{verdict, fmt.Sprintf("%d objects, %d events, %d bytes read in %s; done %s.", v.report.Objects, v.report.Lines, v.report.Bytes,
		v.Done.Sub(v.Started).Round(time.Millisecond), report.Timestamp(v.Done))}
}

func (v *verifier) look() verification {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.latest
}

// verifyNow starts a verification of the whole bucket, unless one is under way.
func (s *server) verifyNow(w http.ResponseWriter, r *http.Request) {
	user := access.From(r.Context())
	if user.Tiers != nil || s.Store == nil {
		s.fail(w, r, &answerError{http.StatusForbidden, "only an auditor may have the whole trail read"})
		return
	}
	if err := s.record(r.Context(), &question{user: user}, "verify", r.URL.RequestURI()); err != nil {
		s.fail(w, r, err)
		return
	}
	s.verifier.start(context.WithoutCancel(r.Context()), s)
	http.Redirect(w, r, "/integrity", http.StatusSeeOther)
}

func (v *verifier) start(ctx context.Context, s *server) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.latest.Running {
		return
	}
	v.latest = verification{Running: true, Started: time.Now()}
	opts := verify.Options{Keys: s.Keys, OnProgress: func(read, total int64) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.latest.read, v.latest.total = max(v.latest.read, read), cmp.Or(total, v.latest.total)
	}}
	if _, isDir := s.Store.(*objstore.Dir); !isDir {
		opts.CheckLocks, opts.CheckVersions, opts.Parallel = true, true, 64
	}
	go func() {
		rep, err := verify.Run(ctx, s.Store, opts)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.latest.Running, v.latest.Done, v.latest.report = false, time.Now(), rep
		if err != nil {
			s.Log.Error("couldn't verify the bucket", "error", err)
			v.latest.failed = "The bucket couldn't be read; the server's log says why."
		}
	}()
}
