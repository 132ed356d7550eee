package web

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
	"github.com/agentaudit/agentaudit/internal/web"
)

// site is the page over a bucket with given events, in this process.
type site struct {
	URL string
	hub *live.Hub
}

func serve(t testing.TB, events []event.Event) site {
	t.Helper()
	store, err := objstore.Open(t.Context(), "file:"+t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	_, err = generate.WriteEvents(t.Context(), store, events, "collector-1")
	require.NoError(t, err)
	l, err := lake.Open(t.Context(), store, lake.Options{Dir: t.TempDir(), Now: time.Now()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	s := site{hub: live.NewHub()}
	handler, err := web.New(web.Options{Lake: l, Store: store, Hub: s.hub, Guard: &access.Guard{Rate: 1000, Burst: 1000}})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	s.URL = server.URL
	return s
}

var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

// refund is a run of two agents with a handoff, an approval, a failure and its retry.
func refund() []event.Event {
	s := generate.NewScenario(monday)
	lookup := generate.Call{Tool: "get_order", CallID: "call-1", Args: `{"order":"ORD-1"}`, Operation: event.Read, Resource: "db:orders"}
	pay := generate.Call{Tool: "issue_refund", CallID: "call-2", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:refunds"}
	s.Session("session-abc", "alice", "triage").
		Turn("I want my money back").
		Model(generate.Model{Input: "I want my money back", In: 310, Out: 40}).
		Handoff("refunds", `{"order":"ORD-1"}`).
		Call(lookup).
		Ask(pay).After(40*time.Second).Approve(pay, "bob").
		Call(failed(pay, "TimeoutError", "the bank did not answer")).
		Call(pay).
		Return("refunded").
		Answer("You will have it back in five days.").
		End()
	return s.Events()
}

// failed is a call that ends in an error.
func failed(c generate.Call, class, message string) generate.Call {
	c.ErrorType, c.Error = class, message
	return c
}

// long is one trace of about n events: a loop of calls of several agents.
func long(n int) []event.Event {
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
