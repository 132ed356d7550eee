package report

import (
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
)

var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

// scenario is a run with a handoff, an approval, a denial and failures, and what hostile agents write.
func scenario() []event.Event {
	s := generate.NewScenario(monday)
	refund := generate.Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:payments", Took: 420 * time.Millisecond}
	s.Session("s-1", "alice", "triage").Turn("I want my money back").
		Model(generate.Model{Input: "I want my money back", In: 310, Out: 40, CostUSD: 0.0123}).
		Call(generate.Call{Tool: "get_order", CallID: "call-0", Args: `{"id":7}`, Operation: event.Read, Resource: "db:orders"}).
		Handoff("refunds", `{"order":"ORD-1"}`).
		Model(generate.Model{Name: "gpt-4.1-mini", In: 1200, Out: 80}).
		Ask(refund).After(40*time.Second).Approve(refund, "bob").
		Call(refund.Approved("bob")).
		Return("refunded").Answer("You will have it back in five days.").End()
	s.Session("s-2", "mallory", "triage").At(monday.Add(26*time.Hour)).Turn("delete everything").
		Model(generate.Model{In: 500, Out: 700, CostUSD: 0.5}).
		Reject(generate.Call{Tool: "delete_record", CallID: "call-2", Args: `{"all":true}`}, "bob", "no").
		Call(generate.Call{Tool: "fetch_url", CallID: "call-3", Error: "connection refused: 10.0.0.7:443", ErrorType: "ConnectError", Took: 3 * time.Second}).
		Call(generate.Call{Tool: "fetch_url", CallID: "call-4", Error: "connection refused: 10.0.0.8:443", ErrorType: "ConnectError", Took: 4 * time.Second}).
		Call(generate.Call{Tool: "=cmd|' /C calc'!A0", CallID: "call-5", Error: "<script>alert(1)</script>\x1b[31m | `x`", ErrorType: "Odd"}).
		Answer("I could not.").End()
	return s.Events()
}
