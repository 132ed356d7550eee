package event

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// field is one row of the specification: a member of the stored object, an
// attribute in flight, a property of the JSON Schema.
type field struct {
	// name is the member's name; "group.member" for a member of a group.
	name string
	// doc says what it means. It becomes the description in the JSON Schema.
	doc string
	// at points to the value inside an event: *string, *Type, *pcommon.Timestamp,
	// *pcommon.TraceID, *pcommon.SpanID, *Int, *Float, *Bool or *JSON.
	at func(*Event) any
	// format restricts a text; nil allows any.
	format *format
	// native marks what a span event or log record carries itself.
	native native
	// verbatim marks what is made here and so never redacted: hashes, enums, and what was redacted when it
	// was made. Everything else is by default text from outside.
	verbatim bool
	// structural marks text from outside that readers join on: ids, versions, models. Only what can be
	// nothing but a secret goes.
	structural bool

	// The rest is derived from name.
	group, member string
	attribute     string // the attribute in flight
	pointer       string // JSON pointer to it
	first, next   string // the member's key as the first of its group, and as a later one
}

// native says which carrier holds a field in a place of its own.
type native uint8

const (
	nativeSpan native = 1 << iota // a span event, or the span it is on
	nativeLog                     // a log record
)

// format is what a text may be.
type format struct {
	values  []string // the allowed values, if closed
	schema  string   // JSON Schema "format", if it has a name there
	pattern string   // JSON Schema "pattern"
	valid   func(string) bool
}

func oneOf(values ...string) *format {
	return &format{values: values, valid: func(s string) bool { return slices.Contains(values, s) }}
}

var (
	uuidFormat = &format{schema: "uuid", valid: func(s string) bool {
		id, err := uuid.Parse(s)
		return err == nil && id.String() == s
	}}
	dateFormat = &format{schema: "date", valid: func(s string) bool {
		_, err := time.Parse(time.DateOnly, s)
		return err == nil
	}}
	hashFormat   = &format{pattern: "^(sha256|hmac-sha256):[0-9a-f]{64}$", valid: validHash}
	writerFormat = &format{pattern: "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", valid: layout.ValidWriter}
)

func validHash(s string) bool {
	algorithm, digest, ok := strings.Cut(s, ":")
	if !ok || (algorithm != "sha256" && algorithm != "hmac-sha256") || len(digest) != 64 {
		return false
	}
	return strings.Trim(digest, "0123456789abcdef") == ""
}

