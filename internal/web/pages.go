package web

import (
	"context"

	"github.com/agentaudit/agentaudit/internal/report"
)

// page is one page of the site.
type page struct {
	path, name, title string
	menu              bool
	// layout is the template; document.html if empty.
	layout string
	build  func(ctx context.Context, q *question) (*report.Document, error)
}

func (p page) template() string {
	if p.layout != "" {
		return p.layout
	}
	return "document.html"
}

// pages are all pages that show documents.
var pages = []page{
	{path: "/{$}", name: "now", title: "Now", menu: true, build: definition("summary")},
	{path: "/log", name: "log", title: "Log", menu: true, build: asked("Log", "web_log")},
	{path: "/sessions", name: "sessions", title: "Sessions", menu: true, build: asked("Sessions", "web_sessions")},
	{path: "/traces", name: "traces", title: "Traces", menu: true, build: asked("Traces", "web_traces")},
	{path: "/event/{id}", name: "event", title: "Event", layout: "event.html", build: eventPage},
}

// definition is a page that shows a report of the command.
func definition(name string) func(context.Context, *question) (*report.Document, error) {
	return func(ctx context.Context, q *question) (*report.Document, error) {
		def, err := report.FindDefinition(name)
		if err != nil {
			return nil, notFound("%v", err)
		}
		return report.Run(ctx, q, def)
	}
}

// asked is a page that shows the answer to one question.
func asked(title, name string) func(context.Context, *question) (*report.Document, error) {
	return func(ctx context.Context, q *question) (*report.Document, error) {
		table, err := report.Ask(ctx, q, name)
		if err != nil {
			return nil, err
		}
		return &report.Document{Name: name, Title: title, Sections: []report.Section{{Name: name, Table: table}}}, nil
	}
}
