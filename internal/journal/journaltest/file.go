package journaltest

import (
	"io"
	"math/rand/v2"
	"os"
	"time"
)

// inode is a file's content: as processes see it, and as the disk has it.
type inode struct {
	cache []byte
	dirty []bool // per byte of cache: the kernel knows that the disk lacks it
	disk  []byte
	mtime time.Time
}

// settle makes the disk have what processes see.
func (n *inode) settle() {
	n.disk = append([]byte(nil), n.cache...)
	n.dirty = make([]bool, len(n.cache))
}

func (n *inode) truncate(size int) {
	for len(n.cache) < size {
		n.cache, n.dirty = append(n.cache, 0), append(n.dirty, true)
	}
	n.cache, n.dirty = n.cache[:size], n.dirty[:size]
}

func (n *inode) writeAt(p []byte, off int) {
	if end := off + len(p); end > len(n.cache) {
		n.truncate(end)
	}
	copy(n.cache[off:], p)
	for i := range p {
		n.dirty[off+i] = true
	}
}

// sync writes what the kernel knows to be unwritten. Bytes that a failed sync
// gave up are not among it: the disk keeps what it had there.
func (n *inode) sync() {
	n.reach(len(n.cache))
	for i, dirty := range n.dirty {
		if dirty {
			n.disk[i], n.dirty[i] = n.cache[i], false
		}
	}
}

// giveUp is a failed sync: the kernel takes the bytes for written.
func (n *inode) giveUp() {
	for i := range n.dirty {
		n.dirty[i] = false
	}
}

// reach sets the length on disk. A byte that never was written is a zero.
func (n *inode) reach(size int) {
	for len(n.disk) < size {
		n.disk = append(n.disk, 0)
	}
	n.disk = n.disk[:size]
}

// powerLoss leaves the disk with a random part of what was not synced: the
// old length, the new one or one between, and then the dirty bytes before it.
func (n *inode) powerLoss(rng *rand.Rand) {
	size := len(n.disk)
	switch low, high := min(len(n.disk), len(n.cache)), max(len(n.disk), len(n.cache)); rng.IntN(3) {
	case 0:
		size = len(n.cache)
	case 1:
		size = low + rng.IntN(high-low+1)
	}
	n.reach(min(size, max(len(n.disk), n.written())))
	for i := range min(len(n.disk), len(n.cache)) {
		if n.dirty[i] {
			n.disk[i] = n.cache[i]
		}
	}
	n.cache = append([]byte(nil), n.disk...)
	n.settle()
}

// written is where the dirty bytes end: a length that reaches further would
// show bytes that nobody wrote.
func (n *inode) written() int {
	for i := len(n.dirty); i > 0; i-- {
		if n.dirty[i-1] {
			return i
		}
	}
	return 0
}

// handle implements journal.File.
type handle struct {
	f      *FS
	ino    *inode
	name   string
	boot   int
	write  bool
	closed bool
}

// call checks the handle, and runs the operation under its fault.
func (h *handle) call(op string, effect func() error, half func()) error {
	if h.boot != h.f.boot {
		return ErrCrashed
	}
	if h.closed {
		return os.ErrClosed
	}
	return h.f.call(op+" "+h.name, effect, half)
}

func (h *handle) ReadAt(p []byte, off int64) (n int, err error) {
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	err = h.call("read", func() error {
		if off < int64(len(h.ino.cache)) {
			n = copy(p, h.ino.cache[off:])
		}
		if n < len(p) {
			return io.EOF
		}
		return nil
	}, nil)
	return n, err
}

func (h *handle) WriteAt(p []byte, off int64) (n int, err error) {
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	write := func(p []byte) error {
		if !h.write {
			return os.ErrPermission
		}
		fits, err := h.f.grow(off + int64(len(p)) - int64(len(h.ino.cache)))
		if err != nil {
			p = p[:max(0, int64(len(h.ino.cache))+fits-off)]
		}
		h.ino.writeAt(p, int(off))
		h.ino.mtime = h.f.now
		n = len(p)
		return err
	}
	err = h.call("write", func() error { return write(p) }, func() { _ = write(p[:len(p)/2]) })
	return n, err
}

func (h *handle) Truncate(size int64) error {
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	return h.call("truncate", func() error {
		if h.f.room >= 0 {
			h.f.room += max(0, int64(len(h.ino.cache))-size)
		}
		h.ino.truncate(int(size))
		return nil
	}, nil)
}

// Sync fails as Linux does: once, and what was dirty then stays unwritten.
func (h *handle) Sync() error {
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	synced := false
	err := h.call("sync", func() error {
		synced = true
		h.ino.sync()
		return nil
	}, nil)
	if err == ErrInjected && !synced {
		h.ino.giveUp()
	}
	return err
}

func (h *handle) Size() (size int64, err error) {
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	err = h.call("size", func() error { size = int64(len(h.ino.cache)); return nil }, nil)
	return size, err
}

func (h *handle) Close() error {
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	if h.boot != h.f.boot || h.closed {
		return os.ErrClosed
	}
	h.closed = true
	return nil
}
