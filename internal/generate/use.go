package generate

import (
	"strconv"
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
)

// use calls a tool, if it may.
func (a *actor) use(t *tool) {
	r := a.run
	c := Call{
		Tool: t.name, CallID: "call_" + strconv.FormatUint(a.rng.Uint64(), 36), Type: t.kind, Server: t.server,
		Operation: t.operation, params: a.write(arguments[t.args], 90), Took: a.millis(t.took, 0.7),
	}
	c.Resource = t.resourceOf(c.params)
	switch {
	case t.approval && !a.asked(&c):
		return
	case !t.approval && a.chance(pAskAgain):
		if a.chance(pDenied) {
			r.Deny(c, "egress-policy", "the destination is not on the list")
			return
		}
		r.Allow(c, "default-allow")
		c.Approval = event.Approval{Status: event.ApprovalApproved, ActorClass: event.ActorPolicy, ApproverID: "default-allow"}
	}
	for tries := 0; a.chance(a.ErrorRate) && tries < 3; tries++ {
		failed := c
		f := &failures[a.rng.IntN(len(failures))]
		failed.Error, failed.ErrorType, failed.Outcome = strings.ReplaceAll(f.message, "%d", strconv.Itoa(a.rng.IntN(60_000))), f.class, f.outcome
		a.hide(func() { r.Call(failed) })
		if f.outcome == event.OutcomeError {
			r.Edit(func(e *event.Event) {
				if e.Type == event.Error {
					e.ErrorStack = "Traceback (most recent call last):\n  File \"/srv/agent/tools.py\", line 84, in dispatch\n    return tool(**args)\n" + f.class
				}
			})
		}
		if a.chance(0.4) {
			return // and is not tried again
		}
		c.CallID += "r"
	}
	c.result = a.write(toolResult, 480)
	a.hide(func() { r.Call(c) })
	attributes := a.write(resultOf, 0)
	r.Edit(func(e *event.Event) {
		if e.Type == event.ToolResult {
			e.Attributes = attributes
		}
	})
}

// asked has a person decide about a call, and says whether it may run.
func (a *actor) asked(c *Call) bool {
	r := a.run
	r.Ask(*c)
	by := "approver-" + strconv.Itoa(1+a.rng.IntN(9))
	wait := a.millis(30_000, 0.9)
	switch u := a.rng.Float64(); {
	case u < pExpired:
		r.After(10 * wait).Expire(*c)
		return false
	case u < pExpired+pRejected:
		r.After(wait).Reject(*c, by, "not without a second opinion")
		return false
	}
	r.After(wait).Approve(*c, by)
	if a.chance(pDetached) {
		r.Detach() // the call knows nothing of it
		return true
	}
	*c = c.Approved(by)
	return true
}
