package trail

import (
	"context"
	"fmt"
	"time"

	"github.com/agentaudit/agentaudit/internal/merkle"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	// leastLock is how long the trail's files are locked at least, if anything is.
	leastLock = 30 * 24 * time.Hour

	typeJSON  = "application/json"
	typeLines = "application/x-ndjson"
	typeNote  = "text/plain; charset=utf-8"
	typeTile  = "application/octet-stream"
)

// A builder makes entries that belong under one checkpoint, and changes the state accordingly. It may be called again
// after an error.
type builder func(next *state) ([]Entry, error)

// append makes entries and brings them into the bucket. It fails in one of two ways: nothing was done, or they are
// staged, and the next finish puts them.
func (l *Log) append(ctx context.Context, build builder, also ...Signer) error {
	if err := l.finish(ctx); err != nil {
		return err
	}
	if err := l.closeDay(ctx); err != nil {
		return err
	}
	return l.commit(ctx, build, also...)
}

func (l *Log) commit(ctx context.Context, build builder, also ...Signer) error {
	if err := l.stage(build, also); err != nil {
		return err
	}
	return l.finish(ctx)
}

// stage makes entries and saves them, with all that must not be decided twice: times, counts, signatures. What is
// staged will be put, by this process or the next.
func (l *Log) stage(build builder, also []Signer) (err error) {
	now := l.opts.Now()
	next := l.state.clone()
	entries, err := build(next)
	if err != nil {
		return err
	}
	counts := l.takeCounts()
	defer func() {
		if err != nil {
			l.giveBack(counts)
		}
	}()
	l.dress(&entries[0], next, counts)
	next.Staged.Lock = next.Locked
	if least := now.Add(leastLock); next.Locked.Before(least) {
		next.Staged.Lock = Time{least.UTC()}
	}
	if err := l.sign(next, entries, now, also); err != nil {
		return err
	}
	if err := next.save(l.opts.State); err != nil {
		return err
	}
	l.state, l.last = next, now
	l.started = l.started || next.Kind == KindStart
	l.closed = next.Kind == KindClosing
	return nil
}

// dress writes into the first of new entries what each batch says once.
func (l *Log) dress(e *Entry, next *state, counts map[string]uint64) {
	next.Staged = &batch{Daily: e.Daily}
	e.ConfigChanged = next.size() > 0 && next.ConfigHash != l.opts.ConfigHash
	next.ConfigHash = l.opts.ConfigHash
	e.Counts = counts
	e.Seen, next.Seen = news(next.Seen, l.others)
	if next.Day == (Day{}) {
		next.Day = l.today()
	}
}

// sign completes new entries and signs the log that they make.
func (l *Log) sign(next *state, entries []Entry, now time.Time, also []Signer) error {
	tree := next.Tree.clone()
	for i := range entries {
		e := &entries[i]
		e.Schema, e.Writer, e.Index, e.Time = Schema, l.opts.Writer, tree.Size, Time{now.UTC()}
		e.Collector, e.ConfigHash, e.Redaction = l.opts.Collector, l.opts.ConfigHash, l.opts.Redaction
		text, err := e.Marshal()
		if err != nil {
			return fmt.Errorf("couldn't encode entry %d: %w", e.Index, err)
		}
		if len(text) > maxEntry {
			return fmt.Errorf("entry %d has %d bytes, at most %d", e.Index, len(text), maxEntry)
		}
		tree.add(merkle.Leaf(text))
		next.Staged.Entries = append(next.Staged.Entries, text)
		next.Kind = e.Kind
	}
	signer, err := l.signer(next.Key)
	if err != nil {
		return err
	}
	next.Staged.Checkpoint, err = signCheckpoint(Checkpoint{Origin(l.opts.Writer), tree.Size, tree.root()}, append(also, signer))
	return err
}

// finish puts what is staged: on the normal path, after an error, and after a crash, always in this way. Steps are
// those of the package comment.
func (l *Log) finish(ctx context.Context) error {
	staged := l.state.Staged
	if staged == nil {
		return nil
	}
	if err := l.putDay(ctx, staged); err != nil {
		return err
	}
	tree := l.state.Tree.clone()
	for _, entry := range staged.Entries {
		if err := l.putEntry(ctx, tree, entry, staged.Lock); err != nil {
			return err
		}
	}
	if err := l.put(ctx, CheckpointPath(tree.Size), typeNote, staged.Checkpoint, staged.Lock); err != nil {
		return err
	}
	l.state.Tree, l.state.Staged, l.newest = *tree, nil, staged.Checkpoint
	l.committed(staged)
	return nil
}

// putEntry puts an entry, and the tiles and the bundle that it completes.
func (l *Log) putEntry(ctx context.Context, tree *tiles, entry []byte, lock Time) error {
	index := tree.Size
	if err := l.put(ctx, EntryPath(index), typeJSON, entry, lock); err != nil {
		return err
	}
	l.recent[index] = entry
	full := tree.add(merkle.Leaf(entry))
	if len(full) == 0 {
		return nil
	}
	bundle, err := l.bundle(ctx, full[0].data, index/tileWidth*tileWidth)
	if err != nil {
		return err
	}
	if err := l.put(ctx, BundlePath(index/tileWidth, 0), typeTile, bundle, lock); err != nil {
		return err
	}
	for _, t := range full {
		if err := l.put(ctx, TilePath(t.level, t.n, 0), typeTile, t.data, lock); err != nil {
			return err
		}
	}
	clear(l.recent)
	return nil
}

// put puts one file of the log.
func (l *Log) put(ctx context.Context, path, contentType string, content []byte, lock Time) error {
	return l.putBody(ctx, path, contentType, objstore.BytesBody(content), lock)
}

func (l *Log) putBody(ctx context.Context, path, contentType string, body objstore.Body, lock Time) error {
	v := l.view()
	v.lock = lock
	return v.putBody(ctx, path, contentType, body)
}

// put puts a file that is made of what is in the log already.
func (v *view) put(ctx context.Context, path, contentType string, content []byte) error {
	return v.putBody(ctx, path, contentType, objstore.BytesBody(content))
}

func (v *view) putBody(ctx context.Context, path, contentType string, body objstore.Body) error {
	opts := objstore.PutOptions{ContentType: contentType}
	if v.opts.LockMode.On() {
		opts.LockMode, opts.RetainUntil = v.opts.LockMode, v.lock.Time
	}
	_, err := v.opts.Bucket.Put(ctx, v.key(path), body, opts)
	return err
}
