package generate_test

import (
	"cmp"
	"fmt"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
)

func ExampleScenario() {
	s := generate.NewScenario(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
	refund := generate.Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:refunds"}
	s.Session("s-1", "alice", "triage").
		Turn("I want my money back").
		Model(generate.Model{Input: "I want my money back", In: 310, Out: 40}).
		Handoff("refunds", `{"order":"ORD-1"}`).
		Ask(refund).After(40*time.Second).Approve(refund, "bob").
		Call(refund).
		Return("refunded").
		Answer("You will have it back in five days.").
		End()
	for _, e := range s.Events() {
		fmt.Println(e.Timestamp.AsTime().Format("15:04:05.000"), e.AgentName, e.Action, cmp.Or(e.Outcome, "-"))
	}
	// Output:
	// 09:00:00.000 triage session_start success
	// 09:00:00.001 triage invoke_agent:triage success
	// 09:00:02.002 triage llm_call:gpt-4.1 success
	// 09:00:02.002 triage llm_call:gpt-4.1 success
	// 09:00:02.003 triage handoff:refunds success
	// 09:00:02.004 refunds invoke_agent:refunds success
	// 09:00:02.005 refunds ask_approval:issue_refund pending
	// 09:00:42.006 refunds approve:issue_refund success
	// 09:00:42.007 refunds tool_call:issue_refund -
	// 09:00:42.207 refunds tool_result:issue_refund success
	// 09:00:42.207 refunds tool_call:issue_refund success
	// 09:00:42.208 refunds invoke_agent:refunds success
	// 09:00:42.209 triage invoke_agent:triage success
	// 09:00:42.210 triage session_end success
}
