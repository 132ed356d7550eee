package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/trail"
)

// rollupFor has another log join an absent writer's segments of a day, as agentaudit rollup does.
func rollupFor(t *testing.T, store *memory, absent *writer, day layout.Date, tool string, now time.Time) (*realWriter, error) {
	t.Helper()
	store.forget()
	d, err := ReadDay(t.Context(), store, absent.name, day, Options{})
	require.NoError(t, err)
	var told []trail.Told
	for _, o := range d.Segments {
		told = append(told, trail.Told{Entry: uint64(o.Entry), Object: trail.Object{
			Key: o.Key, Tier: o.Tier, Day: trail.Day{Date: o.Day}, Lines: int(o.Lines), Bytes: o.Bytes, Stored: o.Stored, SHA256: o.SHA256,
			LockMode: o.LockMode, LockedUntil: trail.Time{Time: o.LockedUntil},
		}})
	}
	w := newWriter(store, rand.New(rand.NewPCG(1, 9)), tool)
	w.lock, w.now = absent.lock, now
	c := newRealWriter(t, w)
	_, err = c.log.RollUpAbsent(t.Context(), absent.name, day, told)
	if err == nil {
		require.NoError(t, c.log.Close(t.Context()))
	}
	return c, err
}

// absentBucket is the bucket of a writer that stopped in the middle of its third day.
func absentBucket(t *testing.T, seed uint64) (*memory, *writer) {
	store := newMemory()
	w := newWriter(store, rand.New(rand.NewPCG(seed, 3)), "w")
	w.pack = layout.Compression(seed % 3)
	if seed%2 == 0 {
		w.lock = objstore.LockGovernance
	}
	c := newRealWriter(t, w)
	for range 40 {
		c.seal(w.randomLines(8))
		w.now = w.now.Add(time.Duration(w.rng.IntN(60)) * time.Minute)
		if w.rng.IntN(20) == 0 { // it seldom finds the time to join a day itself
			require.NoError(t, c.log.Tick(t.Context()))
		}
	}
	return store, w
}

// daysOf are the days of a writer's events.
func daysOf(store *memory) []layout.Date {
	days := map[layout.Date]bool{}
	for key := range store.files {
		if s, err := layout.ParseSegment(key); err == nil {
			days[s.Date] = true
		}
	}
	return slices.SortedFunc(maps.Keys(days), layout.Date.Compare)
}

// TestAbsentWriter: whatever an absent writer's log looks like, its days can be joined by another, and that verifies; and then its segments
// may go.
func TestAbsentWriter(t *testing.T) {
	var joined atomic.Int64
	share(t, 4, func(t *testing.T, seed uint64) {
		store, w := absentBucket(t, seed)
		all := []*writer{w}
		at := w.now.AddDate(0, 0, 3)
		for i, day := range daysOf(store) {
			d, err := ReadDay(t.Context(), store, "w", day, Options{})
			require.NoError(t, err)
			if len(d.Joined) > 0 || len(d.Segments) == 0 {
				continue
			}
			c, err := rollupFor(t, store, w, day, fmt.Sprintf("tool-%d", i), at)
			require.NoError(t, err, "seed %d, %v", seed, day)
			all = append(all, c.w)
			joined.Add(1)
		}
		before := func(o *Options) { o.Now, o.CheckLocks = at, false }
		require.Empty(t, violations(look(t, store, all, before)), "seed %d", seed)
		for key := range heldKeys(store) {
			delete(store.files, key)
		}
		require.Empty(t, violations(look(t, store, all, before)), "seed %d", seed)
	})
	t.Cleanup(func() { assert.Greater(t, joined.Load(), int64(4)) }) // the parallel ones have ended by then
}

// heldKeys are the segments that indexes name.
func heldKeys(store *memory) map[string]bool {
	held := map[string]bool{}
	for name, data := range store.files {
		if !strings.Contains(name, "/"+dirRollups) {
			continue
		}
		for text := range bytes.Lines(data) {
			var i indexLine
			if json.Unmarshal(text, &i) == nil {
				held[i.Key] = true
			}
		}
	}
	return held
}

