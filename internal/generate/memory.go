package generate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Memory is a bucket in memory, for tests: a directory syncs each of the many small files of a trail. It keeps the promises of
// [objstore.Store] but that of durability, and can't lock.
type Memory struct {
	mu      sync.RWMutex
	objects map[string]object // guarded by mu
}

type object struct {
	content  []byte
	modified time.Time
}

var (
	_ objstore.Store    = (*Memory)(nil)
	_ objstore.Replacer = (*Memory)(nil)
	_ objstore.Remover  = (*Memory)(nil)
)

// NewMemory returns an empty bucket.
func NewMemory() *Memory { return &Memory{objects: map[string]object{}} }

// Put implements objstore.Store.
func (m *Memory) Put(ctx context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error) {
	content, err := read(ctx, key, body)
	if err == nil {
		err = valid(opts)
	}
	if err != nil {
		return objstore.Result{}, fmt.Errorf("couldn't put %q: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if there, ok := m.objects[key]; ok {
		if !bytes.Equal(there.content, content) {
			return objstore.Result{}, fmt.Errorf("couldn't put %q: %w", key, objstore.ErrConflict)
		}
		return objstore.Result{Existed: true, Info: there.info(key)}, nil
	}
	m.objects[key] = object{content, time.Now()}
	return objstore.Result{}, nil
}

func valid(opts objstore.PutOptions) error {
	switch {
	case !opts.LockMode.Valid() || opts.LockMode.On() && opts.RetainUntil.IsZero():
		return fmt.Errorf("%w: lock mode %q", objstore.ErrInvalidPut, opts.LockMode)
	case opts.LockMode.On() && opts.RetainUntil.After(time.Now()):
		return fmt.Errorf("%w: memory can't lock objects", objstore.ErrUnsupported)
	}
	return nil
}

// read returns the bytes of a body, proven.
func read(ctx context.Context, key string, body objstore.Body) ([]byte, error) {
	if err := objstore.ValidateKey(key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if body.Reader == nil || body.Size < 0 {
		return nil, fmt.Errorf("%w: body without a size or reader", objstore.ErrInvalidPut)
	}
	content, err := io.ReadAll(io.NewSectionReader(body.Reader, 0, body.Size))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) != body.Size || sha256.Sum256(content) != body.SHA256 {
		return nil, objstore.ErrChecksum
	}
	return content, nil
}

// Replace implements objstore.Replacer.
func (m *Memory) Replace(ctx context.Context, key string, body objstore.Body, _ string) error {
	content, err := read(ctx, key, body)
	if err != nil {
		return fmt.Errorf("couldn't replace %q: %w", key, err)
	}
	m.Set(key, content)
	return nil
}

// Set makes content the object of that key, as an intruder would. The bytes must not be changed any more.
func (m *Memory) Set(key string, content []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[key] = object{content, time.Now()}
}

// Remove implements objstore.Remover.
func (m *Memory) Remove(ctx context.Context, key string) error {
	if err := errors.Join(ctx.Err(), objstore.ValidateKey(key)); err != nil {
		return fmt.Errorf("couldn't remove %q: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	return nil
}

func (m *Memory) get(ctx context.Context, key string) (object, error) {
	if err := ctx.Err(); err != nil {
		return object{}, err
	}
	if err := objstore.ValidateKey(key); err != nil {
		return object{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	o, ok := m.objects[key]
	if !ok {
		return object{}, objstore.ErrNotFound
	}
	return o, nil
}

// Get implements objstore.Store.
func (m *Memory) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	o, err := m.get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("couldn't get %q: %w", key, err)
	}
	return io.NopCloser(bytes.NewReader(o.content)), nil
}

// Stat implements objstore.Store.
func (m *Memory) Stat(ctx context.Context, key string) (objstore.Info, error) {
	o, err := m.get(ctx, key)
	if err != nil {
		return objstore.Info{}, fmt.Errorf("couldn't stat %q: %w", key, err)
	}
	return o.info(key), nil
}

func (o object) info(key string) objstore.Info {
	return objstore.Info{Key: key, Size: int64(len(o.content)), SHA256: sha256.Sum256(o.content), Modified: o.modified}
}

// List implements objstore.Store.
func (m *Memory) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		m.mu.RLock()
		keys := slices.Sorted(maps.Keys(m.objects))
		m.mu.RUnlock()
		for _, key := range keys {
			if !strings.HasPrefix(key, prefix) || key <= after {
				continue
			}
			info, err := m.Stat(ctx, key)
			if !yield(info, err) || err != nil {
				return
			}
		}
	}
}

// Check implements objstore.Store.
func (m *Memory) Check(ctx context.Context, want objstore.Requirements) (string, error) {
	if want.LockMode.On() {
		return "", fmt.Errorf("%w: memory can't lock objects", objstore.ErrUnsupported)
	}
	return "a bucket in memory", ctx.Err()
}

// String implements objstore.Store.
func (m *Memory) String() string { return "memory:" }

// Close does nothing.
func (m *Memory) Close() error { return nil }
