package event

import (
	"maps"
	"slices"
)

// Schema is the value of the member "schema" in every event.
const Schema = "agentaudit/v1"

// Type is the type of an event. The set is closed in v1.
type Type string

// The event types.
const (
	SessionStart      Type = "agent.session_start"
	SessionEnd        Type = "agent.session_end"
	Invocation        Type = "agent.invocation"
	FinalOutput       Type = "agent.final_output"
	Reasoning         Type = "agent.reasoning"
	Decision          Type = "agent.decision"
	LLMResponse       Type = "agent.llm_response"
	TokenUsage        Type = "agent.token_usage"
	ToolCall          Type = "agent.tool_call"
	ToolResult        Type = "agent.tool_result"
	DataAccess        Type = "agent.data_access"
	DataModify        Type = "agent.data_modify"
	Handoff           Type = "agent.handoff"
	HumanIntervention Type = "agent.human_intervention"
	PermissionCheck   Type = "agent.permission_check"
	PermissionDenied  Type = "agent.permission_denied"
	UserFeedback      Type = "agent.user_feedback"
	Security          Type = "agent.security"
	Compliance        Type = "agent.compliance"
	Error             Type = "agent.error"
)

// Types lists the event types in the order of the specification.
var Types = []Type{
	SessionStart, SessionEnd, Invocation, FinalOutput, Reasoning, Decision, LLMResponse, TokenUsage,
	ToolCall, ToolResult, DataAccess, DataModify, Handoff, HumanIntervention, PermissionCheck,
	PermissionDenied, UserFeedback, Security, Compliance, Error,
}

// aliases are names that other audit schemas use. Readers accept them; nothing writes them.
var aliases = map[string]Type{
	"agent.start":       SessionStart,
	"agent.stop":        SessionEnd,
	"session_start":     SessionStart,
	"session_end":       SessionEnd,
	"session_timeout":   SessionEnd,
	"action.request":    PermissionCheck,
	"action.approved":   HumanIntervention,
	"action.denied":     PermissionDenied,
	"action.executed":   ToolResult,
	"action.failed":     Error,
	"tool.call":         ToolCall,
	"tool_call":         ToolCall,
	"tool.response":     ToolResult,
	"tool_result":       ToolResult,
	"data.access":       DataAccess,
	"data.modify":       DataModify,
	"permission.check":  PermissionCheck,
	"permission.denied": PermissionDenied,
	"error":             Error,
	"llm_call":          LLMResponse,
	"final_output":      FinalOutput,
}

// known maps each accepted name, canonical or alias, to its type.
var known = func() map[string]Type {
	m := make(map[string]Type, len(Types)+len(aliases))
	maps.Copy(m, aliases)
	for _, t := range Types {
		m[string(t)] = t
	}
	return m
}()

// ParseType returns the type that name stands for, itself or as an alias.
func ParseType(name string) (Type, bool) {
	t, ok := known[name]
	return t, ok
}

// FindType returns the type that a person means, who may leave out "agent.".
func FindType(name string) (Type, bool) {
	if t, ok := ParseType("agent." + name); ok {
		return t, true
	}
	return ParseType(name)
}

// IsType says whether name is the canonical name of an event type.
func IsType(name string) bool {
	t, ok := known[name]
	return ok && string(t) == name
}

// Aliases returns the alias names, sorted.
func Aliases() []string {
	names := make([]string, 0, len(aliases))
	for name := range aliases {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Outcomes of what an event tells of.
const (
	OutcomeSuccess   = "success"
	OutcomeError     = "error"
	OutcomeDenied    = "denied"
	OutcomeTimeout   = "timeout"
	OutcomeCancelled = "cancelled"
	OutcomePending   = "pending"
)

// Operations on data.
const (
	Read  = "read"
	Write = "write"
)

// States of an approval.
const (
	ApprovalPending  = "pending"
	ApprovalApproved = "approved"
	ApprovalRejected = "rejected"
	ApprovalExpired  = "expired"
	ApprovalAborted  = "aborted"
)

// Classes of who decided.
const (
	ActorHuman   = "human"
	ActorPolicy  = "policy"
	ActorModel   = "model"
	ActorHook    = "hook"
	ActorUnknown = "unknown"
)

// Sources of a cost.
const (
	CostReported = "reported"
	CostComputed = "computed"
)

// Tiers of retention, from the shortest-lived to the longest.
const (
	TierDebug      = "debug"
	TierInfo       = "info"
	TierCompliance = "compliance"
	TierCritical   = "critical"
)

// Tiers lists the retention tiers.
var Tiers = []string{TierDebug, TierInfo, TierCompliance, TierCritical}
