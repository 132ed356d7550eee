package timeline

import (
	"cmp"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Event is what a reader of a timeline wants of an event: internal/event says what each field means. Texts may be cut.
type Event struct {
	ID   string     `json:"event_id"`
	Type event.Type `json:"event_type"`
	At   time.Time  `json:"timestamp"`

	TraceID       string `json:"trace_id,omitempty"`
	SpanID        string `json:"span_id,omitempty"`
	ParentSpanID  string `json:"parent_span_id,omitempty"`
	ParentEventID string `json:"parent_event_id,omitempty"`

	// Agent is its name, or its id when it has none.
	Agent     string `json:"agent,omitempty"`
	User      string `json:"user,omitempty"`
	Source    string `json:"source,omitempty"`
	SessionID string `json:"session_id,omitempty"`
	TaskID    string `json:"task_id,omitempty"`
	TurnID    string `json:"turn_id,omitempty"`

	Action    string `json:"action,omitempty"`
	Resource  string `json:"resource,omitempty"`
	Operation string `json:"operation,omitempty"`
	Params    string `json:"params,omitempty"` // JSON text
	Result    string `json:"result,omitempty"` // JSON text
	Outcome   string `json:"outcome,omitempty"`

	Reasoning  string   `json:"reasoning,omitempty"`
	Decision   string   `json:"decision,omitempty"`
	Rationale  string   `json:"rationale,omitempty"`
	Confidence *float64 `json:"confidence,omitempty"`

	Model        string   `json:"model,omitempty"`
	InputTokens  *int64   `json:"input_tokens,omitempty"`
	OutputTokens *int64   `json:"output_tokens,omitempty"`
	TotalTokens  *int64   `json:"total_tokens,omitempty"`
	CostUSD      *float64 `json:"cost_usd,omitempty"`
	DurationMS   *float64 `json:"duration_ms,omitempty"`

	ApprovalRequired bool   `json:"approval_required,omitempty"`
	ApprovalStatus   string `json:"approval_status,omitempty"`
	ActorClass       string `json:"actor_class,omitempty"`
	Approver         string `json:"approver,omitempty"`
	ApprovalReason   string `json:"approval_reason,omitempty"`
	ApprovedHash     string `json:"approved_hash,omitempty"`

	HandoffFrom string `json:"handoff_from,omitempty"`
	HandoffTo   string `json:"handoff_to,omitempty"`
	Error       string `json:"error,omitempty"`
	ErrorType   string `json:"error_type,omitempty"`
	Tool        string `json:"tool,omitempty"`
	Server      string `json:"server,omitempty"`
	CallID      string `json:"call_id,omitempty"`
	ActionHash  string `json:"action_hash,omitempty"`
	Guardrail   string `json:"guardrail,omitempty"`
	Verdict     string `json:"verdict,omitempty"`
	Feedback    string `json:"feedback,omitempty"`

	Tier   string `json:"tier,omitempty"`
	Writer string `json:"writer,omitempty"`
	Seq    int64  `json:"seq,omitempty"`
	// Inferred names the fields that were completed from other events, separated by commas.
	Inferred string `json:"inferred,omitempty"`

	// Step is the number of the step that the event tells of.
	Step int `json:"step"`
}

// FromEvent returns what a timeline keeps of an event.
func FromEvent(e *event.Event) Event {
	out := Event{
		ID: e.ID, Type: e.Type, At: e.Timestamp.AsTime(), ParentEventID: e.ParentEventID,
		Agent: cmp.Or(e.AgentName, e.AgentID), User: e.UserID, Source: e.Source, SessionID: e.SessionID, TaskID: e.TaskID, TurnID: e.TurnID,
		Action: e.Action, Resource: e.Resource, Operation: e.Operation, Params: e.Params.String(), Result: e.Result.String(), Outcome: e.Outcome,
		Reasoning: e.Reasoning, Decision: e.Decision, Rationale: e.Rationale, Confidence: float(e.Confidence),
		Model: e.Model, InputTokens: whole(e.Tokens.Input), OutputTokens: whole(e.Tokens.Output), TotalTokens: whole(e.Tokens.Total),
		CostUSD: float(e.CostUSD), DurationMS: float(e.DurationMS),
		ApprovalRequired: e.Approval.Required.Value, ApprovalStatus: e.Approval.Status, ActorClass: e.Approval.ActorClass,
		Approver: e.Approval.ApproverID, ApprovalReason: e.Approval.Reason, ApprovedHash: e.Approval.ActionHash,
		HandoffFrom: e.Handoff.From, HandoffTo: e.Handoff.To, Error: e.Error, ErrorType: e.ErrorType,
		Tool: e.Tool.Name, Server: e.Tool.Server, CallID: e.Tool.CallID, ActionHash: e.ActionHash,
		Guardrail: e.Guardrail.Name, Verdict: e.Guardrail.Verdict, Feedback: e.Feedback.Name,
		Tier: e.Retention.Tier, Writer: e.Writer, Seq: e.Seq.Value,
	}
	if !e.TraceID.IsEmpty() {
		out.TraceID = e.TraceID.String()
	}
	if !e.SpanID.IsEmpty() {
		out.SpanID = e.SpanID.String()
	}
	if !e.ParentSpanID.IsEmpty() {
		out.ParentSpanID = e.ParentSpanID.String()
	}
	return out
}

func float(v event.Float) *float64 {
	if !v.Set {
		return nil
	}
	return &v.Value
}

func whole(v event.Int) *int64 {
	if !v.Set {
		return nil
	}
	return &v.Value
}

// took is the event's duration, 0 if it has none.
func (e *Event) took() time.Duration {
	if e.DurationMS == nil || *e.DurationMS < 0 || *e.DurationMS > maxDuration {
		return 0
	}
	return time.Duration(*e.DurationMS * float64(time.Millisecond))
}

// maxDuration is beyond what anything lasts, in milliseconds: a year.
const maxDuration = 365 * 24 * 3600 * 1000

// Start is when what the event tells of began.
func (e *Event) Start() time.Time {
	if e.Type == event.Invocation {
		return e.At
	}
	return e.At.Add(-e.took())
}

// End is when it ended.
func (e *Event) End() time.Time {
	if e.Type == event.Invocation {
		return e.At.Add(e.took())
	}
	return e.At
}

// sortEvents puts events in the order of a timeline; the order is complete.
func sortEvents(events []Event) {
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Type.Rank(), b.Type.Rank()),
			cmp.Compare(a.Writer, b.Writer), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.ID, b.ID))
	})
}
