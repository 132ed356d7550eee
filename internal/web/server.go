package web

import (
	"context"
	"crypto/ed25519"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"github.com/agentaudit/agentaudit/internal/access"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/live"
	"github.com/agentaudit/agentaudit/internal/policy"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/verify"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// Options are what a server shows, and to whom.
type Options struct {
	Lake  *lake.Lake
	Guard *access.Guard
	// Store is the lake's bucket, for proofs and for verifying it anew; Keys are those that logs must lead to.
	Store verify.Store
	Keys  []ed25519.PublicKey
	// Hub has what arrives now; nil shows the trail alone.
	Hub *live.Hub
	// Policy is what the trail is measured against; nil leaves out the report on compliance and takes the defaults of anomaly rules.
	Policy *policy.File
	// Record keeps who looked at what; an error refuses the look. Nil keeps nothing.
	Record func(ctx context.Context, who access.User, action, query string) error
	Log    *slog.Logger
}

type server struct {
	Options

	pages    *template.Template
	menu     []menuItem
	kept     kept
	verifier verifier
}

type menuItem struct{ Path, Title string }

// New returns the site.
func New(opts Options) (http.Handler, error) {
	if opts.Guard == nil {
		opts.Guard = &access.Guard{}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{Options: opts}
	var err error
	if s.pages, err = template.New("").Funcs(functions).ParseFS(templateFiles, "templates/*.html"); err != nil {
		return nil, fmt.Errorf("couldn't read the templates: %w", err)
	}
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, fmt.Errorf("couldn't find the static files: %w", err)
	}
	mux := http.NewServeMux()
	for _, p := range pages {
		mux.HandleFunc("GET "+p.path, s.answer(p))
		if p.menu {
			s.menu = append(s.menu, menuItem{strings.TrimSuffix(p.path, "{$}"), p.title})
		}
	}
	mux.HandleFunc("GET /now.json", s.now)
	mux.HandleFunc("GET /feed/events", s.feed)
	mux.HandleFunc("POST /integrity/verify", s.verifyNow)
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, notFound("there is no such page")) })
	mux.HandleFunc("GET /login", s.loginPage)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	opts.Guard.Open = []string{"/login", "/static/style.css"}
	opts.Guard.Denied = func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.Header.Get("Authorization") == "" && r.Header.Get("Accept") != "" {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		http.Error(w, "a token is needed", http.StatusUnauthorized)
	}
	// A page elsewhere may not post here, not even on loopback, where nobody signs in.
	return headers(opts.Guard.Protect(http.NewCrossOriginProtection().Handler(mux))), nil
}

// headers are those of every answer. Prompts are hostile text: even if one got through as HTML, nothing in it may run or load.
func headers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		set := w.Header().Set
		set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		set("X-Content-Type-Options", "nosniff")
		set("Referrer-Policy", "no-referrer")
		set("Cross-Origin-Opener-Policy", "same-origin")
		set("Cross-Origin-Resource-Policy", "same-origin")
		set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

// view is what templates see.
type view struct {
	*server

	Page     page
	Document *report.Document
	Asked    *question
	User     access.User
	Problem  string
}

// Menu are the pages to choose from.
func (v view) Menu() []menuItem { return v.menu }

// Title is the page's.
func (v view) Title() string {
	if v.Document != nil && v.Document.Title != "" {
		return v.Document.Title
	}
	return v.Page.title
}

// Provenance says what of the data is proven.
func (v view) Provenance() lake.Provenance { return v.Lake.Provenance() }

// Recorded says whether it is kept who looks.
func (v view) Recorded() bool { return v.Record != nil }

// Signed says whether one signs in at all.
func (v view) Signed() bool { return v.Guard.Users != nil }

func (s *server) render(w http.ResponseWriter, r *http.Request, status int, name string, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := s.pages.ExecuteTemplate(w, name, v); err != nil && r.Context().Err() == nil {
		s.Log.Error("couldn't print a page", "path", r.URL.Path, "error", err)
	}
}

// fail answers with what went wrong, in words that name no file and no secret.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	var bad *answerError
	switch {
	case errors.As(err, &bad):
		status = bad.status
	case errors.Is(err, context.DeadlineExceeded):
		status, err = http.StatusGatewayTimeout, errors.New("this took too long: narrow it by time or agent")
	case errors.Is(err, context.Canceled):
		return
	default:
		s.Log.Error("couldn't answer", "path", r.URL.Path, "error", err)
		err = errors.New("the server couldn't answer; its log says why")
	}
	s.render(w, r, status, "problem.html", view{server: s, Page: page{title: http.StatusText(status)}, Problem: err.Error(), User: access.From(r.Context())})
}

// Here says whether the menu item is this page's.
func (v view) Here(title string) bool { return v.Page.title == title }
