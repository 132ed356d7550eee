package trail

import (
	"context"
	"crypto/sha256"

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
	var err error
	checkpoint := l.newest
	if checkpoint == nil { // put by an earlier process
		checkpoint, err = l.view().get(ctx, CheckpointPath(l.state.Tree.Size))
	}
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
	v := l.view()
	for i, want := range hashes(tile) {
		entry, err := v.entry(ctx, first+uint64(i), want)
		if err != nil {
			return nil, err
		}
		out = appendEntry(out, entry)
	}
	return out, nil
}
