package trail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/merkle"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// view is the log as far as it was when the view was taken. Long work beside the log has one of its own.
type view struct {
	opts   *Options
	tree   *tiles
	recent map[uint64][]byte // entries of the unfinished bundle; what is missing is in the bucket
	lock   Time              // of files made of what is in the log already
	gone   func()            // told of each segment that went
}

// view is for the log's own goroutine: it keeps what it reads.
func (l *Log) view() *view {
	return &view{opts: &l.opts, tree: &l.state.Tree, recent: l.recent, lock: l.lock()}
}

// snapshot is for another goroutine.
func (l *Log) snapshot() *view {
	return &view{opts: &l.opts, tree: l.state.Tree.clone(), recent: maps.Clone(l.recent), lock: l.lock()}
}

func (v *view) key(path string) string { return layout.Trail{Writer: v.opts.Writer, Path: path}.Key() }

// each calls do with the entries from ≤ index < to, read back from the bucket and proven to be those of this log. Nothing
// may be staged.
func (v *view) each(ctx context.Context, from, to uint64, do func(index uint64, entry []byte) error) error {
	for index := from; index < to; {
		entries, first, err := v.around(ctx, index)
		if err != nil {
			return err
		}
		for ; index < min(to, first+uint64(len(entries))); index++ {
			if err := do(index, entries[index-first]); err != nil {
				return err
			}
		}
	}
	return nil
}

// around returns the bundle that holds an entry, or that entry alone if the bundle is not full yet.
func (v *view) around(ctx context.Context, index uint64) (entries [][]byte, first uint64, err error) {
	n := index / tileWidth
	if leaf, ok := v.tree.known(0, index); ok {
		entry, err := v.entry(ctx, index, leaf)
		return [][]byte{entry}, index, err
	}
	want, err := v.hash(ctx, 1, n)
	if err != nil {
		return nil, 0, err
	}
	path := BundlePath(n, 0)
	content, err := v.get(ctx, path)
	if err != nil {
		return nil, 0, err
	}
	entries, ok := ParseBundle(content)
	var tree merkle.Tree
	for _, entry := range entries {
		tree.Add(merkle.Leaf(entry))
	}
	if !ok || len(entries) != tileWidth || tree.Root() != want {
		return nil, 0, v.changed(path)
	}
	return entries, n * tileWidth, nil
}

// hash returns the root of a perfect subtree: n of a level, from the edge or by way of the tiles.
func (v *view) hash(ctx context.Context, level int, n uint64) (h merkle.Hash, err error) {
	if h, ok := v.tree.known(level, n); ok {
		return h, nil
	}
	want, err := v.hash(ctx, level+1, n/tileWidth)
	if err != nil {
		return h, err
	}
	path := TilePath(level, n/tileWidth, 0)
	data, err := v.get(ctx, path)
	if err != nil {
		return h, err
	}
	if len(data) != tileWidth*sha256.Size || merkle.Root(hashes(data)) != want {
		return h, v.changed(path)
	}
	return hashes(data)[n%tileWidth], nil
}

func (v *view) changed(path string) error {
	return fmt.Errorf("%w: %q is not as this writer put it", objstore.ErrConflict, v.key(path))
}

// entry returns an entry of the unfinished bundle, which a process that has just begun must read back.
func (v *view) entry(ctx context.Context, index uint64, want merkle.Hash) ([]byte, error) {
	if entry, ok := v.recent[index]; ok {
		return entry, nil
	}
	entry, err := v.get(ctx, EntryPath(index))
	if err != nil {
		return nil, err
	}
	if merkle.Leaf(entry) != want {
		return nil, fmt.Errorf("%w: entry %d is not the one that this writer put", objstore.ErrConflict, index)
	}
	v.recent[index] = entry
	return entry, nil
}

// maxFile bounds what is read of a file of the log at once, in bytes: a full bundle.
const maxFile = tileWidth * (maxEntry + 2)

// get reads a file of the log, which must be there.
func (v *view) get(ctx context.Context, path string) ([]byte, error) {
	content, err := read(ctx, v.opts.Bucket, v.key(path), maxFile)
	if errors.Is(err, objstore.ErrNotFound) {
		return nil, fmt.Errorf("%w: %q is gone, which this writer put", objstore.ErrConflict, v.key(path))
	}
	return content, err
}

// read reads a whole object of at most limit bytes.
func read(ctx context.Context, bucket Bucket, key string, limit int64) (content []byte, err error) {
	r, err := bucket.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // read only
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(r, limit+1)); err != nil {
		return nil, fmt.Errorf("couldn't read %q: %w", key, err)
	}
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("%q has more than %d bytes, more than any file of a trail of its kind", key, limit)
	}
	return b.Bytes(), nil
}
