package trail

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Remove implements objstore.Remover, and holds on to what is locked.
func (w *world) Remove(_ context.Context, key string) error {
	if !strings.HasPrefix(key, layout.EventsRoot) {
		panic("only segments may go: " + key)
	}
	if w.bucket.before != nil {
		if err := w.bucket.before("remove " + key); err != nil {
			return err
		}
	}
	if w.mode.On() && w.now.Before(w.bucket.locks[key]) {
		return objstore.ErrLocked
	}
	delete(w.bucket.objects, key)
	return nil
}

func (w *world) segments() (n int) {
	for key := range w.bucket.objects {
		if strings.HasPrefix(key, layout.EventsRoot) {
			n++
		}
	}
	return n
}

// opened is a log with three segments of a day that is over, at two in the morning.
func (w *world) opened(change func(*Options)) *Log {
	opts := w.options()
	opts.Remover = w
	if change != nil {
		change(&opts)
	}
	l, err := Open(opts)
	require.NoError(w.t, err)
	require.NoError(w.t, l.Start(w.t.Context()))
	for n := range uint64(3) {
		s := w.seal(n+1, noon, "a", "b")
		if w.mode.On() {
			w.bucket.locks[s.Objects[0].Key] = s.Objects[0].LockedUntil.Time
		}
		require.NoError(w.t, l.Seal(w.t.Context(), s))
	}
	w.now = noon.Add(15 * time.Hour)
	return l
}

func TestSegmentsExpire(t *testing.T) {
	w := newWorld(t)
	l := w.opened(nil)
	require.NoError(t, l.Tick(t.Context()))
	assert.Zero(t, w.segments())
	assert.Empty(t, l.state.Expiring)
	require.NoError(t, l.Close(t.Context()))
	assert.Equal(t, Stats{
		Size: 7, Committed: w.now, DayObjects: 1, Expired: 3,
		Entries: map[string]uint64{KindStart: 1, KindSeal: 3, KindDaily: 1, KindRollup: 1, KindClosing: 1},
	}, l.Stats())

	kept := newWorld(t)
	l = kept.opened(func(o *Options) { o.Remover = nil })
	require.NoError(t, l.Tick(t.Context()))
	assert.Equal(t, 3, kept.segments(), "it is off")
}

func TestLockedSegmentsExpireLater(t *testing.T) {
	w := newWorld(t)
	w.mode = objstore.LockGovernance
	l := w.opened(nil)
	require.NoError(t, l.Tick(t.Context()))
	assert.Equal(t, 3, w.segments(), "their lock holds")
	w.now = noon.AddDate(0, 0, 30)
	require.NoError(t, l.Tick(t.Context()))
	assert.Equal(t, 3, w.segments())
	l = w.open() // a restart without the setting forgets nothing
	require.NoError(t, l.Start(t.Context()))
	w.now = noon.AddDate(0, 0, 32)
	require.NoError(t, l.Tick(t.Context()))
	assert.Equal(t, 3, w.segments())
	l.opts.Remover = w
	require.NoError(t, l.Tick(t.Context()))
	assert.Zero(t, w.segments())
	require.NoError(t, l.Close(t.Context()))
}

// A day object that is not as it was lets nothing go.
func TestNothingExpiresUnheld(t *testing.T) {
	for name, spoil := range map[string]func(*bucket, string){
		"changed": func(b *bucket, key string) { b.objects[key][0] ^= 1 },
		"cut":     func(b *bucket, key string) { b.objects[key] = b.objects[key][1:] },
		"gone":    func(b *bucket, key string) { delete(b.objects, key) },
	} {
		for _, root := range []string{layout.DaysRoot, "trail/w-1/rollups/"} {
			w := newWorld(t)
			w.mode = objstore.LockGovernance
			var warned []string
			l := w.opened(func(o *Options) { o.Warn = func(what string, _ error) { warned = append(warned, what) } })
			require.NoError(t, l.Tick(t.Context()))
			for key := range w.bucket.objects {
				if strings.HasPrefix(key, root) {
					spoil(w.bucket, key)
				}
			}
			w.now = noon.AddDate(0, 0, 40)
			require.NoError(t, l.Tick(t.Context()))
			assert.Equal(t, 3, w.segments(), name)
			assert.Contains(t, warned, "a day object is gone or was changed; its segments stay", name)
		}
	}
}

// What fails is tried again, an hour later, by this process or the next.
func TestExpiringGoesOn(t *testing.T) {
	for _, crash := range []bool{false, true} {
		w := newWorld(t)
		l := w.opened(nil)
		left := 2
		w.bucket.before = func(key string) error {
			if strings.HasPrefix(key, "remove ") {
				if left--; left <= 0 {
					return errDown
				}
			}
			return nil
		}
		require.ErrorIs(t, l.Tick(t.Context()), errDown)
		assert.Equal(t, 2, w.segments())
		w.bucket.before = nil
		require.NoError(t, l.Tick(t.Context()))
		assert.Equal(t, 2, w.segments(), "not at once: the day object is read again for it")
		if crash {
			l = w.open()
			l.opts.Remover = w
			require.NoError(t, l.Start(t.Context()))
		}
		w.now = w.now.Add(time.Hour)
		require.NoError(t, l.Tick(t.Context()))
		assert.Zero(t, w.segments())
		w.bucket.before = nil
	}
}

// slow holds up whoever reads a segment, until it is told to go on or given up.
type slow struct {
	*bucket
	mu      sync.Mutex
	once    sync.Once
	reading chan struct{}
	goOn    chan struct{}
}

func (s *slow) Get(ctx context.Context, key string) (r io.ReadCloser, err error) {
	if strings.HasPrefix(key, layout.EventsRoot) {
		s.once.Do(func() { close(s.reading) })
		select {
		case <-s.goOn:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bucket.Get(ctx, key)
}

func (s *slow) Put(ctx context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bucket.Put(ctx, key, body, opts)
}

// TestSealsDontWaitForADay seals while a day's objects are joined, and ends while they are.
func TestSealsDontWaitForADay(t *testing.T) {
	for _, ends := range []bool{false, true} {
		w := newWorld(t)
		s := &slow{bucket: w.bucket, reading: make(chan struct{}), goOn: make(chan struct{})}
		var group sync.WaitGroup
		open := func(o *Options) { o.Bucket, o.Go = s, group.Go }
		l := w.opened(func(o *Options) { open(o); o.Remover = nil })
		require.NoError(t, l.Tick(t.Context()))
		<-s.reading
		require.NoError(t, l.Seal(t.Context(), w.seal(4, noon, "late")))
		require.NoError(t, l.Tick(t.Context()))
		entries := w.check()
		assert.Equal(t, KindSeal, entries[len(entries)-1].Kind)
		if ends {
			require.NoError(t, l.Close(t.Context()))
			group.Wait()
			entries := w.check()
			assert.Equal(t, KindClosing, entries[len(entries)-1].Kind)
			l = w.open()
			require.NoError(t, l.Start(t.Context()))
		} else {
			close(s.goOn)
			group.Wait()
		}
		require.NoError(t, l.Tick(t.Context()))
		entries = w.check()
		rollup := entries[len(entries)-1]
		require.Equal(t, KindRollup, rollup.Kind)
		assert.Equal(t, 3, rollup.Rollup.Objects[0].Segments, "the fourth came later")
	}
}
