package journal

// A window remembers the newest lines by event id and content sum, in a ring
// of fixed size. Lines enter it before they are durable, so every entry can
// be taken back, exactly, until settle confirms it.
type window struct {
	ring  []key
	next  int              // the slot that the next entry takes
	slots map[key]int      // where in the ring a key is
	sums  map[[16]byte]int // how many sums of an id are remembered
	undos []evicted        // what each unsettled entry displaced, oldest first
}

type key struct {
	id  [16]byte
	sum uint64
}

type evicted struct {
	key
	real bool // false: the slot was free
}

func newWindow(size int) *window {
	return &window{ring: make([]key, size), slots: map[key]int{}, sums: map[[16]byte]int{}}
}

// look says whether this very line was seen, or another with the same id.
func (w *window) look(id [16]byte, sum uint64) (duplicate, conflict bool) {
	if w.sums[id] == 0 {
		return false, false
	}
	_, duplicate = w.slots[key{id, sum}]
	return duplicate, !duplicate
}

// add remembers a line that look did not call a duplicate.
func (w *window) add(id [16]byte, sum uint64) {
	if len(w.ring) == 0 {
		return
	}
	old := w.ring[w.next]
	slot, ok := w.slots[old]
	real := ok && slot == w.next
	if real {
		w.drop(old)
	}
	w.undos = append(w.undos, evicted{old, real})
	w.put(key{id, sum})
	w.next = (w.next + 1) % len(w.ring)
}

// undo forgets the newest n lines, and remembers again what they displaced.
func (w *window) undo(n int) {
	for range min(n, len(w.undos)) {
		w.next = (w.next + len(w.ring) - 1) % len(w.ring)
		w.drop(w.ring[w.next])
		last := len(w.undos) - 1
		if old := w.undos[last]; old.real {
			w.put(old.key)
		} else {
			w.ring[w.next] = key{}
		}
		w.undos = w.undos[:last]
	}
}

// settle confirms the oldest n lines that were not settled yet.
func (w *window) settle(n int) {
	n = min(n, len(w.undos))
	w.undos = w.undos[:copy(w.undos, w.undos[n:])]
}

func (w *window) put(k key) {
	w.ring[w.next] = k
	w.slots[k] = w.next
	w.sums[k.id]++
}

func (w *window) drop(k key) {
	delete(w.slots, k)
	if w.sums[k.id]--; w.sums[k.id] <= 0 {
		delete(w.sums, k.id)
	}
}
