package main

import (
	"cmp"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/fatih/color"

	"github.com/agentaudit/agentaudit/internal/event"
)

const rowTime = "2006-01-02T15:04:05.000Z"

// eventTable prints events as rows of a table.
type eventTable struct {
	*table

	colors palette
	event  event.Event
}

func newEventTable(out *output, w io.Writer) *eventTable {
	t := &eventTable{table: newTable(w, out.width, len(rowTime), 20, 18, 34, 9, 10), colors: out.colors}
	if out.width > 0 {
		var heading []cell
		for _, name := range []string{"TIME", "AGENT", "TYPE", "ACTION", "OUTCOME", "TIER", "DETAILS"} {
			heading = append(heading, cell{name, t.colors.heading})
		}
		t.held = append(t.held, heading)
	}
	return t
}

// line prints one stored line.
func (t *eventTable) line(line []byte) error {
	e := &t.event
	if err := event.Decode(line, e); err != nil {
		return err
	}
	c := t.colors
	return t.row(
		cell{e.Timestamp.AsTime().UTC().Format(rowTime), c.faint},
		column(cmp.Or(e.AgentName, e.AgentID), nil),
		column(shortType(e.Type), c.ofType(e.Type)),
		column(e.Action, nil),
		column(e.Outcome, c.ofOutcome(e.Outcome)),
		column(e.Retention.Tier, c.ofTier(e.Retention.Tier)),
		cell{details(e), nil},
	)
}

func column(text string, c *color.Color) cell {
	if text == "" {
		return cell{"-", nil}
	}
	return cell{sanitize(text), c}
}

func (p palette) ofType(t event.Type) *color.Color {
	switch t {
	case event.Error, event.Security, event.PermissionDenied:
		return p.bad
	case event.Decision, event.Handoff, event.HumanIntervention, event.DataModify, event.Compliance, event.PermissionCheck:
		return p.warn
	case event.ToolCall, event.ToolResult:
		return p.call
	}
	return nil
}

func (p palette) ofOutcome(outcome string) *color.Color {
	switch outcome {
	case event.OutcomeSuccess:
		return p.good
	case event.OutcomePending:
		return p.warn
	case "":
		return nil
	}
	return p.bad
}

func (p palette) ofTier(tier string) *color.Color {
	switch tier {
	case event.TierCritical:
		return p.bad
	case event.TierCompliance:
		return p.warn
	case event.TierDebug:
		return p.faint
	}
	return nil
}

// details says in one line what else a reader wants to know: what went where, then what it cost, then what went wrong.
func details(e *event.Event) string {
	var d detail
	d.add("session", e.SessionID)
	d.add("tool", e.Tool.Name)
	d.add("server", e.Tool.Server)
	if e.Handoff.From != "" || e.Handoff.To != "" {
		d.add("handoff", cmp.Or(e.Handoff.From, "?")+"→"+cmp.Or(e.Handoff.To, "?"))
	}
	d.add("approval", e.Approval.Status)
	d.add("by", cmp.Or(e.Approval.ApproverID, e.Approval.ActorClass))
	d.add("decision", e.Decision)
	d.add("guardrail", e.Guardrail.Name)
	d.add("verdict", e.Guardrail.Verdict)
	d.add("feedback", e.Feedback.Name)
	d.add("label", e.Feedback.Label)
	if e.Feedback.Score.Set {
		d.add("score", strconv.FormatFloat(e.Feedback.Score.Value, 'g', -1, 64))
	}
	d.add("resource", e.Resource)
	d.add("model", e.Model)
	if e.Tokens.Input.Set || e.Tokens.Output.Set {
		d.add("tokens", count(e.Tokens.Input)+"/"+count(e.Tokens.Output))
	} else if e.Tokens.Total.Set {
		d.add("tokens", count(e.Tokens.Total))
	}
	if e.CostUSD.Set {
		d.add("cost", "$"+strconv.FormatFloat(e.CostUSD.Value, 'f', -1, 64))
	}
	if e.DurationMS.Set {
		d.add("duration", duration(e.DurationMS.Value))
	}
	d.add("error_type", e.ErrorType)
	d.add("error", e.Error)
	if e.Conflict.Value {
		d.add("conflict", "true")
	}
	return d.String()
}

// detail joins name=value pairs; values with spaces or quotes in them are quoted, so that none can pose as another pair.
type detail struct{ strings.Builder }

func (d *detail) add(name, value string) {
	if value == "" {
		return
	}
	if d.Len() > 0 {
		d.WriteByte(' ')
	}
	value = sanitize(value)
	if strings.ContainsAny(value, ` "=`) {
		value = `"` + strings.ReplaceAll(value, `"`, `\"`) + `"`
	}
	d.WriteString(name + "=" + value)
}

func count(n event.Int) string {
	if !n.Set {
		return "?"
	}
	return strconv.FormatInt(n.Value, 10)
}

// duration prints milliseconds for people: 0.4ms, 250ms, 1.25s, 2m3.4s.
func duration(ms float64) string {
	switch {
	case ms < 10 || ms > 1e12:
		return strconv.FormatFloat(ms, 'g', 3, 64) + "ms"
	case ms < 1000:
		return strconv.FormatFloat(ms, 'f', 0, 64) + "ms"
	case ms < 60_000:
		return strconv.FormatFloat(ms/1000, 'f', 2, 64) + "s"
	}
	return time.Duration(ms * 1e6).Round(100 * time.Millisecond).String()
}
