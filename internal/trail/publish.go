package trail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/agentaudit/agentaudit/internal/merkle"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// publish makes the log as it is now readable to every client of C2SP tlog-tiles: the partial tiles and the partial
// bundle of this size, then the pointer.
func (l *Log) publish(ctx context.Context) error {
	tree := &l.state.Tree
	if tree.Size == l.published || tree.Size == 0 {
		return nil
	}
	lock := l.lock()
	n := tree.Size
	for level, data := range tree.Edge {
		if len(data) > 0 {
			path := TilePath(level, n/tileWidth, len(data)/sha256.Size)
			if err := l.put(ctx, path, typeTile, data, lock); err != nil {
				return err
			}
		}
		n /= tileWidth
	}
	if len(tree.Edge[0]) > 0 {
		bundle, err := l.bundle(ctx, tree.Edge[0], tree.Size/tileWidth*tileWidth)
		if err != nil {
			return err
		}
		path := BundlePath(tree.Size/tileWidth, len(tree.Edge[0])/sha256.Size)
		if err := l.put(ctx, path, typeTile, bundle, lock); err != nil {
			return err
		}
	}
	l.point(ctx)
	l.published, l.publishAt = tree.Size, l.opts.Now()
	return nil
}

// point replaces the pointer. Nothing depends on it.
func (l *Log) point(ctx context.Context) {
	if l.opts.Pointer == nil {
		return
	}
	checkpoint, err := l.get(ctx, CheckpointPath(l.state.Tree.Size))
	if err == nil {
		err = l.opts.Pointer.Replace(ctx, l.key(PointerPath), objstore.BytesBody(checkpoint), typeNote)
	}
	if err != nil {
		l.opts.Warn("couldn't replace the trail's checkpoint pointer, which tools of others read", err)
	}
}

// lock is that of files made of what is in the log already.
func (l *Log) lock() Time {
	if least := l.opts.Now().Add(leastLock); l.state.Locked.Before(least) {
		return Time{least.UTC()}
	}
	return l.state.Locked
}

// bundle returns the entries from first on, whose hashes are those in tile.
func (l *Log) bundle(ctx context.Context, tile []byte, first uint64) ([]byte, error) {
	var out []byte
	for i, want := range hashes(tile) {
		entry, err := l.entry(ctx, first+uint64(i), want)
		if err != nil {
			return nil, err
		}
		out = appendEntry(out, entry)
	}
	return out, nil
}

// entry returns an entry of the unfinished bundle, which a process that has just begun must read back.
func (l *Log) entry(ctx context.Context, index uint64, want merkle.Hash) ([]byte, error) {
	if entry, ok := l.recent[index]; ok {
		return entry, nil
	}
	entry, err := l.get(ctx, EntryPath(index))
	if err != nil {
		return nil, err
	}
	if merkle.Leaf(entry) != want {
		return nil, fmt.Errorf("%w: entry %d is not the one that this writer put", objstore.ErrConflict, index)
	}
	l.recent[index] = entry
	return entry, nil
}

// maxFile bounds what is read of a file of the log at once, in bytes: a full bundle.
const maxFile = tileWidth * (maxEntry + 2)

// get reads a file of the log, which must be there.
func (l *Log) get(ctx context.Context, path string) ([]byte, error) {
	content, err := l.read(ctx, l.key(path))
	if errors.Is(err, objstore.ErrNotFound) {
		return nil, fmt.Errorf("%w: %q is gone, which this writer put", objstore.ErrConflict, l.key(path))
	}
	return content, err
}

func (l *Log) read(ctx context.Context, key string) (content []byte, err error) {
	r, err := l.opts.Bucket.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // read only
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(r, maxFile+1)); err != nil {
		return nil, fmt.Errorf("couldn't read %q: %w", key, err)
	}
	if b.Len() > maxFile {
		return nil, fmt.Errorf("%q is larger than any file of a trail", key)
	}
	return b.Bytes(), nil
}
