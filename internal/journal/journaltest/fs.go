// Package journaltest has a file system for fault tests: it keeps everything
// in memory, forgets at a power failure what was not synced, and fails, tears
// or crashes at any chosen call.
//
// It is harsher than a real one where POSIX allows it: when the power fails,
// each unsynced directory operation survives or not on its own, a file keeps any
// length between its old and its new, and after a failed sync the unsynced bytes are read
// back as if written, and are not written by another sync.
package journaltest

import (
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/agentaudit/agentaudit/internal/journal"
)

// FS implements journal.FS.
type FS struct {
	mu     sync.Mutex
	rng    *rand.Rand
	files  map[string]*inode // what a process sees
	disk   map[string]*inode // what survives a power failure
	unsync []entry           // how files differs from disk, oldest first
	locks  map[string]bool
	boot   int // counts restarts: handles of an earlier process are dead

	calls   int
	faults  map[int]Fault
	pick    func(call int, op string) Fault
	crashed bool
	room    int64 // bytes that may be written; < 0 is no limit
	now     time.Time
	log     []called
}

// entry is a directory operation: name now means ino, or nothing.
type entry struct {
	name string
	ino  *inode
	also *entry // the other half of a rename
}

// New returns an empty file system. The seed decides what a power failure leaves.
func New(seed uint64) *FS {
	return &FS{
		rng: rand.New(rand.NewPCG(seed, 0)), files: map[string]*inode{}, disk: map[string]*inode{},
		locks: map[string]bool{}, faults: map[int]Fault{}, room: -1, now: time.Unix(1_700_000_000, 0),
	}
}

// Kill ends the process, and begins another: locks and open files are gone,
// the kernel's memory is not.
func (f *FS) Kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.restart()
}

// PowerLoss ends the machine, and begins it again: what was not synced
// survives by chance.
func (f *FS) PowerLoss() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.restart()
	for _, e := range f.unsync {
		if f.rng.IntN(2) == 0 {
			f.persist(e)
		}
	}
	f.unsync = nil
	f.files = map[string]*inode{}
	for name, ino := range f.disk {
		ino.powerLoss(f.rng)
		f.files[name] = ino
	}
}

func (f *FS) restart() {
	f.crashed = false
	f.boot++
	f.locks = map[string]bool{}
}

func (f *FS) persist(e entry) {
	for part := &e; part != nil; part = part.also {
		if part.ino == nil {
			delete(f.disk, part.name)
		} else {
			f.disk[part.name] = part.ino
		}
	}
}

// MkdirAll implements journal.FS. Directories need not exist here.
func (f *FS) MkdirAll(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.call("mkdir", dir, func() error { return nil }, nil)
}

// List implements journal.FS.
func (f *FS) List(dir string) (out []journal.FileInfo, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err = f.call("list", dir, func() error {
		for name, ino := range f.files {
			if path.Dir(name) == dir {
				out = append(out, journal.FileInfo{Name: path.Base(name), Size: int64(ino.cache.size), ModTime: ino.mtime})
			}
		}
		return nil
	}, nil)
	return out, err
}

// Open implements journal.FS.
func (f *FS) Open(name string, flag int) (file journal.File, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err = f.call("open", path.Base(name), func() error {
		ino, ok := f.files[name]
		switch {
		case !ok && flag&os.O_CREATE == 0:
			return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		case ok && flag&os.O_EXCL != 0:
			return &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
		case !ok:
			ino = &inode{mtime: f.now}
			f.change(entry{name: name, ino: ino})
		case flag&os.O_TRUNC != 0:
			ino.truncate(0)
		}
		file = &handle{f: f, ino: ino, name: path.Base(name), boot: f.boot, write: flag&(os.O_RDWR|os.O_WRONLY) != 0}
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Rename implements journal.FS.
func (f *FS) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.call("rename", path.Base(from), func() error {
		ino, ok := f.files[from]
		if !ok {
			return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
		}
		f.change(entry{name: to, ino: ino, also: &entry{name: from}})
		return nil
	}, nil)
}

// Remove implements journal.FS.
func (f *FS) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.call("remove", path.Base(name), func() error {
		ino, ok := f.files[name]
		if !ok {
			return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
		}
		if f.room >= 0 {
			f.room += int64(ino.cache.size)
		}
		f.change(entry{name: name})
		return nil
	}, nil)
}

func (f *FS) change(e entry) {
	for part := &e; part != nil; part = part.also {
		if part.ino == nil {
			delete(f.files, part.name)
		} else {
			f.files[part.name] = part.ino
		}
	}
	f.unsync = append(f.unsync, e)
}

// SyncDir implements journal.FS.
func (f *FS) SyncDir(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.call("syncdir", dir, func() error {
		rest := f.unsync[:0]
		for _, e := range f.unsync {
			if path.Dir(e.name) == dir {
				f.persist(e)
			} else {
				rest = append(rest, e)
			}
		}
		f.unsync = rest
		return nil
	}, nil)
}

// Lock implements journal.FS.
func (f *FS) Lock(name string) (closer io.Closer, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err = f.call("lock", "", func() error {
		if f.locks[name] {
			return journal.ErrLocked
		}
		f.locks[name] = true
		closer = &unlock{f, name, f.boot}
		return nil
	}, nil)
	if err != nil && closer != nil {
		delete(f.locks, name) // nobody could ever release it: a descriptor that was lost is closed
	}
	if err != nil {
		return nil, err
	}
	return closer, nil
}

type unlock struct {
	f    *FS
	name string
	boot int
}

func (u *unlock) Close() error {
	u.f.mu.Lock()
	defer u.f.mu.Unlock()
	if u.boot == u.f.boot {
		delete(u.f.locks, u.name)
	}
	return nil
}

// Spoil changes the bytes of a file in place, on disk and in memory, as a bad
// disk or a person would. The name is the file's, in any directory.
func (f *FS) Spoil(name string, change func([]byte) []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for full, ino := range f.files {
		if strings.HasSuffix(full, "/"+name) {
			text := make([]byte, ino.cache.size)
			ino.cache.readAt(text, 0)
			text = change(text)
			ino.cache = content{text, len(text)}
			ino.settle()
			return nil
		}
	}
	return fs.ErrNotExist
}

// grow takes room for n more bytes, and says how many of them fit.
func (f *FS) grow(n int64) (int64, error) {
	if f.room < 0 || n <= 0 {
		return n, nil
	}
	if n > f.room {
		fits := f.room
		f.room = 0
		return fits, syscall.ENOSPC
	}
	f.room -= n
	return n, nil
}
