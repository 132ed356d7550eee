package agentaudits3exporter

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/merkle"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/trail"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// entries returns what the writer's log says, after it has checked it against its newest checkpoint.
func (w *world) entries(store objstore.Store) (entries []*trail.Entry) {
	t := w.t
	t.Helper()
	get := func(key string) []byte {
		r, err := store.Get(t.Context(), key)
		require.NoError(t, err)
		defer r.Close()
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		return text
	}
	newest := ""
	for info, err := range store.List(t.Context(), layout.TrailPrefix("w")+trail.CheckpointDir, "") {
		require.NoError(t, err)
		newest = info.Key
	}
	require.NotEmpty(t, newest)
	c, err := trail.ReadCheckpoint(get(newest))
	require.NoError(t, err)
	var tree merkle.Tree
	for i := range c.Size {
		text := get(layout.Trail{Writer: "w", Path: trail.EntryPath(i)}.Key())
		e, err := trail.ParseEntry(text)
		require.NoError(t, err)
		tree.Add(merkle.Leaf(text))
		entries = append(entries, e)
	}
	require.Equal(t, c.Root, tree.Root())
	v, err := note.NewVerifier(entries[0].Start.Key)
	require.NoError(t, err)
	_, _, err = trail.OpenCheckpoint(get(newest), v)
	require.NoError(t, err)
	return entries
}

// Every event is in an object that the trail tells the truth about, and every other one is in its counts.
func TestTheTrailTellsOfEverything(t *testing.T) {
	w := newWorld(t)
	e := w.run()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 40)))
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(30, 50)), "ten of them again")
	require.NoError(t, e.shutdown(t.Context()))
	e = w.run()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(50, 60)))
	require.NoError(t, e.shutdown(t.Context()))
	w.requireStored(0, 60)

	store, err := objstore.Open(t.Context(), w.config.Bucket)
	require.NoError(t, err)
	defer store.Close()
	var kinds []string
	var lines int
	seq := uint64(1)
	for _, entry := range w.entries(store) {
		kinds = append(kinds, entry.Kind)
		if entry.Kind != trail.KindSeal {
			continue
		}
		assert.Equal(t, seq, entry.Seal.FirstSeq)
		seq = entry.Seal.LastSeq + 1
		lines += entry.Seal.Lines
		for _, o := range entry.Seal.Objects {
			r, err := store.Get(t.Context(), o.Key)
			require.NoError(t, err)
			content, err := io.ReadAll(r)
			require.NoError(t, err)
			require.NoError(t, r.Close())
			assert.Equal(t, trail.Hash(sha256.Sum256(content)), o.SHA256)
			assert.EqualValues(t, len(content), o.Stored)
			roots := merkle.NewLines()
			text := readObject(t, store, o.Key)
			for _, line := range text {
				_, _ = roots.Write([]byte(line + "\n"))
			}
			assert.Equal(t, trail.Hash(roots.Root()), o.Root)
			assert.Len(t, text, o.Lines)
		}
	}
	assert.Equal(t, []string{trail.KindStart, trail.KindSeal, trail.KindClosing, trail.KindStart, trail.KindSeal, trail.KindClosing}, kinds)
	assert.Equal(t, 60, lines)
	all := w.entries(store)
	assert.Equal(t, map[string]uint64{"duplicate": 10}, all[1].Counts)
	assert.Equal(t, trail.AfterClosing, all[3].Start.After)
	assert.NotEmpty(t, all[0].ConfigHash)
	assert.NotEmpty(t, all[0].Redaction)

	public, err := trail.ParseVerifierKey(all[0].Start.Key)
	require.NoError(t, err)
	report, err := verify.Run(t.Context(), store, verify.Options{Keys: []ed25519.PublicKey{public}})
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	assert.EqualValues(t, 60, report.Lines)

	key, err := os.Stat(filepath.Join(w.config.Journal.Directory, trailKey))
	require.NoError(t, err)
	assert.EqualValues(t, 0o600, key.Mode().Perm())
}

// The journal's directory is gone: the same name must not begin a second history.
func TestLostJournalUnderTheSameNameStops(t *testing.T) {
	w := newWorld(t)
	w.config.Seal.Age = 10 * time.Millisecond
	e := w.run()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 4)))
	require.NoError(t, e.shutdown(t.Context()))

	w.config.Journal.Directory = filepath.Join(t.TempDir(), "new")
	e = w.run()
	eventually(t, func() bool { return e.sealer.stopped() != nil }, "the writer stops")
	require.ErrorIs(t, e.consumeTraces(t.Context(), tracesOf(4, 8)), objstore.ErrConflict)
	require.NoError(t, e.shutdown(t.Context()))
	w.requireStored(0, 4)
}

func TestConfiguredKey(t *testing.T) {
	w := newWorld(t)
	w.config.Trail.KeyFile = filepath.Join(t.TempDir(), "trail.pem")
	e, err := newExporter(w.config, w.settings())
	require.NoError(t, err)
	require.ErrorContains(t, e.start(t.Context()), `"trail.key_file"`)

	require.NoError(t, os.WriteFile(w.config.Trail.KeyFile, []byte("not a key"), 0o600))
	e, err = newExporter(w.config, w.settings())
	require.NoError(t, err)
	require.ErrorContains(t, e.start(t.Context()), `"trail.key_file"`)

	first, err := trail.GenerateKey()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(w.config.Trail.KeyFile, first, 0o600))
	require.NoError(t, w.run().shutdown(t.Context()))
	assert.NoFileExists(t, filepath.Join(w.config.Journal.Directory, trailKey))

	second, err := trail.GenerateKey()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(w.config.Trail.KeyFile, second, 0o600))
	e, err = newExporter(w.config, w.settings())
	require.NoError(t, err)
	require.ErrorContains(t, e.start(t.Context()), "add its private key", "the change must be signed")

	require.NoError(t, os.WriteFile(w.config.Trail.KeyFile, append(second, first...), 0o600))
	require.NoError(t, w.run().shutdown(t.Context()))
	keys, err := trail.ParsePrivateKeys(bytes.TrimSpace(second))
	require.NoError(t, err)
	require.Len(t, keys, 1)
}

// A bucket that is down holds up neither the start nor, when there is nothing to upload, the end.
func TestDeadBucketDoesNotHoldUpTheEnd(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.down = errDown
	w.store = store
	e := w.run()
	eventually(t, func() bool { return e.status.failing() }, "trouble is known")
	begun := time.Now()
	require.NoError(t, e.shutdown(context.WithoutCancel(t.Context())))
	assert.Less(t, time.Since(begun), 2*time.Second)
}

// The configuration's hash changes with it, and holds nothing that the store's own URL doesn't.
func TestConfigHash(t *testing.T) {
	w := newWorld(t)
	hash := func() string {
		e := w.run()
		h, err := e.configHash()
		require.NoError(t, err)
		require.NoError(t, e.shutdown(t.Context()))
		return h
	}
	first := hash()
	assert.Equal(t, first, hash())
	assert.Len(t, first, 64)
	w.config.Compression = "gzip"
	assert.NotEqual(t, first, hash())
	assert.NotContains(t, strings.ToLower(first), event.TierDebug)
}
