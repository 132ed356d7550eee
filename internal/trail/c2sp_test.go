package trail

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// reader serves a log as a client of C2SP tlog-tiles asks for it: whole files by the paths of the specification.
type reader struct{ w *world }

func (r reader) file(path string) ([]byte, error) {
	key := layout.Trail{Writer: r.w.writer, Path: path}.Key()
	if content, ok := r.w.bucket.pointer[key]; ok {
		return content, nil
	}
	if content, ok := r.w.bucket.objects[key]; ok {
		return content, nil
	}
	return nil, fmt.Errorf("%q: %w", path, os.ErrNotExist)
}

func (r reader) ReadCheckpoint(context.Context) ([]byte, error) { return r.file("checkpoint") }

func (r reader) ReadTile(_ context.Context, level, index uint64, partial uint8) ([]byte, error) {
	return r.file(TilePath(int(level), index, int(partial)))
}

func (r reader) ReadEntryBundle(_ context.Context, index uint64, partial uint8) ([]byte, error) {
	return r.file(BundlePath(index, int(partial)))
}

// grow makes a log of some heartbeats.
func (w *world) grow(l *Log, to uint64) {
	for l.state.Tree.Size < to {
		w.now = w.now.Add(time.Minute)
		err := l.append(w.t.Context(), func(*state) ([]Entry, error) { return []Entry{{Kind: KindHeartbeat}}, nil })
		require.NoError(w.t, err)
	}
}

// The log as it is stored passes the checker of another project, whatever its size.
func TestTesseraFsck(t *testing.T) {
	w := newWorld(t)
	l := w.open()
	require.NoError(t, l.Start(t.Context()))
	v, err := note.NewVerifier(w.signers[0].VerifierKey())
	require.NoError(t, err)
	for _, size := range []uint64{1, 2, 255, 256, 257, 511, 512, 700, 1024} {
		w.grow(l, size)
		if size == 700 { // by a process that has to read back what the last one put
			l = w.open()
			require.NoError(t, l.Start(t.Context()))
		}
		require.NoError(t, l.publish(t.Context()))
		check := fsck.New(Origin(w.writer), v, reader{w}, bundleHasher, fsck.Opts{N: 2})
		require.NoError(t, check.Check(t.Context()), "size %d", size)
	}
	w.check()
}

func bundleHasher(bundle []byte) (hashes [][]byte, err error) {
	entries, ok := ParseBundle(bundle)
	if !ok {
		return nil, fmt.Errorf("bad bundle")
	}
	for _, e := range entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(e))
	}
	return hashes, nil
}

// Another project's client proves from the tiles that any two checkpoints are of one log, and that any entry is in it.
func TestProofsByTessera(t *testing.T) {
	w := newWorld(t)
	l := w.open()
	require.NoError(t, l.Start(t.Context()))
	w.grow(l, 600)
	require.NoError(t, l.publish(t.Context()))
	v, err := note.NewVerifier(w.signers[0].VerifierKey())
	require.NoError(t, err)
	newest, _, err := OpenCheckpoint(w.get(CheckpointPath(600)), v)
	require.NoError(t, err)
	builder, err := client.NewProofBuilder(t.Context(), 600, reader{w}.ReadTile)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		ctx := t.Context()
		size := rapid.Uint64Range(1, 600).Draw(t, "size")
		older, _, err := OpenCheckpoint(w.get(CheckpointPath(size)), v)
		require.NoError(t, err)
		path, err := builder.ConsistencyProof(ctx, size, 600)
		require.NoError(t, err)
		require.NoError(t, proof.VerifyConsistency(rfc6962.DefaultHasher, size, 600, path, older.Root[:], newest.Root[:]))

		index := rapid.Uint64Range(0, 599).Draw(t, "index")
		path, err = builder.InclusionProof(ctx, index)
		require.NoError(t, err)
		leaf := rfc6962.DefaultHasher.HashLeaf(w.get(EntryPath(index)))
		require.NoError(t, proof.VerifyInclusion(rfc6962.DefaultHasher, index, 600, leaf, path, newest.Root[:]))
	})
}

// tileReader is the same for golang.org/x/mod, whose tiles have another height in their path.
type tileReader struct{ w *world }

func (r tileReader) Height() int { return 8 }

func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r tileReader) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, t := range tiles {
		width := t.W
		if width == tileWidth {
			width = 0
		}
		content, err := reader(r).file(TilePath(t.L, uint64(t.N), width))
		if err != nil {
			return nil, err
		}
		data = append(data, content)
	}
	return data, nil
}

func TestConsistencyByXMod(t *testing.T) {
	w := newWorld(t)
	l := w.open()
	require.NoError(t, l.Start(t.Context()))
	w.grow(l, 300)
	require.NoError(t, l.publish(t.Context()))
	newest, err := ReadCheckpoint(w.get(CheckpointPath(300)))
	require.NoError(t, err)
	tree := tlog.Tree{N: 300, Hash: tlog.Hash(newest.Root)}
	hashes := tlog.TileHashReader(tree, tileReader{w})
	for size := int64(1); size <= 300; size += 7 {
		older, err := ReadCheckpoint(w.get(CheckpointPath(uint64(size))))
		require.NoError(t, err)
		path, err := tlog.ProveTree(300, size, hashes)
		require.NoError(t, err)
		assert.NoError(t, tlog.CheckTree(path, 300, tree.Hash, size, tlog.Hash(older.Root)))
	}
}
