package web

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"

	"github.com/agentaudit/agentaudit/internal/report"
)

// links say which page the value of a column leads to.
var links = map[string]string{
	"session": "/session/", "session_id": "/session/", "trace": "/trace/", "trace_id": "/trace/",
	"agent": "/agent/", "agent_name": "/agent/", "from_agent": "/agent/", "to_agent": "/agent/",
	"tool": "/search?tool=", "tool_name": "/search?tool=", "event": "/event/", "event_id": "/event/", "event_ids": "/event/",
	"event_type": "/search?type=", "user": "/search?user=", "user_id": "/search?user=", "tier": "/search?tier=",
	"report": "/report/",
}

// Part is a piece of a cell, with where it leads.
type Part struct{ Text, Link, Whole string }

// cellParts returns a value for people, with its links.
func cellParts(c report.Column, v any) []Part {
	to := links[c.Name]
	text := visible(c.Cell(v))
	if c.Name == "root" {
		return []Part{part(text, "")}
	}
	if to == "" || v == nil || strings.HasPrefix(text, "(") {
		return []Part{{Text: text}}
	}
	if list, ok := v.([]string); ok {
		parts := make([]Part, 0, len(list))
		for i, id := range list {
			if i == 5 {
				return append(parts, Part{Text: "…"})
			}
			parts = append(parts, part(visible(id), to+escapeFor(to, id)))
		}
		return parts
	}
	return []Part{part(text, to+escapeFor(to, c.Cell(v)))}
}

func escapeFor(to, value string) string {
	if strings.HasSuffix(to, "=") {
		return url.QueryEscape(value)
	}
	return url.PathEscape(value)
}

// part shortens ids and hashes; the whole is a pointer's move away.
func part(text, link string) Part {
	p := Part{Text: short(text), Link: link}
	if p.Text != text {
		p.Whole = text
	}
	return p
}

// short keeps long ids and hashes readable.
func short(id string) string {
	if (len(id) == 32 || len(id) == 64) && strings.Trim(id, "0123456789abcdef") == "" {
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
			cells[i] = cellView{cellParts(t.Columns[i], v), t.Columns[i].Right(), class(t.Columns[i], v)}
		}
		return cells
	},
	"day":     report.Timestamp,
	"visible": visible,
	"many":    func(n int64, noun string) string { return many(n, noun) },
}

type cellView struct {
	Parts []Part
	Right bool
	Class string
}

// many counts things in words.
func many(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

// class marks values that a reader looks for, and keeps times and ids on one line.
func class(c report.Column, v any) string {
	if c.Name == "writer" || c.Kind == report.Time || c.Kind == report.Day || c.Kind == report.IDs || links[c.Name] != "" {
		return "whole"
	}
	text, _ := v.(string)
	if len(text) > 40 {
		return "long"
	}
	switch c.Name {
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
