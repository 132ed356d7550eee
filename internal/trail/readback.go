package trail

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/agentaudit/agentaudit/internal/merkle"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// each calls do with the entries from ≤ index < to, read back from the bucket and proven to be those of this log. Nothing
// may be staged.
func (l *Log) each(ctx context.Context, from, to uint64, do func(index uint64, entry []byte) error) error {
	for index := from; index < to; {
		entries, first, err := l.around(ctx, index)
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
func (l *Log) around(ctx context.Context, index uint64) (entries [][]byte, first uint64, err error) {
	n := index / tileWidth
	if leaf, ok := l.state.Tree.known(0, index); ok {
		entry, err := l.entry(ctx, index, leaf)
		return [][]byte{entry}, index, err
	}
	want, err := l.hash(ctx, 1, n)
	if err != nil {
		return nil, 0, err
	}
	path := BundlePath(n, 0)
	content, err := l.get(ctx, path)
	if err != nil {
		return nil, 0, err
	}
	entries, ok := ParseBundle(content)
	var tree merkle.Tree
	for _, entry := range entries {
		tree.Add(merkle.Leaf(entry))
	}
	if !ok || len(entries) != tileWidth || tree.Root() != want {
		return nil, 0, l.changed(path)
	}
	return entries, n * tileWidth, nil
}

// hash returns the root of a perfect subtree: n of a level, from the edge or by way of the tiles.
func (l *Log) hash(ctx context.Context, level int, n uint64) (h merkle.Hash, err error) {
	if h, ok := l.state.Tree.known(level, n); ok {
		return h, nil
	}
	want, err := l.hash(ctx, level+1, n/tileWidth)
	if err != nil {
		return h, err
	}
	path := TilePath(level, n/tileWidth, 0)
	data, err := l.get(ctx, path)
	if err != nil {
		return h, err
	}
	if len(data) != tileWidth*sha256.Size || merkle.Root(hashes(data)) != want {
		return h, l.changed(path)
	}
	return hashes(data)[n%tileWidth], nil
}

func (l *Log) changed(path string) error {
	return fmt.Errorf("%w: %q is not as this writer put it", objstore.ErrConflict, l.key(path))
}
