package e2e

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/trail"
)

// watcher looks at a bucket's directory all the time, and finds objects that change or vanish once they are there.
type watcher struct {
	t    *testing.T
	dir  string
	seen map[string]incarnation // owned by the goroutine, then by finish
	stop chan struct{}
	once sync.Once
	done sync.WaitGroup
}

// incarnation is one file under a name, as it was when first seen.
type incarnation struct {
	inode    uint64
	modified time.Time
	size     int64
	mode     fs.FileMode
	sha256   [32]byte
}

func watch(t *testing.T, dir string) *watcher {
	w := &watcher{t: t, dir: dir, seen: map[string]incarnation{}, stop: make(chan struct{})}
	w.done.Go(func() {
		tick := time.NewTicker(pollEvery)
		defer tick.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-tick.C:
				w.look(false)
			}
		}
	})
	t.Cleanup(w.end)
	return w
}

func (w *watcher) end() {
	w.once.Do(func() { close(w.stop) })
	w.done.Wait()
}

// finish looks for the last time, also at the content.
func (w *watcher) finish() (objects int) {
	w.t.Helper()
	w.end()
	w.look(true)
	for name := range w.seen {
		assert.FileExists(w.t, name)
	}
	return len(w.seen)
}

func (w *watcher) look(content bool) {
	_ = filepath.WalkDir(w.dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // a temporary file that is gone, or no bucket yet
		case d.IsDir() && d.Name() == ".tmp":
			return filepath.SkipDir
		case d.IsDir(), d.Name() == trail.PointerPath: // the one file that is there to be replaced
			return nil
		}
		first, known := w.seen[name]
		now := w.incarnation(name, content || !known)
		if !known {
			w.seen[name] = now
			return nil
		}
		if !content {
			now.sha256 = first.sha256
		}
		assert.Equal(w.t, first, now, "%s was written again", name)
		return nil
	})
}

func (w *watcher) incarnation(name string, content bool) (i incarnation) {
	info, err := os.Stat(name)
	if !assert.NoError(w.t, err) {
		return i
	}
	i = incarnation{inode: info.Sys().(*syscall.Stat_t).Ino, modified: info.ModTime(), size: info.Size(), mode: info.Mode()}
	if content {
		text, err := os.ReadFile(name)
		assert.NoError(w.t, err)
		i.sha256 = sha256.Sum256(text)
	}
	return i
}

// grep returns the files below dir that hold a text.
func grep(t *testing.T, dir, text string) (hits []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if bytes.Contains(content, []byte(text)) {
			hits = append(hits, name)
		}
		return err
	}))
	return hits
}
