package web

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/report"
)

// links say which page the value of a column leads to.
var links = map[string]string{
	"session": "/session/", "session_id": "/session/", "trace": "/trace/", "trace_id": "/trace/",
	"agent": "/agent/", "agent_name": "/agent/", "from_agent": "/agent/", "to_agent": "/agent/",
	"tool": "/log?tool=", "tool_name": "/log?tool=", "event": "/event/", "event_id": "/event/", "event_ids": "/event/",
	"event_type": "/log?type=", "user": "/log?user=", "user_id": "/log?user=", "tier": "/log?tier=",
}

// Part is a piece of a cell, with where it leads.
type Part struct{ Text, Link string }

// cellParts returns a value for people, with its links.
func cellParts(c report.Column, v any) []Part {
	to := links[c.Name]
	text := c.Cell(v)
	if to == "" || v == nil || strings.HasPrefix(text, "(") {
		return []Part{{Text: text}}
	}
	if list, ok := v.([]string); ok {
		parts := make([]Part, 0, len(list))
		for i, id := range list {
			if i == 5 {
				return append(parts, Part{Text: "…"})
			}
			parts = append(parts, Part{short(id), to + escapeFor(to, id)})
		}
		return parts
	}
	return []Part{{short(text), to + escapeFor(to, text)}}
}

func escapeFor(to, value string) string {
	if strings.HasSuffix(to, "=") {
		return url.QueryEscape(value)
	}
	return url.PathEscape(value)
}

// short keeps long ids readable; the link has the whole.
func short(id string) string {
	if len(id) == 32 && strings.Trim(id, "0123456789abcdef") == "" {
		return id[:12] + "…"
	}
	if len(id) == 36 && strings.Count(id, "-") == 4 {
		return id[:8] + "…"
	}
	return id
}

var functions = template.FuncMap{
	"cells": func(t *report.Table, row []any) []cellView {
		cells := make([]cellView, len(row))
		for i, v := range row {
			cells[i] = cellView{cellParts(t.Columns[i], v), t.Columns[i].Right(), outcomeClass(t.Columns[i].Name, v)}
		}
		return cells
	},
	"day":   func(t time.Time) string { return report.Timestamp(t) },
	"lower": strings.ToLower,
}

type cellView struct {
	Parts []Part
	Right bool
	Class string
}

// outcomeClass marks values that a reader looks for.
func outcomeClass(column string, v any) string {
	text, _ := v.(string)
	switch column {
	case "outcome", "status", "severity", "result", "verdict":
		switch text {
		case "error", "timeout", "failed", "critical", "high", "rejected":
			return "bad"
		case "denied", "warning", "medium", "pending", "not decidable":
			return "warn"
		case "success", "passed", "approved", "ok":
			return "good"
		}
	}
	return ""
}
