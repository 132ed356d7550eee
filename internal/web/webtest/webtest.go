// Package webtest serves the page over made-up buckets, for tests of it.
package webtest

import (
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/access"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/live"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/policy"
	"github.com/agentaudit/agentaudit/internal/web"
)

// Site is the page over a bucket with given events, in this process.
type Site struct {
	URL string
	Hub *live.Hub
}

// Tokens of those whom Serve lets in.
const (
	Auditor   = "auditor-token-0123456789"
	Developer = "developer-token-0123456789"
)

// Serve puts events into a new bucket and serves the page over it, to everybody on loopback or to users alone.
func Serve(t testing.TB, events []event.Event, guarded bool) Site {
	t.Helper()
	store, err := objstore.Open(t.Context(), "file:"+t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	_, err = generate.WriteEvents(t.Context(), store, events, "collector-1")
	require.NoError(t, err)
	l, err := lake.Open(t.Context(), store, lake.Options{Dir: t.TempDir(), Now: time.Now()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	guard := &access.Guard{Rate: 1000, Burst: 1000}
	if guarded {
		guard.Users, err = access.ParseUsers("auditor alice " + Auditor + "\ndeveloper bob " + Developer)
		require.NoError(t, err)
	}
	rules, err := policy.Parse(policy.Example)
	require.NoError(t, err)
	s := Site{Hub: live.NewHub()}
	handler, err := web.New(web.Options{Lake: l, Store: store, Hub: s.Hub, Policy: rules, Guard: guard})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	s.URL = server.URL
	return s
}

// Feed puts events into the live part, as the collector does.
func (s Site) Feed(events []event.Event) {
	items := make([]live.Item, len(events))
	for i := range events {
		items[i] = live.ItemOf(&events[i])
	}
	s.Hub.Add(items)
}

// Shot is a page with a name for its picture.
type Shot struct{ Name, Path string }

// Shots are all kinds of pages over the events.
func Shots(events []event.Event) []Shot {
	e := &events[len(events)/2]
	for i := range events {
		if events[i].Type == event.ToolResult && events[i].Outcome == event.OutcomeError {
			e = &events[i]
		}
	}
	return []Shot{
		{"now", "/"}, {"feed", "/feed"}, {"traces", "/traces"}, {"trace", "/trace/" + e.TraceID.String()}, {"sessions", "/sessions"},
		{"session", "/session/" + escape(e.SessionID)}, {"agents", "/agents"}, {"agent", "/agent/" + escape(e.AgentName)}, {"tools", "/tools"},
		{"reports", "/reports"}, {"report-summary", "/report/summary"}, {"report-tokens", "/report/tokens"}, {"report-errors", "/report/errors"},
		{"report-tools", "/report/tools"}, {"report-access", "/report/access"}, {"report-daily", "/report/daily"}, {"report-compliance", "/report/compliance"},
		{"anomalies", "/anomalies"}, {"integrity", "/integrity"}, {"search", "/search"}, {"event", "/event/" + e.ID},
	}
}

var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

// Refund is a run of two agents with a handoff, an approval, a failure and its retry.
func Refund() []event.Event {
	s := generate.NewScenario(monday)
	lookup := generate.Call{Tool: "get_order", CallID: "call-1", Args: `{"order":"ORD-1"}`, Operation: event.Read, Resource: "db:orders"}
	pay := generate.Call{Tool: "issue_refund", CallID: "call-2", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:refunds"}
	s.Session("session-abc", "alice", "triage").
		Turn("I want my money back").
		Model(generate.Model{Input: "I want my money back", In: 310, Out: 40}).
		Handoff("refunds", `{"order":"ORD-1"}`).
		Decide("refund", "the parcel was lost", 0.9).
		Call(lookup).
		Ask(pay).After(40*time.Second).Approve(pay, "bob").
		Call(failed(pay, "TimeoutError", "the bank did not answer")).
		Call(pay).
		Return("refunded").
		Answer("You will have it back in five days.").
		Feedback("thumbs", 1, "quick").
		End()
	return s.Events()
}

// failed is a call that ends in an error.
func failed(c generate.Call, class, message string) generate.Call {
	c.ErrorType, c.Error = class, message
	return c
}

// Long is one trace of about n events: a loop of calls.
func Long(n int) []event.Event {
	s := generate.NewScenario(monday)
	r := s.Session("session-long", "alice", "planner").Turn("work through the list")
	for i := 0; len(s.Events()) < n; {
		for range n / 20 {
			call := generate.Call{Tool: "tool_" + strconv.Itoa(i%17), CallID: "call-" + strconv.Itoa(i), Args: `{"n":` + strconv.Itoa(i) + `}`, Operation: event.Read, Resource: "db:list"}
			if i%50 == 49 {
				call = failed(call, "TimeoutError", "no answer")
			}
			r.Model(generate.Model{Input: "next", In: 300, Out: 20}).Call(call)
			i++
		}
	}
	r.Answer("done").End()
	return s.Events()
}
