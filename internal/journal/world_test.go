package journal_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/journal/journaltest"
)

// A world is one journal, its senders and its bucket, through any number of
// crashes. Every method checks what it sees against all that was seen before.
type world struct {
	t    *testing.T
	seed uint64
	fs   *journaltest.FS
	rng  *rand.Rand
	opts journal.Options
	j    *journal.Journal // nil after a crash

	nextID  uint64
	acked   map[uint64]bool   // promised: Append returned nil
	volatil map[uint64]bool   // promised with NoSync: a power failure breaks it, until sealed
	refused []journal.Line    // to be delivered again
	owner   map[uint64]uint64 // seq → id, of every line that was ever sealed
	bytes   map[uint64]string // seal → content, of every segment that was ever sealed
	sent    map[uint64]bool   // ids in the bucket
	twice   map[uint64]bool   // ids that may be there twice: sent, forgotten, delivered again
	forgot  bool              // the journal has told that it forgot what was sent, or a removal failed while it had no room for it
	full    bool              // the disk's room is bounded
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, seed: seed, fs: journaltest.New(seed), rng: rand.New(rand.NewPCG(seed, 1)), opts: options("/journal"),
		acked: map[uint64]bool{}, volatil: map[uint64]bool{}, owner: map[uint64]uint64{}, bytes: map[uint64]string{},
		sent: map[uint64]bool{}, twice: map[uint64]bool{},
	}
	w.opts.FS = w.fs
	return w
}

func (w *world) fatalf(format string, args ...any) {
	w.t.Helper()
	log := w.fs.Log()
	w.t.Fatalf("seed %d: %s\nlast calls: %q", w.seed, fmt.Sprintf(format, args...), log[max(0, len(log)-40):])
}

// open opens the journal, through as many failures and crashes as it takes.
func (w *world) open(power func() bool) {
	w.t.Helper()
	for range 1000 {
		var recovery journal.Recovery
		var err error
		w.j, recovery, err = journal.Open(w.opts)
		if err == nil {
			if recovery.DamagedLines > 0 || recovery.MissingLines > 0 || recovery.MissingSeals > 0 {
				w.fatalf("recovery found damage: %+v", recovery)
			}
			w.forgot = w.forgot || recovery.RecentErr != nil
			return
		}
		w.j = nil
		if w.fs.Crashed() {
			w.restart(power())
		}
	}
	w.fatalf("journal does not open")
}

// restart ends the process, or the machine.
func (w *world) restart(power bool) {
	if w.j != nil {
		w.forgot = w.forgot || w.j.Stats().Forgotten > 0
		_ = w.j.Close() // of a dead process: only its goroutine is of interest
		w.j = nil
	}
	if !power {
		w.fs.Kill()
		return
	}
	w.fs.PowerLoss()
	for id := range w.volatil {
		delete(w.acked, id)
	}
	clear(w.volatil)
}

// appendNew delivers fresh lines, at times with what was refused before.
func (w *world) appendNew(n int) {
	var batch []journal.Line
	if len(w.refused) > 0 && w.rng.IntN(2) == 0 {
		batch, w.refused = w.refused, nil
	}
	for range n {
		w.nextID++
		batch = append(batch, line(w.nextID, 1, w.rng.IntN(60)))
	}
	w.deliver(batch)
}

// appendAgain delivers what was acknowledged long ago, as a sender does that had no answer.
func (w *world) appendAgain() {
	var batch []journal.Line
	for range 3 {
		if id := 1 + w.rng.Uint64N(w.nextID+1); w.acked[id] {
			batch = append(batch, line(id, 1, 0))
		}
	}
	w.deliver(batch)
}

func (w *world) deliver(batches ...[]journal.Line) {
	var wg sync.WaitGroup
	errs := make([]error, len(batches))
	for i, batch := range batches {
		for _, l := range batch {
			if id := idOf(l); w.sent[id] && w.forgot {
				w.twice[id] = true
			}
		}
		wg.Go(func() { _, errs[i] = w.j.Append(w.t.Context(), batch) })
	}
	wg.Wait()
	for i, batch := range batches {
		if errs[i] != nil {
			w.refused = append(w.refused, batch...)
			continue
		}
		for _, l := range batch {
			w.acked[idOf(l)] = true
			if w.opts.NoSync {
				w.volatil[idOf(l)] = true
			}
		}
	}
}

