package journal

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"math/rand/v2"
	"sort"
)

// A window remembers the newest lines by event id and content sum, in a ring
// of fixed size. Lines enter it before they are durable, so every entry can
// be taken back, exactly, until settle confirms it.
type window struct {
	ring  []key
	used  []bool // which slots of the ring hold a line
	next  int    // the slot that the next entry takes
	table table
	undos []evicted // what each unsettled entry displaced, oldest first
}

type key struct {
	id  [16]byte
	sum uint64
	// seq is the line's number until it was removed and is remembered by recent;
	// then 0. Entries enter in order of it.
	seq uint64
}

type evicted struct {
	key
	real bool // false: the slot was free
}

func newWindow(size int) *window {
	return &window{ring: make([]key, size), used: make([]bool, size), table: newTable(size)}
}

// look says whether this very line was seen, or another with the same id.
func (w *window) look(id [16]byte, sum uint64) (duplicate, conflict bool) {
	for slot := range w.table.find(id) {
		if w.ring[slot].id != id {
			continue
		}
		if w.ring[slot].sum == sum {
			return true, false
		}
		conflict = true
	}
	return false, conflict
}

// add remembers a line that look did not call a duplicate.
func (w *window) add(k key) {
	if len(w.ring) == 0 {
		return
	}
	w.undos = append(w.undos, evicted{w.ring[w.next], w.used[w.next]})
	w.drop(w.next)
	w.put(w.next, k)
	w.next = (w.next + 1) % len(w.ring)
}

// undo forgets the newest n lines, and remembers again what they displaced.
func (w *window) undo(n int) {
	for range min(n, len(w.undos)) {
		w.next = (w.next + len(w.ring) - 1) % len(w.ring)
		w.drop(w.next)
		last := len(w.undos) - 1
		if old := w.undos[last]; old.real {
			w.put(w.next, old.key)
		}
		w.undos = w.undos[:last]
	}
}

// settle confirms the oldest n lines that were not settled yet.
func (w *window) settle(n int) {
	n = min(n, len(w.undos))
	w.undos = w.undos[:copy(w.undos, w.undos[n:])]
}

// below calls do with the entries whose lines have a number below seq, oldest first.
func (w *window) below(seq uint64, do func(*key)) {
	n := len(w.ring)
	slot := func(i int) int { return (w.next + i) % n } // i counts from the oldest; free slots come before it
	first := sort.Search(n, func(i int) bool { return w.ring[slot(i)].seq > 0 })
	for i := first; i < n && w.ring[slot(i)].seq < seq; i++ {
		do(&w.ring[slot(i)])
	}
}

// removed marks the entries below seq as remembered by recent. What was displaced
// by a line that isn't settled is forgotten by it: an undo brings it back for this process only.
func (w *window) removed(seq uint64) {
	w.below(seq, func(k *key) { k.seq = 0 })
	for i := range w.undos {
		if w.undos[i].seq < seq {
			w.undos[i].seq = 0
		}
	}
}

func (w *window) put(slot int, k key) {
	w.ring[slot], w.used[slot] = k, true
	w.table.insert(k.id, slot)
}

func (w *window) drop(slot int) {
	if !w.used[slot] {
		return
	}
	w.table.remove(w.ring[slot].id, slot)
	w.ring[slot], w.used[slot] = key{}, false
}

// A table finds ring slots by event id: open addressing with linear probing, at most half
// full. Go's map would do, at twenty times the cost: its groups of 16-byte keys miss the cache
// at each step, and there are three steps for every event.
type table struct {
	cells []cell
	shift int    // from a tag to its home
	seed  uint64 // so that nobody can choose ids that fall together
}

// A cell holds a slot plus one, 0 for none, and a hash of the id. The upper bits of the hash are the
// cell's home, where its probe begins; the others spare a look at the ring when they differ.
type cell struct {
	tag  uint32
	slot uint32
}

func newTable(size int) table {
	width := bits.Len(uint(max(2*size-1, 1)))
	return table{cells: make([]cell, 1<<width), shift: 32 - width, seed: rand.Uint64() | 1}
}

func (t *table) tag(id [16]byte) uint32 {
	h := (binary.LittleEndian.Uint64(id[:]) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(id[8:]), 29)) * t.seed
	h = (h ^ h>>32) * t.seed
	return uint32(h >> 32) //nolint:gosec // the better half of a hash
}

func (t *table) after(i int) int { return (i + 1) & (len(t.cells) - 1) }

// find yields the slots whose id may be id.
func (t *table) find(id [16]byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		tag := t.tag(id)
		for i := int(tag >> t.shift); t.cells[i].slot != 0; i = t.after(i) {
			if t.cells[i].tag == tag && !yield(int(t.cells[i].slot-1)) {
				return
			}
		}
	}
}

func (t *table) insert(id [16]byte, slot int) {
	tag := t.tag(id)
	i := int(tag >> t.shift)
	for t.cells[i].slot != 0 {
		i = t.after(i)
	}
	t.cells[i] = cell{tag, uint32(slot + 1)} //nolint:gosec // a window has fewer than 2^31 slots
}

// remove takes a slot out, and moves up those behind it that a gap would cut off from their home.
func (t *table) remove(id [16]byte, slot int) {
	gap := int(t.tag(id) >> t.shift)
	for t.cells[gap].slot != uint32(slot+1) { //nolint:gosec // as above
		gap = t.after(gap)
	}
	t.cells[gap] = cell{}
	mask := len(t.cells) - 1
	for i := t.after(gap); t.cells[i].slot != 0; i = t.after(i) {
		home := int(t.cells[i].tag >> t.shift)
		if (i-home)&mask >= (i-gap)&mask {
			t.cells[gap], t.cells[i] = t.cells[i], cell{}
			gap = i
		}
	}
}
