package trail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// A script is a life of a log: two days, so that there are daily entries and day objects, with a rotation. Each step is
// what the exporter calls, and would call again after an error or, for what was not told yet, after a restart.
type script struct {
	w      *world
	log    *Log
	signer Signer // the second
}

// life returns the steps. Each is safe to repeat on another process.
func (s *script) life() []func(ctx context.Context) error {
	w := s.w
	day2 := time.Date(2026, 11, 22, 0, 20, 0, 0, time.UTC)
	sealAt := func(n uint64, at time.Time, lines ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			w.now = at
			return s.log.Seal(ctx, w.seal(n, at, lines...))
		}
	}
	tickAt := func(at time.Time) func(context.Context) error {
		return func(ctx context.Context) error { w.now = at; return s.log.Tick(ctx) }
	}
	return []func(context.Context) error{
		sealAt(1, noon, "a", "b"),
		sealAt(2, noon.Add(time.Minute), "c"),
		tickAt(noon.Add(3 * time.Hour)),
		sealAt(3, day2, "d"),
		tickAt(day2.Add(2 * time.Hour)),
		func(context.Context) error {
			w.signers = []Signer{s.signer, w.signers[0]}
			s.log = w.open()
			return nil
		},
		func(ctx context.Context) error { return s.log.Start(ctx) },
		sealAt(4, day2.Add(3*time.Hour), "e"),
		func(ctx context.Context) error { return s.log.Close(ctx) },
	}
}

// run goes through life; retried says what becomes of the process when a step fails.
func (s *script) run(t *testing.T, crash bool) {
	s.log = s.w.open()
	start := func(ctx context.Context) error { return s.log.Start(ctx) }
	for i, step := range append([]func(context.Context) error{start}, s.life()...) {
		for try := 0; ; try++ {
			err := step(t.Context())
			if err == nil {
				break
			}
			require.ErrorIs(t, err, errDown, "step %d", i)
			require.Less(t, try, 10, "step %d", i)
			if crash {
				s.log = s.w.open()
				for s.log.Start(t.Context()) != nil {
					s.log = s.w.open()
				}
			}
		}
	}
}

// TestEveryWriteFails has each write of a log's life, to the bucket and beside the journal, fail before and after it
// took effect, once and twice, with the process going on and with it dying there. Whatever comes of it: the log is
// whole, nothing is put twice with different bytes (the fake bucket refuses that), and each seal is told of once.
func TestEveryWriteFails(t *testing.T) {
	clean := newScript(t, 0, nil)
	clean.run(t, false)
	writes := clean.w.writes
	require.Greater(t, writes, 40)
	for _, crash := range []bool{false, true} {
		for _, after := range []bool{false, true} {
			for _, times := range []int{1, 2} {
				for at := 1; at <= writes; at += 2*times - 1 { // each one, and each third for two in a row
					name := fmt.Sprintf("write %d, crash %v, after %v, %d times", at, crash, after, times)
					s := newScript(t, times, func(n int, done bool) bool { return n >= at && done == after })
					s.run(t, crash)
					entries := s.w.check()
					require.Equal(t, KindClosing, entries[len(entries)-1].Kind, name)
					seals := map[uint64]int{}
					for _, e := range entries {
						if e.Seal != nil {
							seals[e.Seal.Seal]++
						}
					}
					require.Equal(t, map[uint64]int{1: 1, 2: 1, 3: 1, 4: 1}, seals, name)
					if !crash {
						require.Equal(t, clean.w.bucket.settled(), s.w.bucket.settled(), name)
					}
				}
			}
		}
	}
}

var scriptKeys struct{ first, second Signer }

// newScript returns a life in which writes fail: n is the number of the write, done whether it has taken effect.
func newScript(t *testing.T, times int, fails func(n int, done bool) bool) *script {
	if scriptKeys.first == nil {
		scriptKeys.first, scriptKeys.second = newSigner(t, "w-1"), newSigner(t, "w-1")
	}
	w := newWorld(t)
	w.signers = []Signer{scriptKeys.first}
	w.mode = objstore.LockGovernance
	w.heartbeat = 150 * time.Minute // none is due when a day's objects are joined: it would be made if that fails
	fault := func(done bool) error {
		if !done {
			w.writes++
		}
		if times > 0 && fails(w.writes, done) {
			times--
			return errDown
		}
		return nil
	}
	w.bucket.before = func(string) error { return fault(false) }
	w.bucket.after = func(string) error { return fault(true) }
	w.state.before = func() error { return fault(false) }
	w.state.after = func() error { return fault(true) }
	return &script{w: w, signer: scriptKeys.second}
}

func (b *bucket) files() map[string]string {
	files := map[string]string{}
	for key, content := range maps.All(b.objects) {
		files[key] = string(content)
	}
	return files
}

// settled are all files but partial tiles and bundles: which sizes are published depends on when something failed.
func (b *bucket) settled() map[string]string {
	files := b.files()
	maps.DeleteFunc(files, func(key, _ string) bool { return strings.Contains(key, ".p/") })
	return files
}

// What a write of the state left when it failed is either of two states, and both lead on.
func TestStateMayHoldEither(t *testing.T) {
	w := newWorld(t)
	l := w.open()
	require.NoError(t, l.Start(t.Context()))
	old := bytes.Clone(w.state.content)
	w.state.after = func() error { return errors.New("sync failed") }
	require.Error(t, l.Seal(t.Context(), w.seal(1, noon, "a")))
	new := bytes.Clone(w.state.content)
	w.state.after = nil
	for _, content := range [][]byte{old, new} {
		again := newWorld(t)
		again.bucket.objects, again.signers = maps.Clone(w.bucket.objects), w.signers
		again.state.content, again.now = content, noon.Add(time.Hour)
		l := again.open()
		require.NoError(t, l.Start(t.Context()))
		require.NoError(t, l.Seal(t.Context(), again.seal(1, noon, "a")))
		require.NoError(t, l.Seal(t.Context(), again.seal(2, noon, "a")))
		again.check()
	}
	// And the process itself, if it lives on, writes over it.
	require.NoError(t, l.Seal(t.Context(), w.seal(1, noon, "a")))
	w.check()
}
