package report

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// closed is a bucket of which a part may not be read, or that vanishes after some reads of objects.
type closed struct {
	*generate.Memory

	part  string
	after int64 // reads of objects; 0 is no limit
	err   error
	reads atomic.Int64
}

func (c *closed) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	object := strings.HasPrefix(key, "events/") || strings.HasPrefix(key, "days/")
	if object && strings.Contains(key, c.part) && (c.after == 0 || c.reads.Add(1) > c.after) {
		return nil, fmt.Errorf("couldn't get %q: %w", key, c.err)
	}
	return c.Memory.Get(ctx, key)
}

func filled(t *testing.T) *generate.Memory {
	t.Helper()
	store := generate.NewMemory()
	_, err := generate.WriteEvents(t.Context(), store, scenario())
	require.NoError(t, err)
	return store
}

// summaryOf opens a lake and returns the totals and what the report says it could not see.
func summaryOf(t *testing.T, store lake.Store, dir string) (*Table, []string, lake.Provenance) {
	t.Helper()
	l, err := lake.Open(t.Context(), store, lake.Options{Dir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	v, err := l.View(t.Context(), lake.Filter{})
	require.NoError(t, err)
	defer func() { require.NoError(t, v.Close()) }()
	d, err := Run(t.Context(), v, Definitions[0])
	require.NoError(t, err)
	p := l.Provenance()
	return d.table("totals"), LimitsOf(&p), p
}

func tierIs(tier string) func(*event.Event) bool {
	return func(e *event.Event) bool { return e.Retention.Tier == tier }
}

func TestNoPermissionOnATier(t *testing.T) {
	totals, limits, p := summaryOf(t, &closed{Memory: filled(t), part: "tier=critical/", err: objstore.ErrDenied}, t.TempDir())
	seen := scenario()
	assert.Equal(t, int64(len(seen))-n(all(seen), tierIs("critical")), totals.Int(0, "events"), "the rest is shown")
	require.NotEmpty(t, limits)
	assert.False(t, p.Verified)
	for _, l := range limits {
		assert.Contains(t, l, "tier critical")
		assert.Contains(t, l, "you may not read it")
	}
}

func TestBucketVanishesMidway(t *testing.T) {
	store := &closed{Memory: filled(t), after: 2, err: objstore.ErrNotFound}
	l, err := lake.Open(t.Context(), store, lake.Options{Dir: t.TempDir()})
	if err != nil {
		return // it says so
	}
	p := l.Provenance()
	require.NoError(t, l.Close())
	assert.False(t, p.Verified)
	assert.NotEmpty(t, LimitsOf(&p), "a report over a part says which part it is without")
}

func TestHalfWrittenCache(t *testing.T) {
	store, dir := filled(t), t.TempDir()
	want, limits, _ := summaryOf(t, store, dir)
	require.Empty(t, limits)
	cut := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if filepath.Ext(path) == ".json" || strings.HasSuffix(path, ".json.zst") { // what is written last
			cut++
			return os.Remove(path)
		}
		return nil
	}))
	require.Positive(t, cut)
	got, limits, _ := summaryOf(t, store, dir)
	assert.Empty(t, limits)
	assert.Equal(t, want.Rows, got.Rows)
}
