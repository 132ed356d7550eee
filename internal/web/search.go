package web

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/agentaudit/agentaudit/internal/report"
)

// maxText bounds what is searched for, in characters.
const maxText = 200

// searchPage lists the newest events that hold a text, all if none is given.
func searchPage(ctx context.Context, q *question) (*report.Document, error) {
	text := strings.TrimSpace(q.values.Get("q"))
	if utf8.RuneCountInString(text) > maxText {
		return nil, refuse("a text to search for has at most %d characters", maxText)
	}
	table, err := report.AskTop(ctx, q, "web_search", maxFound, text)
	if err != nil {
		return nil, err
	}
	d := &report.Document{Name: "search", Title: "Search", Sections: []report.Section{{Name: "events", Table: table}}}
	if text != "" {
		d.Facts = []report.Fact{{Name: "text", Value: text}}
	}
	return d, nil
}

// maxFound bounds the events that a search lists.
const maxFound = 500
