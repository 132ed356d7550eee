package generate

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWrite(t *testing.T) {
	spec := Spec{Seed: 7, Events: 3000, Days: 2}
	store, again := NewMemory(), NewMemory()
	result, err := Write(t.Context(), spec, store, 2)
	require.NoError(t, err)
	rep := mustVerify(t, store, result)
	assert.Len(t, rep.Writers, 2)
	for _, w := range rep.Writers {
		assert.True(t, w.Closed)
	}

	events, size := lines(t, store, layout.EventsRoot)
	assert.Equal(t, int64(len(events)), result.Events)
	assert.Equal(t, size, result.Bytes)
	assert.InEpsilon(t, spec.Events, len(events), 0.15)
	days := map[string]bool{}
	for info, err := range store.List(t.Context(), layout.DaysRoot, "") {
		require.NoError(t, err)
		name, err := layout.ParseDay(info.Key)
		require.NoError(t, err)
		days[name.Date.String()+name.Tier+name.Writer] = true
	}
	assert.GreaterOrEqual(t, len(days), 2*2*len(event.Tiers), "two days, two writers, four tiers")

	_, err = Write(t.Context(), spec, again, 2)
	require.NoError(t, err)
	assert.Equal(t, content(t, store), content(t, again), "same seed, same bytes")
}

// TestMix looks whether the events are what they claim to be: joinable, of every type, untidy to the degree that is promised.
func TestMix(t *testing.T) {
	store := NewMemory()
	_, err := Write(t.Context(), Spec{Seed: 5, Events: 15_000, ErrorRate: 0.05}, store, 2)
	require.NoError(t, err)
	events, size := lines(t, store, layout.EventsRoot)
	total := float64(len(events))
	assert.InEpsilon(t, 15_000, total, 0.15)
	mean := float64(size) / total
	assert.Greater(t, mean, 1200.0)
	assert.Less(t, mean, 1800.0)

	types := map[event.Type]int{}
	seen := map[string]event.Event{}
	traces := map[string]string{}
	calls := map[string]bool{}
	var copies, blank, failed, redacted float64
	var approvals, joined int
	for _, e := range events {
		types[e.Type]++
		if first, ok := seen[e.ID]; ok {
			copies++
			e.Seq, e.Writer, e.IngestedAt = first.Seq, first.Writer, first.IngestedAt
			assert.Equal(t, first, e, "a copy is a copy")
			continue
		}
		seen[e.ID] = e
		if e.SessionID != "" && !e.TraceID.IsEmpty() {
			traces[e.TraceID.String()] = e.SessionID
		}
		if e.Type == event.ToolCall {
			calls[e.Tool.CallID] = true
		}
		if !e.Redactions.IsZero() {
			redacted++
		}
	}
	assert.Len(t, types, len(event.Types), "every type occurs")
	for id, e := range seen {
		if e.SessionID == "" {
			blank++
			assert.NotEmpty(t, traces[e.TraceID.String()], "the trace of %s gives its session", id)
		}
		if e.ParentEventID != "" {
			_, ok := seen[e.ParentEventID]
			assert.True(t, ok, "the parent of %s", id)
		}
		if e.Type == event.ToolResult && e.Outcome != event.OutcomeSuccess {
			failed++
			assert.NotEmpty(t, e.ErrorType)
		}
		if e.Type == event.HumanIntervention {
			approvals++
			if calls[e.Tool.CallID] {
				joined++
			}
		}
	}
	assert.InDelta(t, 0.012, copies/total, 0.008)
	assert.InDelta(t, 0.03, blank/total, 0.015)
	assert.InDelta(t, 0.05, failed/float64(types[event.ToolResult]), 0.02)
	assert.Equal(t, approvals, joined, "every approval has its call")
	assert.Positive(t, redacted)
}

// TestEvents compares what a spec gives with what of it is in a bucket.
func TestEvents(t *testing.T) {
	spec := Spec{Seed: 9, Events: 2000}
	store := NewMemory()
	_, err := Write(t.Context(), spec, store, 3)
	require.NoError(t, err)
	stored := map[string]string{}
	written, _ := lines(t, store, layout.EventsRoot)
	for i := range written {
		stored[written[i].ID] = string(bare(&written[i]))
	}
	events := Events(spec)
	require.Len(t, events, len(stored))
	for i := range events {
		require.Equal(t, stored[events[i].ID], string(bare(&events[i])))
		require.True(t, i == 0 || events[i-1].Timestamp <= events[i].Timestamp)
	}
}

// bare is an event without its stamp.
func bare(e *event.Event) []byte { return e.AppendBody(nil) }

func TestSpecOfNobody(t *testing.T) {
	for _, spec := range []Spec{
		{Seed: 1, Events: 1}, {Seed: 1, Events: 300, Agents: 1, Users: 1, Tools: 1, Models: 1, ErrorRate: -1},
		{Seed: 1, Events: 300, Agents: 100, Users: 7, Tools: 90, Models: 30, ErrorRate: 0.9, Start: time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC)},
	} {
		store := NewMemory()
		result, err := Write(t.Context(), spec, store, 1)
		require.NoError(t, err)
		mustVerify(t, store, result)
		events, _ := lines(t, store, layout.EventsRoot)
		for _, e := range events {
			assert.False(t, spec.ErrorRate < 0 && e.Type == event.Error)
		}
		_, err = Write(t.Context(), spec, store, 1)
		require.ErrorIs(t, err, objstore.ErrConflict)
	}
}

func TestBegins(t *testing.T) {
	w := newWorld(Spec{Events: 100_000, Days: 3})
	last := time.Time{}
	for i := range w.sessions {
		for _, u := range []float64{0, 0.5, 1} {
			at := w.begins(i, u)
			require.False(t, at.Before(last), "session %d at %v, before %v", i, at, last)
			last = at
		}
	}
	assert.Equal(t, w.Start, w.begins(0, 0))
	assert.Equal(t, w.Start.AddDate(0, 0, 3), last)
}

// BenchmarkTurns is what making events costs, without sealing them.
func BenchmarkTurns(b *testing.B) {
	w := newWorld(Spec{Seed: 1, Events: 1_000_000})
	c := &courier{world: w, policy: retentionPolicy(), home: 0, homes: 1}
	events, bytes := 0, 0
	p := c.parcel()
	b.ReportAllocs()
	session := 0
	for b.Loop() {
		p.actor = w.play(session)
		for p.actor != nil {
			c.load(p)
			events, bytes = events+len(p.ends), bytes+len(p.lines)
		}
		session++
	}
	runtime.KeepAlive(bytes)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
	b.ReportMetric(float64(bytes)/float64(events), "bytes/event")
	b.ReportMetric(float64(events)/float64(session), "events/session")
}
