package timeline

import (
	"context"
	"fmt"
	"slices"

	"github.com/agentaudit/agentaudit/internal/report"
)

// MaxEvents bounds the events of one timeline.
const MaxEvents = 500_000

// column is a column of the question, and where it goes.
type column struct {
	name string
	at   func(*Event) any
}

// columns are those of the question trace_events, in its order.
var columns = []column{
	{"event_id", func(e *Event) any { return &e.ID }},
	{"event_type", func(e *Event) any { return &e.Type }},
	{"happened_at", func(e *Event) any { return &e.At }},
	{"trace_id", func(e *Event) any { return &e.TraceID }},
	{"span_id", func(e *Event) any { return &e.SpanID }},
	{"parent_span_id", func(e *Event) any { return &e.ParentSpanID }},
	{"parent_event_id", func(e *Event) any { return &e.ParentEventID }},
	{"agent", func(e *Event) any { return &e.Agent }},
	{"user", func(e *Event) any { return &e.User }},
	{"source", func(e *Event) any { return &e.Source }},
	{"session_id", func(e *Event) any { return &e.SessionID }},
	{"task_id", func(e *Event) any { return &e.TaskID }},
	{"turn_id", func(e *Event) any { return &e.TurnID }},
	{"action", func(e *Event) any { return &e.Action }},
	{"resource", func(e *Event) any { return &e.Resource }},
	{"operation", func(e *Event) any { return &e.Operation }},
	{"params", func(e *Event) any { return &e.Params }},
	{"result", func(e *Event) any { return &e.Result }},
	{"outcome", func(e *Event) any { return &e.Outcome }},
	{"reasoning", func(e *Event) any { return &e.Reasoning }},
	{"decision", func(e *Event) any { return &e.Decision }},
	{"rationale", func(e *Event) any { return &e.Rationale }},
	{"confidence", func(e *Event) any { return &e.Confidence }},
	{"model", func(e *Event) any { return &e.Model }},
	{"input_tokens", func(e *Event) any { return &e.InputTokens }},
	{"output_tokens", func(e *Event) any { return &e.OutputTokens }},
	{"total_tokens", func(e *Event) any { return &e.TotalTokens }},
	{"cost_usd", func(e *Event) any { return &e.CostUSD }},
	{"duration_ms", func(e *Event) any { return &e.DurationMS }},
	{"approval_required", func(e *Event) any { return &e.ApprovalRequired }},
	{"approval_status", func(e *Event) any { return &e.ApprovalStatus }},
	{"actor_class", func(e *Event) any { return &e.ActorClass }},
	{"approver", func(e *Event) any { return &e.Approver }},
	{"approval_reason", func(e *Event) any { return &e.ApprovalReason }},
	{"approved_hash", func(e *Event) any { return &e.ApprovedHash }},
	{"handoff_from", func(e *Event) any { return &e.HandoffFrom }},
	{"handoff_to", func(e *Event) any { return &e.HandoffTo }},
	{"error", func(e *Event) any { return &e.Error }},
	{"error_type", func(e *Event) any { return &e.ErrorType }},
	{"tool", func(e *Event) any { return &e.Tool }},
	{"server", func(e *Event) any { return &e.Server }},
	{"call_id", func(e *Event) any { return &e.CallID }},
	{"action_hash", func(e *Event) any { return &e.ActionHash }},
	{"guardrail", func(e *Event) any { return &e.Guardrail }},
	{"verdict", func(e *Event) any { return &e.Verdict }},
	{"feedback", func(e *Event) any { return &e.Feedback }},
	{"tier", func(e *Event) any { return &e.Tier }},
	{"writer", func(e *Event) any { return &e.Writer }},
	{"seq", func(e *Event) any { return &e.Seq }},
	{"inferred", func(e *Event) any { return &e.Inferred }},
}

// Load builds the timeline of what the view shows, which the caller has narrowed to a trace or a session.
func Load(ctx context.Context, asker report.Asker) (*Timeline, error) {
	q, err := report.FindQuestion("trace_events")
	if err != nil {
		return nil, err
	}
	rows, err := asker.Query(ctx, q.SQL)
	if err != nil {
		return nil, fmt.Errorf("couldn't ask for the events: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	names, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("couldn't ask for the events: %w", err)
	}
	if !slices.EqualFunc(names, columns, func(name string, c column) bool { return name == c.name }) {
		return nil, fmt.Errorf("the question trace_events has other columns than a timeline: %v", names)
	}
	var events []Event
	into := make([]any, len(columns))
	for rows.Next() {
		if len(events) == MaxEvents {
			t := Build(events)
			t.More = true
			return t, nil
		}
		events = append(events, Event{})
		e := &events[len(events)-1]
		for i := range columns {
			into[i] = columns[i].at(e)
		}
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("couldn't read an event: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("couldn't read the events: %w", err)
	}
	return Build(events), nil
}
