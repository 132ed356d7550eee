package derive

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

func decided(status, actor string) source {
	return source{op: dialect.ApprovalDecided, log: "decision", fields: fields{
		dialect.ApprovalStatus: status, dialect.ApprovalActor: actor, dialect.ToolName: "pay", dialect.ToolCallID: "c1",
		dialect.ApproverID: "alice", dialect.SessionID: "s",
	}}
}

func run(id byte, more fields) source {
	s := source{op: dialect.ToolRun, id: id, from: 10, to: 20, fields: fields{dialect.ToolName: "pay", dialect.ToolCallID: "c1"}}
	for k, v := range more {
		s.fields[k] = v
	}
	return s
}

// logged makes a log record of a source.
func logged(name string, s source) source {
	s.log = name
	s.fields[dialect.SessionID] = "s"
	return s
}

// TestApprovalVocabulary is the table of what the dialects call approvals, as one table.
func TestApprovalVocabulary(t *testing.T) {
	const (
		intervention, denied, decision, check = event.HumanIntervention, event.PermissionDenied, event.Decision, event.PermissionCheck
		approved, rejected, expired, aborted  = event.ApprovalApproved, event.ApprovalRejected, event.ApprovalExpired, event.ApprovalAborted
		human, policy, model, hook, unknown   = event.ActorHuman, event.ActorPolicy, event.ActorModel, event.ActorHook, event.ActorUnknown
	)
	for _, c := range []struct {
		who, status, actor string
		wantStatus, class  string
		standing           bool
		tells              []event.Type
	}{
		{"Claude Code", "accept", "user_temporary", approved, human, false, []event.Type{intervention}},
		{"Claude Code", "accept", "user_permanent", approved, human, true, []event.Type{intervention}},
		{"Claude Code", "reject", "user_reject", rejected, human, false, []event.Type{intervention, denied}},
		{"Claude Code", "reject", "user_abort", aborted, human, false, []event.Type{intervention, denied}},
		{"Claude Code", "accept", "config", approved, policy, false, []event.Type{decision}},
		{"Claude Code", "accept", "hook", approved, hook, false, []event.Type{decision}},
		{"Claude Code", "reject", "config", rejected, policy, false, []event.Type{denied}},
		{"Claude Code", "reject", "hook", rejected, hook, false, []event.Type{denied}},
		{"Codex", "approved", "User", approved, human, false, []event.Type{intervention}},
		{"Codex", "approved_for_session", "user", approved, human, true, []event.Type{intervention}},
		{"Codex", "approved_execpolicy_amendment", "User", approved, human, true, []event.Type{intervention}},
		{"Codex", "approved_with_network_policy_amendment", "User", approved, human, true, []event.Type{intervention}},
		{"Codex", "approved", "AutomatedReviewer", approved, model, false, []event.Type{decision}},
		{"Codex", "denied", "automated_reviewer", rejected, model, false, []event.Type{denied}},
		{"Codex", "abort", "User", aborted, human, false, []event.Type{intervention, denied}},
		{"Codex", "timed_out", "User", expired, unknown, false, []event.Type{denied}},
		{"Gemini CLI", "auto_accept", "user", approved, human, true, []event.Type{intervention}},
		{"Gemini CLI", "modify", "user", approved, human, false, []event.Type{intervention}},
		{"Copilot", "block", "hook", rejected, hook, false, []event.Type{denied}},
		{"semconv #535", "allow", "", approved, unknown, false, []event.Type{decision}},
		{"semconv #535", "deny", "", rejected, unknown, false, []event.Type{denied}},
		{"semconv #535", "require_approval", "", event.ApprovalPending, "", false, []event.Type{check}},
		{"wild", "approved", "user", approved, human, false, []event.Type{intervention}},
		{"wild", "expired", "user", expired, unknown, false, []event.Type{denied}},
		{"nobody's word", "accept", "martian", approved, unknown, false, []event.Type{decision}},
		{"nobody's status", "perhaps", "user", "", "", false, nil},
	} {
		t.Run(c.who+" "+c.status+" "+c.actor, func(t *testing.T) {
			events := tell(decided(c.status, c.actor))
			assert.Equal(t, c.tells, kindsOf(events))
			for _, e := range events {
				assert.Equal(t, c.wantStatus, e.Approval.Status)
				assert.Equal(t, c.class, e.Approval.ActorClass)
				assert.Equal(t, c.standing, e.Approval.Standing.Value)
				assert.Equal(t, "c1", e.Tool.CallID)
				assert.Equal(t, e.ActionHash, e.Approval.ActionHash)
				assert.Equal(t, c.class == human, e.Approval.ApproverID != "", "an approver is a person")
			}
		})
	}
}

