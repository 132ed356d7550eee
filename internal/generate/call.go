package generate

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Call is one call of a tool. Only Tool is needed. What is empty is absent from its events.
type Call struct {
	Tool, CallID, Type, Server string
	Args, Result               string        // JSON or plain text
	Took                       time.Duration // 200 ms if 0
	// Operation is event.Read or event.Write for a tool that touches data, and Resource what it touches.
	Operation, Resource string
	// Error makes it fail with that message and type. Outcome is how: error if empty, or timeout or cancelled.
	Error, ErrorType, Outcome string
	// Approval is what the call's own events say of a permission; its action hash is filled in.
	Approval event.Approval

	params, result event.JSON // instead of Args and Result
}

// hash is the call's action hash.
func (c *Call) hash() string {
	if !c.params.IsZero() {
		return ActionHash(c.Tool, c.params.String())
	}
	return ActionHash(c.Tool, c.Args)
}

// hashKey stands where a deployment's redaction key would.
var hashKey = []byte("agentaudit/generate/redaction key")

// ActionHash returns the hash by which the events of a call and of its approval can be joined.
func ActionHash(tool, args string) string {
	mac := hmac.New(sha256.New, hashKey)
	_, _ = mac.Write([]byte(tool + "\x00" + args)) // never fails
	return "hmac-sha256:" + hex.EncodeToString(mac.Sum(nil))
}

// fill sets what all events of a call have.
func (c *Call) fill(e *event.Event, hash string) *event.Event {
	e.Tool = event.Tool{Name: c.Tool, CallID: c.CallID, Type: c.Type, Server: c.Server}
	e.ActionHash = hash
	if e.Approval = c.Approval; e.Approval.Status != "" {
		e.Approval.ActionHash = hash
	}
	return e
}

// Call calls a tool: a tool_call at its start, and at its end a tool_result, a data_access or data_modify if it touches data, and
// an error if it failed.
func (r *Run) Call(c Call) *Run {
	r.begin()
	r.step++
	c.Took = cmp.Or(c.Took, 200*time.Millisecond)
	span, hash := r.newSpan(), c.hash()
	action := "tool_call:" + c.Tool
	e := c.fill(r.emit(event.ToolCall, r.now, span, action), hash)
	e.Params, e.Resource, e.Outcome = either(c.params, c.Args), c.Resource, ""
	e.StepNumber = event.IntOf(r.step)

	r.now = r.now.Add(c.Took)
	tell := func(t event.Type, action string) *event.Event {
		e := c.fill(r.emit(t, r.now, span, action), hash)
		e.Resource, e.DurationMS, e.StepNumber = c.Resource, milliseconds(c.Took), event.IntOf(r.step)
		if c.Error != "" || c.Outcome != "" {
			fail(e, cmp.Or(c.Outcome, event.OutcomeError), c.Error, c.ErrorType)
		}
		return e
	}
	tell(event.ToolResult, "tool_result:"+c.Tool).Result = either(c.result, c.Result)
	switch c.Operation {
	case event.Read:
		tell(event.DataAccess, action).Operation = event.Read
	case event.Write:
		tell(event.DataModify, action).Operation = event.Write
	}
	if c.Error != "" {
		tell(event.Error, action).Params = either(c.params, c.Args)
	}
	return r.rest()
}

// about is a step of one event about a permission for a call.
func (r *Run) about(t event.Type, action string, c Call, outcome string, a event.Approval) *event.Event {
	r.begin()
	return r.tell(t, r.newSpan(), action, c, outcome, a)
}

func (r *Run) tell(t event.Type, span pcommon.SpanID, action string, c Call, outcome string, a event.Approval) *event.Event {
	c.Approval = a
	e := c.fill(r.emit(t, r.now, span, action), c.hash())
	e.Params, e.Outcome, e.Rationale = either(c.params, c.Args), outcome, a.Reason
	r.rest()
	return e
}

// Ask asks for a permission to make a call: a permission_check that is pending.
func (r *Run) Ask(c Call) *Run {
	a := event.Approval{Required: event.BoolOf(true), Status: event.ApprovalPending}
	r.about(event.PermissionCheck, "ask_approval:"+c.Tool, c, event.OutcomePending, a)
	return r
}

// human is what a person decided.
func human(status, by, reason string) event.Approval {
	return event.Approval{Required: event.BoolOf(true), Status: status, ActorClass: event.ActorHuman, ApproverID: by, Reason: reason}
}

// Approved returns the call with the approval that its own events repeat where one batch tells of both.
func (c Call) Approved(by string) Call {
	c.Approval = human(event.ApprovalApproved, by, "")
	return c
}

// Approve has a person permit a call: a human_intervention.
func (r *Run) Approve(c Call, by string) *Run {
	r.about(event.HumanIntervention, "approve:"+c.Tool, c, event.OutcomeSuccess, human(event.ApprovalApproved, by, ""))
	return r
}

// Allow has a policy permit a call: a decision.
func (r *Run) Allow(c Call, policy string) *Run {
	a := event.Approval{Status: event.ApprovalApproved, ActorClass: event.ActorPolicy, ApproverID: policy}
	r.about(event.Decision, "approve:"+c.Tool, c, event.OutcomeSuccess, a).Decision = event.ApprovalApproved
	return r
}

// Reject has a person refuse a call: a human_intervention, the tool_call that did not run, and the permission_denied that ended it.
func (r *Run) Reject(c Call, by, reason string) *Run {
	a := human(event.ApprovalRejected, by, reason)
	r.about(event.HumanIntervention, "reject:"+c.Tool, c, event.OutcomeDenied, a)
	return r.withhold(c, a)
}

// Deny has a policy refuse a call: the tool_call that did not run, and a permission_denied.
func (r *Run) Deny(c Call, policy, reason string) *Run {
	a := event.Approval{Status: event.ApprovalRejected, ActorClass: event.ActorPolicy, ApproverID: policy, Reason: reason}
	r.begin()
	return r.withhold(c, a)
}

// Expire lets a request for permission run out: nobody refused, and the call did not run.
func (r *Run) Expire(c Call) *Run {
	a := event.Approval{Required: event.BoolOf(true), Status: event.ApprovalExpired, ActorClass: event.ActorUnknown}
	r.begin()
	return r.withhold(c, a)
}

// withhold tells a call that did not run.
func (r *Run) withhold(c Call, a event.Approval) *Run {
	r.step++
	span := r.newSpan()
	r.tell(event.ToolCall, span, "tool_call:"+c.Tool, c, event.OutcomeDenied, a)
	e := r.tell(event.PermissionDenied, span, "tool_call:"+c.Tool, c, event.OutcomeDenied, a)
	e.Error, e.ErrorType = a.Reason, "permission_denied"
	return r
}
