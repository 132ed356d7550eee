package verify

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
)

func idOf(writer string, seq uint64) string {
	return uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "%s-%d", writer, seq)).String()
}

// TestProveNarrowly: what is known of an event spares reading others.
func TestProveNarrowly(t *testing.T) {
	c := scene(t, layout.Zstd, nil)
	all := len(c.segments(0)) + len(c.segments(1))
	const seq = 100
	id := idOf("w0", seq)
	p, err := Prove(t.Context(), c.store, id, Options{})
	require.NoError(t, err)
	name, err := layout.ParseSegment(p.Object)
	require.NoError(t, err)
	gets := func(q Query) (objects int) {
		store := &counting{memory: c.store.clone(), objects: map[string]int{}}
		q.ID = id
		got, err := ProveEvent(t.Context(), store, q, Options{Parallel: 1})
		require.NoError(t, err)
		assert.Equal(t, p, got)
		require.NoError(t, got.Check(keysOf(c.all)))
		return len(store.objects)
	}
	assert.LessOrEqual(t, gets(Query{Writer: "w0", Seq: seq}), 2, "the log says in which seal it is, whose tiers share the numbers")
	day := gets(Query{Day: name.Date})
	tier := gets(Query{Tier: name.Tier})
	both := gets(Query{Day: name.Date, Tier: name.Tier})
	mine := gets(Query{Day: name.Date, Tier: name.Tier, Writer: "w0"})
	for _, n := range []int{day, tier, both, mine} {
		assert.Less(t, n, all)
	}
	assert.LessOrEqual(t, both, day)
	assert.LessOrEqual(t, mine, both)
	for _, q := range []Query{{Day: name.Date.AddDays(9)}, {Tier: event.TierCritical}, {Writer: "w1"}, {Writer: "w0", Seq: seq + 30}, {Writer: "nobody", Seq: 1}} {
		q.ID = id
		_, err := ProveEvent(t.Context(), c.store, q, Options{})
		assert.ErrorIs(t, err, ErrNoEvent, "%+v", q)
	}
}

// TestProveFromADay: the segments are gone, the day object holds them.
func TestProveFromADay(t *testing.T) {
	for _, pack := range compressions {
		c := scene(t, pack, nil)
		const seq = 7 // of the first day
		id := idOf("w0", seq)
		want, err := Prove(t.Context(), c.store, id, Options{})
		require.NoError(t, err)
		for _, key := range c.segments(0) {
			if s, _ := layout.ParseSegment(key); s.Date == firstDay {
				c.drop(key)
			}
		}
		for _, q := range []Query{{}, {Day: firstDay}, {Writer: "w0", Seq: seq}} {
			q.ID = id
			got, err := ProveEvent(t.Context(), c.store, q, Options{})
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
		c.dropPrefix(c.w(0).path(dirRollups)) // then the log tells of the segments
		got, err := Prove(t.Context(), c.store, id, Options{})
		require.NoError(t, err)
		assert.Equal(t, want, got)
		c.change(layout.Day{Tier: "debug", Date: firstDay, Writer: "w0", Compression: pack}.Key(), cut(3))
		c.dropPrefix(layout.DaysRoot)
		_, err = Prove(t.Context(), c.store, id, Options{})
		assert.ErrorIs(t, err, ErrNoEvent)
	}
}

// counting notes which event objects are read.
type counting struct {
	*memory
	objects map[string]int
}

func (c *counting) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if _, err := layout.ParseTrail(key); err != nil {
		c.mu.Lock()
		c.objects[key]++
		c.mu.Unlock()
	}
	return c.memory.Get(ctx, key)
}