func TestApprovalIsToldOnceAndOnTheExactCall(t *testing.T) {
	arguments := fields{dialect.ToolArguments: `{"order": 7}`, dialect.ApprovalStatus: "accept", dialect.ApprovalActor: "user_temporary"}
	for name, batch := range map[string][]source{
		"decision, then result": {decided("accept", "user_temporary"), logged("result", run(1, arguments))},
		"result, then decision": {logged("result", run(1, arguments)), decided("accept", "user_temporary")},
		"told three times":      {decided("accept", "user_temporary"), decided("approved", ""), logged("result", run(1, arguments))},
	} {
		t.Run(name, func(t *testing.T) {
			events := tell(batch...)
			e := the(t, events, event.HumanIntervention)
			call := the(t, events, event.ToolCall)
			assert.Equal(t, call.ActionHash, e.Approval.ActionHash)
			assert.NotEmpty(t, e.Params)
			assert.Equal(t, event.ActorHuman, the(t, events, event.ToolResult).Approval.ActorClass)
			assert.Empty(t, find(events, event.Decision))
		})
	}
	t.Run("by the run alone", func(t *testing.T) {
		the(t, tell(logged("result", run(1, arguments))), event.HumanIntervention)
	})
	t.Run("inside the tool's span", func(t *testing.T) {
		inside := source{op: dialect.ApprovalDecided, id: 2, parent: 1, fields: fields{dialect.ApprovalStatus: "accept", dialect.ApprovalActor: "user"}}
		e := the(t, tell(inside, run(1, nil)), event.HumanIntervention)
		assert.Equal(t, "c1", e.Tool.CallID)
		assert.Equal(t, "pay", e.Tool.Name)
	})
	t.Run("of another session it says nothing", func(t *testing.T) {
		other := decided("reject", "user_reject")
		other.fields[dialect.SessionID] = "other"
		assert.Len(t, find(tell(other, logged("result", run(1, nil))), event.ToolResult), 1)
	})
}

func TestNoApprovalIsInferredFromARun(t *testing.T) {
	events := tell(run(1, nil))
	assert.Equal(t, []event.Type{event.ToolCall, event.ToolResult}, kindsOf(events))
	for _, e := range events {
		assert.Zero(t, e.Approval)
	}
}

func TestACallThatDidNotRunIsNotToldAsRun(t *testing.T) {
	for name, batch := range map[string][]source{
		"refused beside it":         {decided("reject", "config"), logged("result", run(1, fields{dialect.Succeeded: "false"}))},
		"refused by its own word":   {run(1, fields{dialect.ApprovalStatus: "rejected", dialect.ApprovalActor: "policy"})},
		"refused by its own result": {run(1, fields{dialect.Succeeded: "false", dialect.ToolResult: "approval policy is never"})},
	} {
		t.Run(name, func(t *testing.T) {
			events := tell(batch...)
			assert.Empty(t, find(events, event.ToolResult))
			assert.Empty(t, find(events, event.Error))
			assert.Equal(t, event.OutcomeDenied, the(t, events, event.ToolCall).Outcome)
			assert.Equal(t, event.ActorPolicy, the(t, events, event.PermissionDenied).Approval.ActorClass)
		})
	}
	pending := tell(run(1, fields{dialect.ApprovalStatus: "pending"}))
	assert.Empty(t, find(pending, event.ToolResult))
	assert.Equal(t, event.OutcomePending, the(t, pending, event.ToolCall).Outcome)
	the(t, pending, event.PermissionCheck)

	ran := tell(decided("reject", "config"), logged("result", run(1, fields{dialect.Succeeded: "true"})))
	the(t, ran, event.ToolResult) // the run itself says that it happened
}

// Codex says "User" where its policy answered for one who was never asked; the result has the truth.
func TestAPolicysRefusalIsNoPersons(t *testing.T) {
	events := tell(decided("denied", "User"), logged("result", run(1, fields{
		dialect.Succeeded: "false", dialect.ToolResult: "MCP tool call requires approval, but approval policy is never",
	})))
	assert.Empty(t, find(events, event.HumanIntervention))
	e := the(t, events, event.PermissionDenied)
	assert.Equal(t, event.ActorPolicy, e.Approval.ActorClass)
	assert.Empty(t, e.Approval.ApproverID)
}

func TestReviewRefusesNothing(t *testing.T) {
	events := tell(source{op: dialect.Review, log: "edit", fields: fields{dialect.ApprovalStatus: "rejected", dialect.ApprovalActor: "user", dialect.ToolName: "edit"}})
	e := the(t, events, event.HumanIntervention)
	assert.Equal(t, event.ApprovalRejected, e.Approval.Status)
	assert.Equal(t, event.OutcomeSuccess, e.Outcome)
	assert.Len(t, events, 1)
}
