package agentaudits3exporter

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

var errDown = errors.New("connection refused")

// fakeStore is a bucket in memory that fails when told to, and fails the test when it is asked for what a bucket of
// audit objects must never be asked.
type fakeStore struct {
	t *testing.T

	mu      sync.Mutex
	objects map[string][]byte
	down    error         // of every call
	lossy   int           // so many puts take effect and then report errDown
	block   chan struct{} // puts wait for it
	checkAs func() error  // of Check alone
	puts    int
	closed  bool
}

func newFakeStore(t *testing.T) *fakeStore {
	return &fakeStore{t: t, objects: map[string][]byte{}}
}

func (f *fakeStore) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeStore) Put(ctx context.Context, key string, body objstore.Body, _ objstore.PutOptions) (objstore.Result, error) {
	_, bounded := ctx.Deadline()
	assert.True(f.t, bounded, "every attempt has its deadline")
	f.mu.Lock()
	block := f.block
	f.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return objstore.Result{}, ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	assert.False(f.t, f.closed, "put after close")
	f.puts++
	if f.down != nil {
		return objstore.Result{}, f.down
	}
	content, err := io.ReadAll(io.NewSectionReader(body.Reader, 0, body.Size))
	assert.NoError(f.t, err)
	if old, ok := f.objects[key]; ok {
		if !bytes.Equal(old, content) {
			return objstore.Result{}, objstore.ErrConflict
		}
		return objstore.Result{Existed: true}, nil
	}
	f.objects[key] = content
	if f.lossy > 0 {
		f.lossy--
		return objstore.Result{}, errDown
	}
	return objstore.Result{}, nil
}

func (f *fakeStore) Check(context.Context, objstore.Requirements) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.checkAs != nil {
		return "", f.checkAs()
	}
	return "fake", f.down
}

func (f *fakeStore) Get(_ context.Context, key string) (io.ReadCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, ok := f.objects[key]
	if !ok {
		return nil, objstore.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (f *fakeStore) Stat(ctx context.Context, key string) (objstore.Info, error) {
	_, bounded := ctx.Deadline()
	assert.True(f.t, bounded, "every attempt has its deadline")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down != nil {
		return objstore.Info{}, f.down
	}
	if _, ok := f.objects[key]; !ok {
		return objstore.Info{}, objstore.ErrNotFound
	}
	return objstore.Info{Key: key}, nil
}

func (f *fakeStore) List(_ context.Context, prefix, _ string) iter.Seq2[objstore.Info, error] {
	f.mu.Lock()
	defer f.mu.Unlock()
	keys := slices.SortedFunc(maps.Keys(f.objects), cmp.Compare)
	return func(yield func(objstore.Info, error) bool) {
		for _, key := range keys {
			if strings.HasPrefix(key, prefix) && !yield(objstore.Info{Key: key}, nil) {
				return
			}
		}
	}
}

func (f *fakeStore) String() string { return "fake:" }

func (f *fakeStore) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}
