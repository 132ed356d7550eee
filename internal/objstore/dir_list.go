package objstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
)

// List implements Store. It reads one directory at a time, and skips those that hold no key it may yield.
func (d *Dir) List(ctx context.Context, prefix, after string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if _, err := os.Stat(d.root); err != nil {
			yield(Info{}, fmt.Errorf("couldn't list: %w: %w", ErrNoBucket, err))
			return
		}
		w := walk{dir: d, ctx: ctx, prefix: prefix, after: after, yield: yield}
		w.visit("")
	}
}

// walk is one listing under way.
type walk struct {
	dir           *Dir
	ctx           context.Context
	prefix, after string
	yield         func(Info, error) bool
}

// visit yields what is under a directory, given as "" or as a key prefix that ends in a slash. It returns false when
// the listing is over.
func (w *walk) visit(dir string) bool {
	entries, err := os.ReadDir(w.dir.name(dir))
	if err != nil {
		return w.fail(dir, err)
	}
	// Byte order of whole keys: a directory sorts as the slash in its keys does, so "a.b" comes before "a/b".
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(sortName(a), sortName(b)) })
	for _, e := range entries {
		if e.Name()[0] == '.' { // temporary files, and other people's
			continue
		}
		key := dir + sortName(e)
		switch {
		case w.ctx.Err() != nil:
			return w.fail(dir, w.ctx.Err())
		case e.IsDir():
			if w.mayHold(key) && !w.visit(key) {
				return false
			}
		case key > w.after && strings.HasPrefix(key, w.prefix):
			if !w.entry(key, e) {
				return false
			}
		}
	}
	return true
}

func (w *walk) entry(key string, e fs.DirEntry) bool {
	fi, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return true // removed by hand since its directory was read
	}
	if err == nil && !fi.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return w.fail(key, err)
	}
	return w.yield(Info{Key: key, Size: fi.Size(), Modified: fi.ModTime()}, nil)
}

// mayHold says whether a directory, given as the prefix of its keys, can hold keys to yield.
func (w *walk) mayHold(dir string) bool {
	if !strings.HasPrefix(dir, w.prefix) && !strings.HasPrefix(w.prefix, dir) {
		return false
	}
	return dir > w.after || strings.HasPrefix(w.after, dir)
}

func (w *walk) fail(key string, err error) bool {
	w.yield(Info{}, fmt.Errorf("couldn't list %q: %w", key, err))
	return false
}

func sortName(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}
