package logread

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// following is a Follow under way in a bubble of time.
type following struct {
	*bucket

	seals  uint64
	lines  []string
	states []error
	found  []string
	rounds int
	stats  Stats
	err    error
	done   chan struct{}
	stop   context.CancelFunc
}

func follow(t *testing.T, b *bucket, q Query) *following {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	f := &following{bucket: b, done: make(chan struct{}), stop: stop}
	go func() {
		defer close(f.done)
		f.stats, f.err = Follow(ctx, b, q, FollowOptions{
			Options: Options{OnFinding: func(x Finding) { f.found = append(f.found, x.String()) }},
			Every:   time.Minute,
			OnState: func(err error) { f.states = append(f.states, err) },
			OnRound: func() error { f.rounds++; return nil },
		}, func(line []byte) error {
			h, err := event.ReadHeader(line)
			f.lines = append(f.lines, h.ID[len(h.ID)-2:])
			return err
		})
	}()
	synctest.Wait()
	return f
}

// next waits for one more look at the bucket.
func (f *following) next() {
	time.Sleep(time.Minute)
	synctest.Wait()
}

func (f *following) end(t *testing.T) {
	t.Helper()
	f.stop()
	<-f.done
	require.NoError(t, f.err)
	require.Zero(t, f.open, "every object opened is closed")
	require.Equal(t, len(f.lines), f.stats.Events)
}

// arrive puts one segment with an event for each number.
func (f *following) arrive(t *testing.T, at time.Time, numbers ...int) {
	f.seals++
	text := ""
	for _, n := range numbers {
		text += stored(n, at, event.ToolCall, "info", "w", f.seals*100+uint64(len(text))) //nolint:gosec // small
	}
	f.put(t, segment("info", at, "w", f.seals, layout.None), text)
}

func TestFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		b := newBucket()
		f := &following{bucket: b}
		f.arrive(t, now, 1, 2)
		f = follow(t, b, Query{})
		f.seals = 1
		assert.Empty(t, f.lines, "what was there before is not news")
		f.arrive(t, now, 3)
		f.next()
		f.arrive(t, now.Add(-24*time.Hour), 5, 4)
		f.arrive(t, now, 6)
		f.arrive(t, now, 3)
		f.next()
		f.next()
		assert.Equal(t, []string{"03", "05", "04", "06"}, f.lines, "in the order in which they were stored, and once")
		assert.Equal(t, 2, f.rounds)
		f.end(t)
		assert.Equal(t, 1, f.stats.Duplicates)
		assert.Empty(t, f.states)
	})
}

func TestFollowSince(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		b := newBucket()
		f := &following{bucket: b}
		f.arrive(t, now.Add(-72*time.Hour), 1)
		f.arrive(t, now, 2)
		b.put(t, dayObject("info", now, "w", layout.None), stored(2, now, event.ToolCall, "info", "w", 1))
		f = follow(t, b, Query{Since: now.Add(-time.Hour)})
		f.seals = 2
		assert.Equal(t, []string{"02"}, f.lines, "what is there since then comes first")
		f.arrive(t, now, 3)
		f.next()
		assert.Equal(t, []string{"02", "03"}, f.lines)
		f.end(t)
	})
}

func TestFollowFilters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBucket()
		f := follow(t, b, Query{Agents: []string{"agent-1"}})
		f.arrive(t, time.Now(), 1, 2, 3)
		f.next()
		assert.Equal(t, []string{"01", "03"}, f.lines)
		f.end(t)
	})
}

// TestFollowSurvives takes the bucket away in the middle and wants one message each way, and no event lost or twice.
func TestFollowSurvives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBucket()
		f := follow(t, b, Query{})
		var dead atomic.Bool
		dead.Store(true)
		b.mu.Lock()
		b.cut = func(string, int) (int, error) {
			if dead.Load() {
				return 10, fmt.Errorf("gone: %w", objstore.ErrDenied)
			}
			return 0, nil
		}
		b.mu.Unlock()
		f.arrive(t, time.Now(), 1, 2)
		f.next()
		f.next()
		require.Len(t, f.states, 1)
		require.ErrorIs(t, f.states[0], objstore.ErrDenied)
		assert.Empty(t, f.lines)
		dead.Store(false)
		f.next()
		f.next()
		assert.Equal(t, []string{"01", "02"}, f.lines)
		assert.Equal(t, []error{f.states[0], nil}, f.states)
		f.end(t)
	})
}

func TestFollowFindings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBucket()
		f := follow(t, b, Query{})
		b.put(t, "events/what", "x")
		b.put(t, segment("info", time.Now(), "w", 9, layout.None), "no event\n")
		f.next()
		f.next()
		assert.Len(t, f.found, 2, "each is told once")
		f.end(t)
	})
}

// TestFollowStops: an error of the one who is called ends it.
func TestFollowStops(t *testing.T) {
	t.Parallel()
	b := newBucket()
	f := &following{bucket: b}
	f.arrive(t, time.Now(), 1)
	full := errors.New("no space left")
	_, err := Follow(t.Context(), b, Query{Since: time.Now().Add(-time.Hour)}, FollowOptions{}, func([]byte) error { return full })
	require.ErrorIs(t, err, full)
}

func TestUsersAndTools(t *testing.T) {
	t.Parallel()
	b := newBucket()
	text := ""
	for i, who := range []struct{ user, tool string }{{"alice", "pay"}, {"bob", "pay"}, {"alice", "read"}, {"", ""}} {
		e := event.Event{
			ID: fmt.Sprintf("00000000-0000-8000-8000-%012d", i), Type: event.ToolCall, Timestamp: pcommon.NewTimestampFromTime(day),
			UserID: who.user, Tool: event.Tool{Name: who.tool}, Retention: event.Retention{Tier: "info"},
		}
		text += string(event.AppendStamp(e.AppendBody(nil), "w", uint64(i+1), day, false)) + "\n"
	}
	b.put(t, segment("info", day, "w", 1, layout.None), text)
	for _, test := range []struct {
		query Query
		want  int
	}{
		{Query{Users: []string{"alice"}}, 2},
		{Query{Tools: []string{"pay"}}, 2},
		{Query{Users: []string{"alice", "bob"}, Tools: []string{"pay"}}, 2},
		{Query{Users: []string{"bob"}, Tools: []string{"read"}}, 0},
		{Query{Users: []string{"ALICE"}}, 0},
	} {
		assert.Equal(t, test.want, b.read(t, test.query, Options{}).Events, "%+v", test.query)
	}
}
