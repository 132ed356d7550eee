package timeline

import (
	"cmp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/report"
)

// maxDetail bounds one value among the details, in characters.
const maxDetail = 160

// Details says in one line what else a reader wants to know of an event: name=value pairs, those with spaces in them quoted.
func (e *Event) Details() string {
	var d details
	d.add("tool", e.Tool)
	d.add("server", e.Server)
	if e.HandoffFrom != "" || e.HandoffTo != "" {
		d.add("handoff", cmp.Or(e.HandoffFrom, "?")+"→"+cmp.Or(e.HandoffTo, "?"))
	}
	d.add("approval", e.ApprovalStatus)
	d.add("by", cmp.Or(e.Approver, e.ActorClass))
	d.add("reason", e.ApprovalReason)
	if e.Decision != e.ApprovalStatus {
		d.add("decision", e.Decision)
	}
	if e.Rationale != e.ApprovalReason {
		d.add("because", e.Rationale)
	}
	if e.Confidence != nil {
		d.add("confidence", strconv.FormatFloat(*e.Confidence, 'g', 3, 64))
	}
	d.add("guardrail", e.Guardrail)
	d.add("verdict", e.Verdict)
	d.add("feedback", e.Feedback)
	d.add("resource", e.Resource)
	if e.Type == event.ToolCall {
		d.json("params", e.Params)
	}
	d.add("model", e.Model)
	if e.Type == event.TokenUsage {
		d.usage(e)
	}
	d.add("error_type", e.ErrorType)
	d.add("error", e.Error)
	d.add("reasoning", e.Reasoning)
	d.add("inferred", e.Inferred)
	return d.String()
}

// details joins name=value pairs, so that no value can pose as another pair.
type details struct{ strings.Builder }

func (d *details) add(name, value string) {
	if value == "" {
		return
	}
	if d.Len() > 0 {
		d.WriteByte(' ')
	}
	value = short(value, maxDetail)
	if strings.ContainsAny(value, " \"=\n\t") {
		value = `"` + strings.ReplaceAll(value, `"`, `\"`) + `"`
	}
	d.WriteString(name + "=" + value)
}

// json adds JSON text as it is: it says itself where it ends.
func (d *details) json(name, value string) {
	if value == "" {
		return
	}
	if d.Len() > 0 {
		d.WriteByte(' ')
	}
	d.WriteString(name + "=" + short(value, maxDetail))
}

func (d *details) usage(e *Event) {
	count := func(n *int64) string {
		if n == nil {
			return "?"
		}
		return strconv.FormatInt(*n, 10)
	}
	if e.InputTokens != nil || e.OutputTokens != nil {
		d.add("tokens", count(e.InputTokens)+"/"+count(e.OutputTokens))
	} else if e.TotalTokens != nil {
		d.add("tokens", count(e.TotalTokens))
	}
	if e.CostUSD != nil {
		d.add("cost", report.USD(*e.CostUSD))
	}
}

// short cuts a text to so many characters.
func short(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit-1 && utf8.RuneCountInString(s[i:]) > 1 {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// Details are those of the step's events together, each pair once.
func (t *Timeline) Details(s *Step) string {
	var merged Event
	for _, n := range s.Events {
		e := &t.Events[n]
		keep := func(into *string, v string) { *into = cmp.Or(*into, v) }
		keep(&merged.Tool, e.Tool)
		keep(&merged.Server, e.Server)
		keep(&merged.HandoffFrom, e.HandoffFrom)
		keep(&merged.HandoffTo, e.HandoffTo)
		keep(&merged.ApprovalStatus, e.ApprovalStatus)
		keep(&merged.ActorClass, e.ActorClass)
		keep(&merged.Approver, e.Approver)
		keep(&merged.ApprovalReason, e.ApprovalReason)
		keep(&merged.Decision, e.Decision)
		keep(&merged.Rationale, e.Rationale)
		keep(&merged.Guardrail, e.Guardrail)
		keep(&merged.Verdict, e.Verdict)
		keep(&merged.Feedback, e.Feedback)
		keep(&merged.Resource, e.Resource)
		keep(&merged.Model, e.Model)
		keep(&merged.Error, e.Error)
		keep(&merged.ErrorType, e.ErrorType)
		keep(&merged.Inferred, e.Inferred)
		if e.Type == event.ToolCall {
			keep(&merged.Params, e.Params)
			merged.Type = event.ToolCall
		}
		if e.Type == event.TokenUsage {
			merged.Type, merged.InputTokens, merged.OutputTokens, merged.TotalTokens, merged.CostUSD = e.Type, e.InputTokens, e.OutputTokens, e.TotalTokens, e.CostUSD
		}
		if merged.Confidence == nil {
			merged.Confidence = e.Confidence
		}
	}
	return merged.Details()
}
