package journaltest

import (
	"io"
	"math/rand/v2"
	"os"
	"time"
)

// inode is a file's content: as processes see it, and as the disk has it.
type inode struct {
	cache content
	dirty []span // of cache: the kernel knows that the disk lacks them
	disk  content
	mtime time.Time
}

type span struct{ from, to int }

// settle makes the disk have what processes see.
func (n *inode) settle() {
	n.disk, n.dirty = n.cache.clone(), nil
}

func (n *inode) truncate(size int) {
	if size > n.cache.size {
		n.dirty = append(n.dirty, span{n.cache.size, size})
	}
	n.cache.resize(size)
	for i := range n.dirty {
		n.dirty[i].to = max(n.dirty[i].from, min(n.dirty[i].to, size))
	}
}

func (n *inode) writeAt(p []byte, off int) {
	n.dirty = append(n.dirty, span{min(off, n.cache.size), off + len(p)}) // with the hole, if this leaves one
	n.cache.writeAt(p, off)
}

// sync writes what the kernel knows to be unwritten. Bytes that a failed sync
// gave up are not among it: the disk keeps what it had there.
func (n *inode) sync() {
	n.disk.resize(n.cache.size)
	for _, s := range n.dirty {
		n.disk.take(n.cache, s)
	}
	n.dirty = nil
}

// giveUp is a failed sync: the kernel takes the bytes for written.
func (n *inode) giveUp() { n.dirty = nil }

// powerLoss leaves the disk with a random part of what was not synced: the
// old length, the new one or one between, and then the dirty bytes before it.
// A length never reaches further than the dirty bytes: that would show bytes that nobody wrote.
func (n *inode) powerLoss(rng *rand.Rand) {
	size := n.disk.size
	switch low, high := min(n.disk.size, n.cache.size), max(n.disk.size, n.cache.size); rng.IntN(3) {
	case 0:
		size = n.cache.size
	case 1:
		size = low + rng.IntN(high-low+1)
	}
	written := n.disk.size
	for _, s := range n.dirty {
		if s.to > s.from {
			written = max(written, s.to)
		}
	}
	n.disk.resize(min(size, written))
	for _, s := range n.dirty {
		n.disk.take(n.cache, s)
	}
	n.cache, n.dirty = n.disk.clone(), nil
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
	return h.f.call(op, h.name, effect, half)
}

func (h *handle) ReadAt(p []byte, off int64) (n int, err error) {
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	err = h.call("read", func() error {
		if n = h.ino.cache.readAt(p, int(off)); n < len(p) {
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
		fits, err := h.f.grow(off + int64(len(p)) - int64(h.ino.cache.size))
		if err != nil {
			p = p[:max(0, int64(h.ino.cache.size)+fits-off)]
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
			h.f.room += max(0, int64(h.ino.cache.size)-size)
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
	err = h.call("size", func() error { size = int64(h.ino.cache.size); return nil }, nil)
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