// TestAbsentWriterTampered names what is wrong with day objects that another log tells of.
func TestAbsentWriterTampered(t *testing.T) {
	for name, tt := range map[string]struct {
		kind Kind
		do   func(c *crime, day layout.Date)
		also []Kind
	}{
		"clean": {do: func(*crime, layout.Date) {}},
		"made twice, by two": {do: func(c *crime, day layout.Date) {
			_, err := rollupFor(c.t, c.store, c.w(0), day, "another", c.oldAt)
			require.NoError(c.t, err)
		}},
		"day object gone": {DayObjectMissing, func(c *crime, day layout.Date) { c.drop(c.dayOf(day)) }, nil},
		"day object cut":  {DayObjectAltered, func(c *crime, day layout.Date) { c.change(c.dayOf(day), cut(2)) }, nil},
		"index gone":      {TrailFileMissing, func(c *crime, _ layout.Date) { c.dropPrefix("trail/tool/rollups/") }, nil},
		"tool's log gone": {ForeignObject, func(c *crime, _ layout.Date) { c.dropPrefix("trail/tool/") }, nil},
		"absent writer's log gone": {RollupMismatch, func(c *crime, _ layout.Date) { c.dropPrefix("trail/w/") },
			[]Kind{ForeignWriter, LogMissing, ForeignObject}},
		"segment edited and its day object cut": {DayObjectAltered, func(c *crime, day layout.Date) {
			c.drop(c.segments(0)...)
			c.change(c.dayOf(day), cut(2))
		}, []Kind{ObjectMissing}},
	} {
		t.Run(name, func(t *testing.T) {
			store := newMemory()
			w := newWriter(store, rand.New(rand.NewPCG(1, 3)), "w")
			r := newRealWriter(t, w)
			day := layout.DateOf(w.now)
			for range 3 {
				r.seal([]line{{tier: "info", at: w.now, text: `{"text":1}`}})
			}
			c := &crime{t: t, store: store, all: []*writer{w}, oldAt: w.now.AddDate(0, 0, 3)}
			made, err := rollupFor(t, store, w, day, "tool", c.oldAt)
			require.NoError(t, err)
			tt.do(c, day)
			rep := look(t, store, []*writer{w, made.w}, func(o *Options) { o.Keys, o.Now = nil, c.oldAt })
			kinds := map[Kind]bool{}
			for _, f := range rep.Findings {
				if !f.Note && f.Kind != LogUnfinished && !slices.Contains(tt.also, f.Kind) {
					kinds[f.Kind] = true
				}
			}
			want := map[Kind]bool{}
			if tt.kind != "" {
				want[tt.kind] = true
			}
			assert.Equal(t, want, kinds, "%v", rep.Findings)
		})
	}
}

func (c *crime) dayOf(day layout.Date) string {
	return layout.Day{Tier: "info", Date: day, Writer: "w", Compression: c.w(0).pack}.Key()
}

// TestAbsentRefused: a log that was tampered with is joined by nobody, nor is what is not there.
func TestAbsentRefused(t *testing.T) {
	store, w := absentBucket(t, 1)
	day := daysOf(store)[0]
	_, err := ReadDay(t.Context(), store, "nobody", day, Options{})
	require.ErrorIs(t, err, ErrLog)
	d, err := ReadDay(t.Context(), store, "w", day.AddDays(99), Options{})
	require.NoError(t, err)
	assert.Empty(t, d.Segments)
	d, err = ReadDay(t.Context(), store, "w", layout.DateOf(w.now), Options{})
	require.NoError(t, err)
	if len(d.Segments) > 0 {
		store.files[d.Segments[0].Key] = []byte("x")
		_, err = rollupFor(t, store, w, layout.DateOf(w.now), "tool", w.now)
		if len(d.Segments) == 1 || err != nil {
			require.ErrorIs(t, err, trail.ErrNothingToJoin)
		}
	}
	key := w.path(numbered(dirEntries, 2))
	store.files[key] = []byte("{}")
	_, err = ReadDay(t.Context(), store, "w", day, Options{})
	require.ErrorIs(t, err, ErrLog)
}