func idOf(l journal.Line) (id uint64) {
	for _, b := range l.ID[8:] {
		id = id<<8 | uint64(b)
	}
	return id
}

func (w *world) rotate() {
	if _, _, err := w.j.Rotate(); err == nil {
		clear(w.volatil) // whatever was appended is sealed
	}
}

func (w *world) room(bytes int64) {
	w.full = bytes >= 0
	w.fs.Room(bytes)
}

// send puts the oldest sealed segment into the bucket and removes it.
func (w *world) send() {
	sealed := w.j.Sealed()
	if len(sealed) == 0 {
		return
	}
	lines, ok := w.look(sealed[0])
	if !ok {
		return
	}
	for _, l := range lines {
		w.sent[l.ID] = true
	}
	err := w.j.Remove(sealed[0].Seal)
	w.forgot = w.forgot || w.full && err != nil
}

// look reads a sealed segment: no torn line, numbers that follow each other,
// and the same bytes whenever it is looked at.
func (w *world) look(s journal.Segment) (out []stored, ok bool) {
	r, err := s.Open()
	if err != nil {
		return nil, false
	}
	defer func() { _ = r.Close() }()
	text := make([]byte, s.Size)
	if n, err := r.ReadAt(text, 0); int64(n) < s.Size {
		if err != nil && !w.fs.Crashed() && w.fs.Quiet() {
			w.fatalf("segment %d: %v", s.Seal, err)
		}
		return nil, false
	}
	if before, ok := w.bytes[s.Seal]; ok && before != string(text) {
		w.fatalf("segment %d was\n%s\nand is\n%s", s.Seal, before, text)
	}
	w.bytes[s.Seal] = string(text)
	next := s.FirstSeq
	for text := range splitLines(text) {
		l, err := parse(text)
		if err != nil {
			w.fatalf("segment %d: %q: %v", s.Seal, text, err)
		}
		if l.Seq != next {
			w.fatalf("segment %d: seq %d where %d belongs", s.Seal, l.Seq, next)
		}
		if owner, ok := w.owner[l.Seq]; ok && owner != l.ID {
			w.fatalf("seq %d belonged to event %d, and now to %d", l.Seq, owner, l.ID)
		}
		w.owner[l.Seq] = l.ID
		next++
		out = append(out, l)
	}
	if len(out) != s.Lines {
		w.fatalf("segment %d: %d lines, not %d", s.Seal, len(out), s.Lines)
	}
	return out, true
}

// check restarts the machine without any more faults, seals, and verifies the promise.
func (w *world) check() {
	w.t.Helper()
	w.fs.Calm()
	w.restart(true)
	w.open(func() bool { return true })
	defer func() { _ = w.j.Close(); w.j = nil }()
	kept := map[uint64]bool{}
	for _, s := range w.j.Sealed() {
		lines, ok := w.look(s)
		if !ok {
			w.fatalf("segment %d can't be read", s.Seal)
		}
		for _, l := range lines {
			kept[l.ID] = true
		}
	}
	for id := range w.acked {
		if !kept[id] && !w.sent[id] {
			w.fatalf("event %d was acknowledged and is lost", id)
		}
	}
	count := map[uint64]int{}
	for seq := uint64(1); seq <= uint64(len(w.owner)); seq++ {
		id, ok := w.owner[seq]
		if !ok {
			w.fatalf("seq %d is missing of %d", seq, len(w.owner))
		}
		if count[id]++; count[id] > 1 && !w.twice[id] {
			w.fatalf("event %d is there twice", id)
		}
	}
	seals := slices.Sorted(func(yield func(uint64) bool) {
		for seal := range w.bytes {
			if !yield(seal) {
				return
			}
		}
	})
	for i, seal := range seals {
		if seal != uint64(i)+1 {
			w.fatalf("seal %d is missing of %v", i+1, seals)
		}
	}
	// It still works, and knows what it holds.
	before := len(w.owner)
	w.refused = nil
	w.appendNew(2)
	if len(w.refused) > 0 {
		w.fatalf("recovered journal refuses")
	}
	s, sealed, err := w.j.Rotate()
	if err != nil || !sealed || s.FirstSeq != uint64(before)+1 {
		w.fatalf("recovered journal goes on at %d after %d: %v", s.FirstSeq, before, err)
	}
}
