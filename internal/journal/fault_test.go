package journal_test

import (
	"bytes"
	"encoding/json"
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/journal/journaltest"
)

func splitLines(text []byte) iter.Seq[[]byte] { return bytes.Lines(text) }

func parse(text []byte) (l stored, err error) {
	if _, _, _, err = identify(bytes.TrimSuffix(text, []byte("\n"))); err == nil {
		err = json.Unmarshal(text, &l)
	}
	return l, err
}

// schedule is the fixed life that the fault table disturbs.
var schedule = []func(*world){
	func(w *world) { w.appendNew(1) },
	func(w *world) { w.appendNew(3) },
	func(w *world) { w.rotate() },
	func(w *world) { w.rotate() },
	func(w *world) { w.appendNew(2) },
	func(w *world) { w.send() },
	func(w *world) { w.send() },
	func(w *world) { w.rotate() },
	func(w *world) { w.appendNew(1) },
	func(w *world) { w.rotate() },
	func(w *world) { w.appendAgain() },
	func(w *world) { w.send() },
	func(w *world) { w.send() },
	func(w *world) { w.appendNew(1) },
	func(w *world) { w.appendAgain() },
	func(w *world) { w.appendNew(1) },
}

func (w *world) live(power bool) {
	w.open(func() bool { return power })
	for _, step := range schedule {
		step(w)
		if w.fs.Crashed() {
			w.restart(power)
			w.open(func() bool { return power })
		}
	}
}

// TestEveryFault disturbs every call of a life, in every way.
func TestEveryFault(t *testing.T) {
	for _, noSync := range []bool{false, true} {
		calm := newWorld(t, 1)
		calm.opts.NoSync = noSync
		calm.live(false)
		calls := calm.fs.Calls()
		calm.check()
		require.Greater(t, calls, 30)
		for call := 1; call <= calls; call++ {
			for _, fault := range journaltest.Faults {
				for _, power := range []bool{false, true} {
					w := newWorld(t, uint64(call))
					w.opts.NoSync = noSync
					w.fs.Fault(call, fault)
					w.live(power)
					w.check()
				}
			}
		}
	}
}

// TestRandomFaults disturbs random lives: several faults, crashes during recovery,
// a disk that fills up, batches that arrive together.
func TestRandomFaults(t *testing.T) {
	seeds := 2000
	if testing.Short() {
		seeds = 200
	}
	for range seeds {
		randomLife(t, rand.Uint64())
	}
}

// TestKnownSeeds lives again the lives that once found a fault.
func TestKnownSeeds(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 6518046937197849857, 526580933609137805} {
		randomLife(t, seed)
	}
}

func randomLife(t *testing.T, seed uint64) {
	w := newWorld(t, seed)
	w.opts.NoSync = w.rng.IntN(4) == 0
	oneIn := 12 + w.rng.IntN(60)
	faults := rand.New(rand.NewPCG(seed, 2))
	w.fs.Pick(func(int, string) journaltest.Fault {
		if faults.IntN(oneIn) > 0 {
			return journaltest.None
		}
		return journaltest.Faults[faults.IntN(len(journaltest.Faults))]
	})
	power := func() bool { return w.rng.IntN(2) == 0 }
	w.open(power)
	for range 10 + w.rng.IntN(40) {
		switch n := w.rng.IntN(20); {
		case n < 9:
			w.appendNew(1 + w.rng.IntN(3))
		case n < 11:
			batches := make([][]journal.Line, 3)
			for i := range batches {
				w.nextID++
				batches[i] = []journal.Line{line(w.nextID, 1, 5), line(w.nextID, 1, 5)}
			}
			w.deliver(batches...)
		case n < 14:
			w.rotate()
		case n < 16:
			w.send()
		case n < 17:
			w.appendAgain()
		case n < 18:
			w.room(int64(w.rng.IntN(500)))
		case n < 19:
			w.room(-1)
		default:
			w.restart(power())
			w.open(power)
		}
		if w.fs.Crashed() {
			w.restart(power())
			w.open(power)
		}
	}
	w.check()
}

// TestFailedSync follows one failed sync closely.
func TestFailedSync(t *testing.T) {
	fsys := journaltest.New(1)
	opts := options("/journal")
	opts.FS = fsys
	j, _ := open(t, opts)
	_, err := j.Append(t.Context(), []journal.Line{line(1, 1, 0)})
	require.NoError(t, err)

	failing := true
	fsys.Pick(func(_ int, op string) journaltest.Fault {
		if failing && op == "sync "+"0000000001-00000000000000000001.jsonl" {
			return journaltest.FailBefore
		}
		return journaltest.None
	})
	for range 3 { // the append, and two attempts at the repair
		_, err = j.Append(t.Context(), []journal.Line{line(2, 1, 0), line(3, 1, 0)})
		require.ErrorIs(t, err, journaltest.ErrInjected)
	}
	assert.Empty(t, j.Sealed())
	failing = false
	receipt, err := j.Append(t.Context(), []journal.Line{line(2, 1, 0)})
	require.NoError(t, err)
	assert.Equal(t, journal.Receipt{Segment: 2, Written: 1}, receipt, "the file that failed gets no more lines")
	require.Len(t, j.Sealed(), 1)
	s, _, err := j.Rotate()
	require.NoError(t, err)
	assert.Equal(t, []uint64{1}, seqs(read(t, j.Sealed()[0])))
	assert.Equal(t, []uint64{2}, seqs(read(t, s)))
}

// TestFullDisk fills the disk, opens on the full disk, and goes on when there is room.
func TestFullDisk(t *testing.T) {
	fsys := journaltest.New(1)
	opts := options("/journal")
	opts.FS = fsys
	j, _ := open(t, opts)
	_, err := j.Append(t.Context(), []journal.Line{line(1, 1, 0)})
	require.NoError(t, err)
	fsys.Room(10)
	_, err = j.Append(t.Context(), []journal.Line{line(2, 1, 0)})
	require.Error(t, err)
	require.NoError(t, j.Close())

	j, _ = open(t, opts)
	require.Len(t, j.Sealed(), 1)
	_, err = j.Append(t.Context(), []journal.Line{line(2, 1, 0)})
	require.Error(t, err)
	require.NoError(t, j.Remove(1))
	fsys.Room(-1)
	receipt, err := j.Append(t.Context(), []journal.Line{line(2, 1, 0)})
	require.NoError(t, err)
	assert.Equal(t, journal.Receipt{Segment: 2, Written: 1}, receipt)
}

// TestNewestStays: the newest file holds the numbers, so it is not removed
// while its successor can't be created.
func TestNewestStays(t *testing.T) {
	fsys := journaltest.New(1)
	opts := options("/journal")
	opts.FS = fsys
	j, _ := open(t, opts)
	_, err := j.Append(t.Context(), []journal.Line{line(1, 1, 0)})
	require.NoError(t, err)
	fsys.Pick(func(_ int, op string) journaltest.Fault {
		if op == "open 0000000002-00000000000000000002.jsonl" {
			return journaltest.FailBefore
		}
		return journaltest.None
	})
	_, sealed, err := j.Rotate()
	require.NoError(t, err)
	require.True(t, sealed)
	require.ErrorIs(t, j.Remove(1), journaltest.ErrInjected)
	require.Len(t, j.Sealed(), 1)
	fsys.Calm()
	require.NoError(t, j.Remove(1))
	require.NoError(t, j.Close())
	fsys.PowerLoss()
	j, _ = open(t, opts)
	receipt, err := j.Append(t.Context(), []journal.Line{line(2, 1, 0)})
	require.NoError(t, err)
	assert.EqualValues(t, 2, receipt.Segment)
}
