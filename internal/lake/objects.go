package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// ErrAltered means that an object's bytes are not those that were signed.
var ErrAltered = errors.New("the object's bytes are not those that were signed")

// Objects are the objects of the lake as they lie in the bucket, for who wants stored lines instead of rows: only those that the logs prove, each
// compared with its hash before a byte of it is handed out. An unverified lake shows what lies there.
func (l *Lake) Objects() *Objects {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return &Objects{lake: l, told: l.objects}
}

// Objects reads proven objects.
type Objects struct {
	lake *Lake
	told map[string]*object
}

// List yields the objects in byte order of keys.
func (o *Objects) List(_ context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	keys := make([]string, 0, len(o.told))
	for key := range o.told {
		if strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return func(yield func(objstore.Info, error) bool) {
		for _, key := range keys {
			t := o.told[key]
			if !yield(objstore.Info{Key: key, Size: t.stored, SHA256: t.sum}, nil) {
				return
			}
		}
	}
}

// inMemory is the largest object that is compared in memory, in bytes; a larger one goes through the cache's folder.
const inMemory = 8 << 20

// Get opens an object whose bytes are as signed; its error wraps ErrAltered for others.
func (o *Objects) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	t, ok := o.told[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, objstore.ErrNotFound)
	}
	body, err := o.lake.store.Get(ctx, key)
	if err != nil || o.lake.opts.Unverified {
		return body, err
	}
	defer body.Close() //nolint:errcheck // it was only read
	if t.stored <= inMemory {
		data, err := io.ReadAll(io.LimitReader(body, t.stored+1))
		if err != nil {
			return nil, err
		}
		if sha256.Sum256(data) != t.sum {
			return nil, fmt.Errorf("%s: %w", key, ErrAltered)
		}
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	return o.throughFile(body, t)
}

func (o *Objects) throughFile(body io.Reader, t *object) (_ io.ReadCloser, err error) {
	file, err := os.CreateTemp(o.lake.cache.tmp, "object-")
	if err != nil {
		return nil, fmt.Errorf("couldn't use the cache: %w", err)
	}
	_ = os.Remove(file.Name()) // it lives for as long as it is open
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(file, h), body); err != nil {
		return nil, err
	}
	if [32]byte(h.Sum(nil)) != t.sum {
		return nil, fmt.Errorf("%s: %w", t.key, ErrAltered)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return file, nil
}

// WriteParquet writes what a query returns on a view to a file, as Parquet. The engine reaches only its own folder, so the file
// is made there and moved.
func (l *Lake) WriteParquet(ctx context.Context, v *View, query, path string) (rows int64, err error) {
	dir, err := os.MkdirTemp(l.cache.tmp, "export-")
	if err != nil {
		return 0, fmt.Errorf("couldn't use the cache: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the whole folder goes when the lake is closed
	tmp := filepath.Join(dir, "export.parquet")
	result, err := v.conn.ExecContext(ctx, "COPY ("+query+") TO "+quote(tmp)+" (FORMAT parquet, COMPRESSION zstd)")
	if err != nil {
		return 0, err
	}
	if rows, err = result.RowsAffected(); err != nil {
		return 0, err
	}
	return rows, move(tmp, path)
}

// move renames, or copies when the file goes to another file system.
func move(from, to string) error {
	if os.Rename(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
