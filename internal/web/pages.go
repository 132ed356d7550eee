package web

import (
	"context"
	"net/http"

	"github.com/agentaudit/agentaudit/internal/report"
)

// page is one page of the site.
type page struct {
	path, name, title string
	menu              bool
	// layout is the template; document.html if empty.
	layout string
	// narrow sets what the page asks for, before its view is opened.
	narrow func(*question) error
	build  func(ctx context.Context, q *question) (*report.Document, error)
	// write answers in place of a document; an error must come before the first byte.
	write func(ctx context.Context, q *question, w http.ResponseWriter) error
}

func (p page) template() string {
	if p.layout != "" {
		return p.layout
	}
	return "document.html"
}

// pages are all that is asked of the lake, those of the menu in its order.
var pages = []page{
	{path: "/{$}", name: "now", title: "Now", menu: true, layout: "now.html", build: nowPage},
	{path: "/feed", name: "feed", title: "Feed", menu: true, layout: "feed.html", build: feedPage},
	{path: "/traces", name: "traces", title: "Traces", menu: true, build: asked("Traces", "web_traces")},
	{path: "/sessions", name: "sessions", title: "Sessions", menu: true, build: asked("Sessions", "web_sessions")},
	{path: "/agents", name: "agents", title: "Agents", menu: true, layout: "charts.html", build: charted(asked("Agents", "agents"), "agents")},
	{path: "/tools", name: "tools", title: "Tools", menu: true, layout: "charts.html", build: charted(definition("tools"), "tools", "tool_times")},
	{path: "/reports", name: "reports", title: "Reports", menu: true, build: reportsPage},
	{path: "/anomalies", name: "anomalies", title: "Anomalies", menu: true, build: anomaliesPage},
	{path: "/integrity", name: "integrity", title: "Integrity", menu: true, layout: "integrity.html", build: integrityPage},
	{path: "/search", name: "search", title: "Search", menu: true, layout: "search.html", build: searchPage},

	{path: "/trace/{id}", name: "trace", title: "Trace", layout: "trace.html", narrow: oneTrace, build: tracePage},
	{path: "/trace/{id}/rows.json", name: "trace", narrow: oneTrace, write: traceRows},
	{path: "/trace/{id}/graph/{format}", name: "trace", narrow: oneTrace, write: traceGraph},
	{path: "/session/{id}", name: "session", title: "Session", layout: "trace.html", narrow: oneSession, build: sessionPage},
	{path: "/session/{id}/rows.json", name: "session", narrow: oneSession, write: traceRows},
	{path: "/session/{id}/graph/{format}", name: "session", narrow: oneSession, write: traceGraph},
	{path: "/agent/{name}", name: "agent", title: "Agent", build: agentPage},
	{path: "/report/{name}", name: "report", title: "Report", layout: "charts.html", build: reportPage},
	{path: "/chart/{name}", name: "chart", write: chart},
	{path: "/event/{id}", name: "event", title: "Event", layout: "event.html", build: eventPage},
	{path: "/event/{id}/proof", name: "proof", write: proof},
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
