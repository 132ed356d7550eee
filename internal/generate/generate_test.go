package generate

import (
	"bufio"
	"crypto/ed25519"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/objstoretest"
	"github.com/agentaudit/agentaudit/internal/verify"
)

var monday = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func TestMemory(t *testing.T) {
	objstoretest.Run(t, func(*testing.T) objstore.Store { return NewMemory() })
	m := NewMemory()
	result, err := WriteEvents(t.Context(), m, refund().Events())
	require.NoError(t, err)
	mustVerify(t, m, result)
	key := layout.Segment{Tier: event.TierInfo, Date: layout.DateOf(monday), Writer: "writer", Seal: 1, Compression: layout.Zstd}.Key()
	_, err = m.Stat(t.Context(), key)
	require.NoError(t, err)
	m.Set(key, []byte("forged"))
	rep, err := verify.Run(t.Context(), m, verify.Options{})
	require.NoError(t, err)
	assert.False(t, rep.OK)
	require.NoError(t, m.Remove(t.Context(), key))
	_, err = m.Get(t.Context(), key)
	require.ErrorIs(t, err, objstore.ErrNotFound)
}

// TestDirectory is the store of the command.
func TestDirectory(t *testing.T) {
	store, err := objstore.NewDir(filepath.Join(t.TempDir(), "bucket"))
	require.NoError(t, err)
	result, err := WriteEvents(t.Context(), store, refund().Events(), "one", "two")
	require.NoError(t, err)
	mustVerify(t, store, result)
}

// mustVerify wants a bucket without a finding, not even a note.
func mustVerify(t testing.TB, store objstore.Store, result Result) verify.Report {
	rep, err := verify.Run(t.Context(), store, verify.Options{Keys: []ed25519.PublicKey{result.Key}})
	require.NoError(t, err)
	require.Empty(t, rep.Findings)
	require.True(t, rep.OK)
	return rep
}

// lines reads back everything under a prefix, each line decoded as strictly as the format asks.
func lines(t testing.TB, store objstore.Store, prefix string) (events []event.Event, size int64) {
	for info, err := range store.List(t.Context(), prefix, "") {
		require.NoError(t, err)
		r, err := store.Get(t.Context(), info.Key)
		require.NoError(t, err)
		z, err := zstd.NewReader(r)
		require.NoError(t, err)
		scanner := bufio.NewScanner(z)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			var e event.Event
			require.NoError(t, event.Decode(scanner.Bytes(), &e), scanner.Text())
			events = append(events, e)
			size += int64(len(scanner.Bytes())) + 1
		}
		require.NoError(t, scanner.Err())
		z.Close()
		require.NoError(t, r.Close())
	}
	return events, size
}

// content is every object of a store.
func content(t testing.TB, store objstore.Store) map[string]string {
	all := map[string]string{}
	for info, err := range store.List(t.Context(), "", "") {
		require.NoError(t, err)
		r, err := store.Get(t.Context(), info.Key)
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		all[info.Key] = string(text)
	}
	return all
}

func refund() *Scenario {
	s := NewScenario(monday)
	pay := Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:refunds"}
	drop := Call{Tool: "drop_table", CallID: "call-2", Args: `{"table":"orders"}`}
	s.Session("s-1", "alice", "triage").
		Turn("I want my money back").
		Model(Model{Input: "I want my money back", Output: "a refund", In: 310, Out: 40, CostUSD: 0.002, Reasoning: "they want money"}).
		Handoff("refunds", `{"order":"ORD-1"}`).
		Call(Call{Tool: "get_order", Args: `{"id":"ORD-1"}`, Operation: event.Read, Resource: "db:orders"}).
		Ask(pay).After(40*time.Second).Approve(pay, "bob").
		Call(pay.Approved("bob")).
		Return("refunded").
		Answer("You will have it back in five days.").
		Feedback("helpfulness", 1, "quick").
		End()
	s.Session("s-2", "carol", "ops").
		Turn("tidy up").
		Guard("injection", "passed", "input", "").
		Decide("tidy", "it was asked for", 0.9).
		Ask(drop).After(time.Minute).Reject(drop, "bob", "not in production").
		Deny(drop, "no-ddl", "never").
		Expire(drop).
		Allow(drop, "lax").Detach().
		Call(Call{Tool: "shell", Args: "ls", Error: "no such file", ErrorType: "ShellError"}).
		Model(Model{Error: "rate limited", ErrorType: "RateLimitError"}).
		Fail("ValueError", "out of ideas").
		ChangeMode("default", "by hand").
		Reason("I give up").
		Answer("I could not.")
	return s
}

