package event

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// Int is an integer that may be absent: nought tokens is not the same as no count.
type Int struct {
	Value int64
	Set   bool
}

// Float is a number that may be absent.
type Float struct {
	Value float64
	Set   bool
}

// Bool is a truth value that may be absent.
type Bool struct {
	Value bool
	Set   bool
}

// IntOf, FloatOf and BoolOf give a value that is present.
func IntOf(v int64) Int { return Int{v, true} }

// FloatOf gives a number that is present.
func FloatOf(v float64) Float { return Float{v, true} }

// BoolOf gives a truth value that is present.
func BoolOf(v bool) Bool { return Bool{v, true} }

// JSON is one valid JSON value as compact text. The zero value is absent.
// Only the constructors make one, so that no event can break its line; [RawJSON] is the
// exception, with its rule.
type JSON struct{ text string }

// ParseJSON returns the JSON value that text is.
func ParseJSON(text string) (JSON, error) {
	compact, err := jsontext.Compact(text)
	return JSON{compact}, err
}

// TextJSON returns text as a JSON string; absent if text is empty.
func TextJSON(text string) JSON {
	if text == "" {
		return JSON{}
	}
	return JSON{jsontext.Quote(text)}
}

// AnyJSON returns the JSON value that text is, or else text as a JSON string.
func AnyJSON(text string) JSON {
	if v, err := ParseJSON(text); err == nil {
		return v
	}
	return TextJSON(text)
}

// TrustedJSON takes text as it is. The caller MUST have produced it as one compact
// valid JSON value in UTF-8, no deeper than [jsontext.MaxDepth].
func TrustedJSON(text string) JSON { return JSON{text} }

// RawJSON takes text that may be no JSON at all, on its way to [Event.Rewrite], which makes it
// good. Nothing else may happen to the event in between.
func RawJSON(text string) JSON { return JSON{text} }

// String returns the text, "" if absent.
func (j JSON) String() string { return j.text }

// IsZero says whether the value is absent.
func (j JSON) IsZero() bool { return j.text == "" }

// Event is one audit event. A zero field is absent. What each field means stands
// in the table, fields.go.
type Event struct {
	ID         string
	Type       Type
	Timestamp  pcommon.Timestamp
	ObservedAt pcommon.Timestamp

	TraceID       pcommon.TraceID
	SpanID        pcommon.SpanID
	ParentSpanID  pcommon.SpanID
	ParentEventID string
	Links         JSON

	AgentName    string
	AgentID      string
	AgentVersion string
	UserID       string
	TenantID     string
	Source       string

	SessionID  string
	TaskID     string
	TurnID     string
	StepNumber Int

	Action    string
	Resource  string
	Operation string
	Params    JSON
	Result    JSON
	Outcome   string

	Reasoning  string
	Decision   string
	Confidence Float
	Rationale  string

	Provider            string
	Model               string
	ResponseID          string
	FinishReason        string
	SystemPromptHash    string
	ToolDefinitionsHash string
	Input               JSON
	InputHistoryHash    string
	Output              JSON

	Tokens     Tokens
	CostUSD    Float
	CostSource string
	DurationMS Float

	Approval Approval
	Handoff  HandoffInfo

	Error      string
	ErrorType  string
	ErrorStack string

	Tool       Tool
	ActionHash string
	Guardrail  Guardrail
	Feedback   Feedback

	Convention string
	Origin     Origin
	Service    Service

	Redactions       JSON
	RedactionVersion string
	Truncated        JSON
	Retention        Retention
	Attributes       JSON

	Writer     string
	Seq        Int
	IngestedAt pcommon.Timestamp
	Conflict   Bool
}

// Tokens counts the tokens of one model call.
type Tokens struct {
	Input, Output, Reasoning, CacheRead, CacheWrite, Total Int
	InputIncludesCache                                     Bool
}

// Approval tells of a permission that was asked for or decided.
type Approval struct {
	Required   Bool
	Status     string
	Standing   Bool
	ActorClass string
	ApproverID string
	Reason     string
	ActionHash string
}

// HandoffInfo tells which agent passed control to which.
type HandoffInfo struct {
	From, To string
	Context  JSON
}

// Tool names the tool of a call.
type Tool struct {
	Name, CallID, Type, Server string
}

// Guardrail tells of one check of content or conduct.
type Guardrail struct {
	Name, Verdict, Reason, Target, PolicyID, PolicyVersion string
	Risk                                                   Float
}

// Feedback tells of one judgement on something done before.
type Feedback struct {
	Name           string
	Score          Float
	Label, Comment string
	TargetID       string
	Annotator      string
}

// Origin tells from which telemetry the event was read.
type Origin struct {
	Signal, Scope, Name string
}

// Service is the emitting service, from the resource.
type Service struct {
	Name, Version, InstanceID, Environment string
}

// Retention tells how long the event is to be kept.
type Retention struct {
	Tier      string
	Days      Int
	ExpiresOn string
}