// fields is the specification, in the order of the stored object. Retention and the
// stamp stand last, behind everything that comes from outside, so that a reader can find
// them from the end of the line without parsing it.
var fields = derive([]field{
	{name: "event_id", doc: "UUID version 8 over the identity of the telemetry: the same telemetry gives the same id.", at: func(e *Event) any { return &e.ID }, format: uuidFormat},
	{name: "event_type", doc: "What kind of event this is.", at: func(e *Event) any { return &e.Type }, native: nativeSpan | nativeLog},
	{name: "timestamp", doc: "When it happened, by the emitter's clock.", at: func(e *Event) any { return &e.Timestamp }, native: nativeSpan | nativeLog},
	{name: "observed_at", doc: "When the emitter's pipeline saw it, where it says so.", at: func(e *Event) any { return &e.ObservedAt }, native: nativeLog},

	{name: "trace_id", doc: "W3C trace id.", at: func(e *Event) any { return &e.TraceID }, native: nativeSpan | nativeLog},
	{name: "span_id", doc: "Span that the event was read from, or that the log record belongs to.", at: func(e *Event) any { return &e.SpanID }, native: nativeSpan | nativeLog},
	{name: "parent_span_id", doc: "Parent of that span.", at: func(e *Event) any { return &e.ParentSpanID }, native: nativeSpan},
	{name: "parent_event_id", doc: "Event of the nearest ancestor in the trace that has one.", at: func(e *Event) any { return &e.ParentEventID }, format: uuidFormat},
	{name: "links", doc: "Span links: an array of {trace_id, span_id, attributes}.", at: func(e *Event) any { return &e.Links }, verbatim: true},

	{name: "agent_name", doc: "Agent that acted.", at: func(e *Event) any { return &e.AgentName }},
	{name: "agent_id", doc: "Id of that agent, as its framework gives it.", at: func(e *Event) any { return &e.AgentID }, structural: true},
	{name: "agent_version", doc: "Version of that agent.", at: func(e *Event) any { return &e.AgentVersion }, structural: true},
	{name: "user_id", doc: "User on whose behalf it acted.", at: func(e *Event) any { return &e.UserID }, structural: true},
	{name: "tenant_id", doc: "Tenant or organisation of that user.", at: func(e *Event) any { return &e.TenantID }, structural: true},
	{name: "source", doc: "Who caused it: user, system, or agent:NAME.", at: func(e *Event) any { return &e.Source }},

	{name: "session_id", doc: "Session or conversation.", at: func(e *Event) any { return &e.SessionID }, structural: true},
	{name: "task_id", doc: "Task or run within the session.", at: func(e *Event) any { return &e.TaskID }, structural: true},
	{name: "turn_id", doc: "Turn or prompt within the session.", at: func(e *Event) any { return &e.TurnID }, structural: true},
	{name: "step_number", doc: "Step within the task.", at: func(e *Event) any { return &e.StepNumber }},

	{name: "action", doc: "What was done, as verb:object, for example tool_call:get_order.", at: func(e *Event) any { return &e.Action }},
	{name: "resource", doc: "What it was done to: a data source, a URI, a file, a table.", at: func(e *Event) any { return &e.Resource }},
	{name: "operation", doc: "Whether data was read or written.", at: func(e *Event) any { return &e.Operation }, format: oneOf(Read, Write)},
	{name: "params", doc: "Arguments, redacted.", at: func(e *Event) any { return &e.Params }},
	{name: "result", doc: "Result, redacted.", at: func(e *Event) any { return &e.Result }},
	{name: "outcome", doc: "How it ended.", at: func(e *Event) any { return &e.Outcome }, format: oneOf(OutcomeSuccess, OutcomeError, OutcomeDenied, OutcomeTimeout, OutcomeCancelled, OutcomePending)},

	{name: "reasoning", doc: "Reasoning text that the model gave.", at: func(e *Event) any { return &e.Reasoning }},
	{name: "decision", doc: "What was decided.", at: func(e *Event) any { return &e.Decision }},
	{name: "confidence", doc: "Confidence of the decision, 0 to 1.", at: func(e *Event) any { return &e.Confidence }},
	{name: "rationale", doc: "Why it was decided so.", at: func(e *Event) any { return &e.Rationale }},

	{name: "provider", doc: "Model provider, in OTel's spelling.", at: func(e *Event) any { return &e.Provider }, structural: true},
	{name: "model", doc: "Model that answered, else the one that was asked.", at: func(e *Event) any { return &e.Model }, structural: true},
	{name: "response_id", doc: "Id of the response at the provider.", at: func(e *Event) any { return &e.ResponseID }, structural: true},
	{name: "finish_reason", doc: "Why the model stopped.", at: func(e *Event) any { return &e.FinishReason }},
	{name: "system_prompt_hash", doc: "SHA-256 of the system instructions.", at: func(e *Event) any { return &e.SystemPromptHash }, format: hashFormat},
	{name: "tool_definitions_hash", doc: "SHA-256 of the tool definitions.", at: func(e *Event) any { return &e.ToolDefinitionsHash }, format: hashFormat},
	{name: "input", doc: "Messages that are new in this turn, redacted.", at: func(e *Event) any { return &e.Input }},
	{name: "input_history_hash", doc: "HMAC-SHA-256, before redaction, of the messages before those.", at: func(e *Event) any { return &e.InputHistoryHash }, format: hashFormat},
	{name: "output", doc: "Messages that the model or agent gave, redacted.", at: func(e *Event) any { return &e.Output }},

	{name: "tokens.input", doc: "Input tokens, as reported.", at: func(e *Event) any { return &e.Tokens.Input }},
	{name: "tokens.output", doc: "Output tokens, as reported.", at: func(e *Event) any { return &e.Tokens.Output }},
	{name: "tokens.reasoning", doc: "Output tokens spent on reasoning.", at: func(e *Event) any { return &e.Tokens.Reasoning }},
	{name: "tokens.cache_read", doc: "Input tokens read from a cache.", at: func(e *Event) any { return &e.Tokens.CacheRead }},
	{name: "tokens.cache_write", doc: "Input tokens written to a cache.", at: func(e *Event) any { return &e.Tokens.CacheWrite }},
	{name: "tokens.total", doc: "Total, as reported, else input plus output.", at: func(e *Event) any { return &e.Tokens.Total }},
	{name: "tokens.input_includes_cache", doc: "Whether input counts the cached tokens too.", at: func(e *Event) any { return &e.Tokens.InputIncludesCache }},
	{name: "cost_usd", doc: "Cost in US dollars.", at: func(e *Event) any { return &e.CostUSD }},
	{name: "cost_source", doc: "Whether the emitter reported the cost or a price table gave it.", at: func(e *Event) any { return &e.CostSource }, format: oneOf(CostReported, CostComputed)},
	{name: "duration_ms", doc: "Duration in milliseconds.", at: func(e *Event) any { return &e.DurationMS }},

	{name: "approval.required", doc: "Whether a permission was needed.", at: func(e *Event) any { return &e.Approval.Required }},
	{name: "approval.status", doc: "State of the permission.", at: func(e *Event) any { return &e.Approval.Status }, format: oneOf(ApprovalPending, ApprovalApproved, ApprovalRejected, ApprovalExpired, ApprovalAborted)},
	{name: "approval.standing", doc: "Whether it holds for later calls too.", at: func(e *Event) any { return &e.Approval.Standing }},
	{name: "approval.actor_class", doc: "What kind of actor decided.", at: func(e *Event) any { return &e.Approval.ActorClass }, format: oneOf(ActorHuman, ActorPolicy, ActorModel, ActorHook, ActorUnknown)},
	{name: "approval.approver_id", doc: "Who decided.", at: func(e *Event) any { return &e.Approval.ApproverID }, structural: true},
	{name: "approval.reason", doc: "Reason given.", at: func(e *Event) any { return &e.Approval.Reason }},
	{name: "approval.action_hash", doc: "The action_hash that was decided on.", at: func(e *Event) any { return &e.Approval.ActionHash }, format: hashFormat},

	{name: "handoff.from", doc: "Agent that gave up control.", at: func(e *Event) any { return &e.Handoff.From }},
	{name: "handoff.to", doc: "Agent that took it.", at: func(e *Event) any { return &e.Handoff.To }},
	{name: "handoff.context", doc: "What was passed along, redacted.", at: func(e *Event) any { return &e.Handoff.Context }},

	{name: "error", doc: "Error message, redacted.", at: func(e *Event) any { return &e.Error }},
	{name: "error_type", doc: "Error class.", at: func(e *Event) any { return &e.ErrorType }},
	{name: "error_stack", doc: "Stack trace, redacted.", at: func(e *Event) any { return &e.ErrorStack }},

	{name: "tool.name", doc: "Tool that was called.", at: func(e *Event) any { return &e.Tool.Name }},
	{name: "tool.call_id", doc: "Id of the call.", at: func(e *Event) any { return &e.Tool.CallID }, structural: true},
	{name: "tool.type", doc: "Type of the tool, as the emitter has it.", at: func(e *Event) any { return &e.Tool.Type }},
	{name: "tool.server", doc: "Server that provides the tool (MCP).", at: func(e *Event) any { return &e.Tool.Server }},
	{name: "action_hash", doc: "HMAC-SHA-256 of the tool name and its canonical arguments, before redaction.", at: func(e *Event) any { return &e.ActionHash }, format: hashFormat},

	{name: "guardrail.name", doc: "Guardrail that checked.", at: func(e *Event) any { return &e.Guardrail.Name }},
	{name: "guardrail.verdict", doc: "What it found, as the emitter has it.", at: func(e *Event) any { return &e.Guardrail.Verdict }},
	{name: "guardrail.reason", doc: "Why.", at: func(e *Event) any { return &e.Guardrail.Reason }},
	{name: "guardrail.target", doc: "What was checked: input, output, a tool call.", at: func(e *Event) any { return &e.Guardrail.Target }},
	{name: "guardrail.policy_id", doc: "Policy that it applied.", at: func(e *Event) any { return &e.Guardrail.PolicyID }, structural: true},
	{name: "guardrail.policy_version", doc: "Version of that policy.", at: func(e *Event) any { return &e.Guardrail.PolicyVersion }, structural: true},
	{name: "guardrail.risk", doc: "Risk score, as the emitter has it.", at: func(e *Event) any { return &e.Guardrail.Risk }},

	{name: "feedback.name", doc: "What was judged, for example helpfulness.", at: func(e *Event) any { return &e.Feedback.Name }},
	{name: "feedback.score", doc: "Score.", at: func(e *Event) any { return &e.Feedback.Score }},
	{name: "feedback.label", doc: "Label.", at: func(e *Event) any { return &e.Feedback.Label }},
	{name: "feedback.comment", doc: "Comment or explanation, redacted.", at: func(e *Event) any { return &e.Feedback.Comment }},
	{name: "feedback.target_id", doc: "Span, response or call that was judged.", at: func(e *Event) any { return &e.Feedback.TargetID }, structural: true},
	{name: "feedback.annotator", doc: "Who judged.", at: func(e *Event) any { return &e.Feedback.Annotator }, structural: true},

	{name: "convention", doc: "Dialects of the telemetry, the leading one first, separated by commas.", at: func(e *Event) any { return &e.Convention }, verbatim: true},
	{name: "origin.signal", doc: "Signal that it was read from.", at: func(e *Event) any { return &e.Origin.Signal }, format: oneOf("span", "log")},
	{name: "origin.scope", doc: "Instrumentation scope.", at: func(e *Event) any { return &e.Origin.Scope }},
	{name: "origin.name", doc: "Name of the span or log event.", at: func(e *Event) any { return &e.Origin.Name }},
	{name: "service.name", doc: "service.name of the resource.", at: func(e *Event) any { return &e.Service.Name }},
	{name: "service.version", doc: "service.version of the resource.", at: func(e *Event) any { return &e.Service.Version }, structural: true},
	{name: "service.instance_id", doc: "service.instance.id of the resource.", at: func(e *Event) any { return &e.Service.InstanceID }, structural: true},
	{name: "service.environment", doc: "deployment.environment.name of the resource.", at: func(e *Event) any { return &e.Service.Environment }},

	{name: "redactions", doc: "What was redacted: an array of {path, rule, action, count}; path is a JSON pointer into this event.", at: func(e *Event) any { return &e.Redactions }, verbatim: true},
	{name: "redaction_version", doc: "Rule set that redacted.", at: func(e *Event) any { return &e.RedactionVersion }, verbatim: true},
	{name: "truncated", doc: "JSON pointers to what was cut short or left out for its size.", at: func(e *Event) any { return &e.Truncated }, verbatim: true},
	{name: "attributes", doc: "What no other member took, redacted.", at: func(e *Event) any { return &e.Attributes }},
	{name: "retention.tier", doc: "How long it is kept, as a class.", at: func(e *Event) any { return &e.Retention.Tier }, format: oneOf(Tiers...)},
	{name: "retention.days", doc: "Days to keep it.", at: func(e *Event) any { return &e.Retention.Days }},
	{name: "retention.expires_on", doc: "First UTC day on which it may be deleted.", at: func(e *Event) any { return &e.Retention.ExpiresOn }, format: dateFormat},

	{name: "writer", doc: "Collector that stored it.", at: func(e *Event) any { return &e.Writer }, format: writerFormat},
	{name: "seq", doc: "Place in that writer's sequence, without gaps.", at: func(e *Event) any { return &e.Seq }},
	{name: "ingested_at", doc: "When the collector stored it.", at: func(e *Event) any { return &e.IngestedAt }},
	{name: "conflict", doc: "Set when an event with the same id and other content was stored shortly before.", at: func(e *Event) any { return &e.Conflict }},
})

// bodyFields are those before the stamp.
var bodyFields = fields[:slices.IndexFunc(fields, func(f field) bool { return f.name == "writer" })]

// AttributePrefix begins the name of every attribute that carries an event in flight.
const AttributePrefix = "agent_audit."

func derive(rows []field) []field {
	for i := range rows {
		f := &rows[i]
		f.member = f.name
		f.attribute = AttributePrefix + f.name
		f.pointer = "/" + strings.ReplaceAll(f.name, ".", "/")
		f.verbatim = f.verbatim || f.format != nil
		if group, member, ok := strings.Cut(f.name, "."); ok {
			f.group, f.member = group, member
		}
		f.next = `,"` + f.member + `":`
		f.first = f.next
		if f.group != "" {
			f.first = `,"` + f.group + `":{"` + f.member + `":`
		}
	}
	return rows
}

// Groups lists the members that are objects of members.
func Groups() (groups []string) {
	for i := range fields {
		if g := fields[i].group; g != "" && !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups
}
