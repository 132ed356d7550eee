package agentaudits3exporter

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exportertest"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadata"
	"github.com/agentaudit/agentaudit/internal/journal"
)

// What can only be found out at the start is refused there, by the key's name, and leaves nothing open.
func TestStartRefuses(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, w *world)
		want  string
		is    error
	}{
		{"journal in use", func(t *testing.T, w *world) { w.run() }, "journal", journal.ErrLocked},
		{"journal is a file", func(t *testing.T, w *world) {
			require.NoError(t, os.WriteFile(w.config.Journal.Directory, nil, 0o600))
		}, "journal", nil},
		{"spool can't be made", func(t *testing.T, w *world) {
			require.NoError(t, os.MkdirAll(w.config.Journal.Directory, 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(w.config.Journal.Directory, spoolDir), nil, 0o600))
		}, "spool", nil},
		{"writer renamed with events unsent", func(t *testing.T, w *world) {
			store := newFakeStore(t)
			store.down = errDown
			w.store = store
			e := w.run()
			require.NoError(t, e.consumeLogs(t.Context(), logsOf(0, 1)))
			require.NoError(t, e.shutdown(canceled()))
			w.config.Writer = "other"
		}, `"writer"`, journal.ErrWriter},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.spoil(t, w)
			e, err := newExporter(w.config, exportertest.NewNopSettings(metadata.Type))
			require.NoError(t, err)
			err = e.start(t.Context())
			require.ErrorContains(t, err, tt.want)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
			require.ErrorIs(t, e.consumeLogs(t.Context(), logsOf(0, 1)), errNotRunning)
			require.NoError(t, e.shutdown(t.Context()))
		})
	}
}

// All components of a configuration fail with it, and another configuration is another exporter.
func TestSharing(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	var r registry
	r.shared = map[*Config]*shared{}
	first, err := r.acquire(w.config, w.settings())
	require.NoError(t, err)
	second, err := r.acquire(w.config, w.settings())
	require.NoError(t, err)
	third, err := r.acquire(other.config, other.settings())
	require.NoError(t, err)
	assert.Same(t, first.shared, second.shared)
	assert.NotSame(t, first.shared, third.shared)

	require.NoError(t, os.WriteFile(w.config.Journal.Directory, nil, 0o600))
	require.Error(t, first.start(t.Context(), w.host))
	require.Error(t, second.start(t.Context(), w.host), "the same answer")
	require.NoError(t, third.start(t.Context(), w.host))
	for _, h := range []*handle{first, second, third, first, second, third} {
		require.NoError(t, h.shutdown(t.Context()))
	}
	assert.Empty(t, r.shared)
	_, err = r.acquire("not a configuration", w.settings())
	require.Error(t, err)
}
