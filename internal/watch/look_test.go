package watch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// TestLook looks at a bucket with a loop in it, twice, and once more after somebody has changed an object.
func TestLook(t *testing.T) {
	dir := t.TempDir()
	store, err := objstore.Open(t.Context(), "file:"+dir)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, store.Close())
		_ = filepath.WalkDir(dir, func(p string, _ os.DirEntry, _ error) error { return os.Chmod(p, 0o700) }) //nolint:gosec // to be removed
	})
	s := generate.NewScenario(started)
	r := s.Session("s-1", "alice", "searcher").Turn("find it")
	for range 8 {
		r.Call(generate.Call{Tool: "search_kb", Args: `{"q":"refund"}`, Result: "[]"}).After(time.Second)
	}
	_, err = generate.WriteEvents(t.Context(), store, s.Events())
	require.NoError(t, err)

	l := &Looker{Store: store, Lake: lake.Options{Dir: t.TempDir()}, Window: 24 * time.Hour, Verify: true, TrustFile: filepath.Join(t.TempDir(), "trust")}
	now := started.Add(20 * time.Hour)
	first, err := l.Look(t.Context(), now)
	require.NoError(t, err)
	require.Len(t, first, 1)
	assert.Equal(t, "loop", first[0].Rule)
	assert.FileExists(t, l.TrustFile)
	second, err := l.Look(t.Context(), now.Add(5*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, first, second)

	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "days"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, "info") {
			require.NoError(t, os.Chmod(filepath.Dir(path), 0o700)) //nolint:gosec // a directory
			require.NoError(t, os.Remove(path))
		}
		return err
	}))
	third, err := l.Look(t.Context(), now.Add(10*time.Minute))
	require.NoError(t, err)
	var sources []string
	for _, a := range third {
		sources = append(sources, a.Source)
	}
	assert.Contains(t, sources, SourceVerify)

	again, err := l.Look(t.Context(), now.Add(15*time.Minute))
	require.NoError(t, err)
	for i := range again {
		assert.Equal(t, third[i].Fingerprint, again[i].Fingerprint)
	}
}
