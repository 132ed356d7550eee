package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/agentaudit/agentaudit/test/faultproxy"
)

// dirBucket is a directory that is looked at all the time, to find objects that change once they are there.
type dirBucket struct {
	dir  string
	stop chan struct{}
	once sync.Once
	done sync.WaitGroup

	mu   sync.Mutex // guards what follows
	seen map[string]incarnation
	bad  []string
}

// incarnation is one file under a name.
type incarnation struct {
	inode    uint64
	modified time.Time
	size     int64
	mode     fs.FileMode
	sha256   [32]byte
}

const lookEvery = time.Second

func newDirBucket(dir string) *dirBucket {
	b := &dirBucket{dir: dir, stop: make(chan struct{}), seen: map[string]incarnation{}}
	b.done.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-b.stop:
				return
			case <-tick.C:
				_ = b.look(false) // what it finds wrong it keeps
			}
		}
	})
	return b
}

func (b *dirBucket) url() string                                 { return "file:" + b.dir }
func (b *dirBucket) direct() string                              { return b.url() }
func (b *dirBucket) config() []string                            { return nil }
func (b *dirBucket) relent()                                     {}
func (b *dirBucket) faults() (map[faultproxy.Fault]int64, int64) { return nil, 0 }

func (b *dirBucket) close() {
	b.once.Do(func() { close(b.stop) })
	b.done.Wait()
}

// rewritten implements bucket. The last look reads everything once more.
func (b *dirBucket) rewritten() ([]string, error) {
	b.close()
	err := b.look(true)
	for name := range b.seen {
		if _, gone := os.Lstat(name); gone != nil {
			b.bad = append(b.bad, name+": gone")
		}
	}
	return b.bad, err
}

func (b *dirBucket) look(content bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return filepath.WalkDir(b.dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // not yet there, or a temporary file that has just gone
			return nil
		case err != nil:
			return err
		case d.Name()[0] == '.' && d.IsDir(): // the store's own
			return filepath.SkipDir
		case d.IsDir(), d.Name()[0] == '.', isPointer(filepath.ToSlash(name)):
			return nil
		}
		first, known := b.seen[name]
		if known && !content {
			content := first.sha256
			now, err := incarnate(name, false)
			now.sha256 = content
			return b.compare(name, first, now, err)
		}
		now, err := incarnate(name, true)
		if !known && err == nil {
			b.seen[name] = now
			return nil
		}
		return b.compare(name, first, now, err)
	})
}

func (b *dirBucket) compare(name string, first, now incarnation, err error) error {
	if err == nil && first != now {
		b.bad = append(b.bad, fmt.Sprintf("%s: %+v became %+v", name, first, now))
	}
	return err
}

func incarnate(name string, content bool) (i incarnation, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return i, err
	}
	i = incarnation{modified: info.ModTime(), size: info.Size(), mode: info.Mode()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		i.inode = sys.Ino
	}
	if content {
		text, err := os.ReadFile(name)
		if err != nil {
			return i, err
		}
		i.sha256 = sha256.Sum256(text)
	}
	return i, nil
}