func TestScenario(t *testing.T) {
	events := refund().Events()
	counts := map[event.Type]int{}
	ids := map[string]bool{}
	for i, e := range events {
		counts[e.Type]++
		assert.False(t, ids[e.ID], "id %s of %s twice", e.ID, e.Type)
		ids[e.ID] = true
		if i > 0 {
			assert.GreaterOrEqual(t, e.Timestamp, events[i-1].Timestamp)
		}
		if e.ParentEventID != "" {
			assert.Contains(t, ids, e.ParentEventID, "a parent comes first")
		}
	}
	want := map[event.Type]int{
		event.SessionStart: 2, event.SessionEnd: 1, event.Invocation: 3, event.FinalOutput: 3, event.Handoff: 1,
		event.LLMResponse: 2, event.TokenUsage: 1, event.Reasoning: 2, event.ToolCall: 6, event.ToolResult: 3,
		event.DataAccess: 1, event.DataModify: 1, event.PermissionCheck: 2, event.HumanIntervention: 2,
		event.PermissionDenied: 3, event.Decision: 2, event.Security: 1, event.Compliance: 1, event.Error: 3, event.UserFeedback: 1,
	}
	assert.Equal(t, want, counts)
	for _, e := range events {
		if e.Tool.Name == "issue_refund" {
			assert.Equal(t, ActionHash("issue_refund", `{"amount":90}`), e.ActionHash)
			assert.Equal(t, "refunds", e.AgentName)
			assert.Equal(t, e.ActionHash, e.Approval.ActionHash)
		}
	}
	assert.Equal(t, events, refund().Events(), "the same again")
}

func TestScenarioEdits(t *testing.T) {
	s := NewScenario(monday)
	r := s.Silent("s", "u", "a").Turn("go").
		Call(Call{Tool: "x"}).Edit(func(e *event.Event) { e.TenantID = "acme" }).
		Call(Call{Tool: "y"}).Drop().
		Call(Call{Tool: "z"}).Repeat().
		At(monday.Add(time.Hour)).Add(event.Compliance, "custom", func(e *event.Event) { e.Resource = "r" })
	assert.Equal(t, monday.Add(time.Hour+time.Millisecond), r.Now())
	var actions []string
	for _, e := range s.Events() {
		actions = append(actions, e.Action)
		assert.Equal(t, e.Tool.Name == "x", e.TenantID == "acme", e.Action)
	}
	assert.Equal(t, "invoke_agent:a tool_call:x tool_result:x tool_call:z tool_call:z tool_result:z tool_result:z custom", strings.Join(actions, " "))
}

func TestWriteEvents(t *testing.T) {
	for _, writers := range [][]string{nil, {"one", "two"}, {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}} {
		s := refund()
		for day := range 3 {
			s.Session("later", "dave", "triage").At(monday.AddDate(0, 0, day)).Turn("hello").Model(Model{In: 1}).Answer("bye")
		}
		s.Session("alias", "dave", "triage").Edit(func(e *event.Event) { e.Type = "tool.call" })
		store, again := NewMemory(), NewMemory()
		result, err := WriteEvents(t.Context(), store, s.Events(), writers...)
		require.NoError(t, err)
		rep := mustVerify(t, store, result)
		assert.Len(t, rep.Writers, max(1, len(writers)))
		got, size := lines(t, store, layout.EventsRoot)
		assert.Len(t, got, len(s.Events()))
		assert.Equal(t, int64(len(got)), result.Events)
		assert.Equal(t, size, result.Bytes)
		days, _ := lines(t, store, layout.DaysRoot)
		assert.Len(t, days, len(got), "day objects hold everything once more")

		_, err = WriteEvents(t.Context(), again, s.Events(), writers...)
		require.NoError(t, err)
		assert.Equal(t, content(t, store), content(t, again), "the same again")
	}
}

func TestWriteEventsRefuses(t *testing.T) {
	good := refund().Events()
	_, err := WriteEvents(t.Context(), NewMemory(), []event.Event{good[0], {Type: event.Error}})
	require.ErrorContains(t, err, "event 1")
	_, err = WriteEvents(t.Context(), NewMemory(), good, "not/a/writer")
	require.Error(t, err)
	store := NewMemory()
	_, err = WriteEvents(t.Context(), store, good)
	require.NoError(t, err)
	_, err = WriteEvents(t.Context(), store, good)
	require.ErrorIs(t, err, objstore.ErrConflict, "a bucket is written once")
	result, err := WriteEvents(t.Context(), store, nil)
	require.NoError(t, err)
	assert.Zero(t, result.Events)
}
