package lake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// A batch takes objects until it has so much.
const (
	batchBytes   = 128 << 20 // of the objects as stored
	batchObjects = 2000
	batchLines   = 2_000_000 // as the logs tell
)

// maxTries bounds how often an object is asked for when the way to it fails.
const maxTries = 4

// bring fetches what the cache lacks and returns the Parquet files that hold the wanted objects.
func (l *Lake) bring(ctx context.Context, opts *Options, s *surveyed) (files []string, err error) {
	b := &bringing{Lake: l, opts: opts, provenance: &s.provenance, ids: map[string]bool{}, day: map[string]bool{}}
	for i := 0; i < len(s.partitions); {
		// Partitions of one tier and day of all writers go into batches together.
		j := i
		var lacking []task
		for ; j < len(s.partitions) && sameDay(s.partitions[i], s.partitions[j]); j++ {
			p := s.partitions[j]
			for _, o := range p.plan(func(o *object) *batch { return l.cache.holder(o.sum) }) {
				if !b.cached(o) {
					lacking = append(lacking, task{o, p})
				}
			}
		}
		i = j
		b.total.Add(sizes(lacking))
		if err := b.batches(ctx, lacking); err != nil {
			return nil, err
		}
		if err := b.closeDay(ctx); err != nil {
			return nil, err
		}
	}
	files = l.cache.largestFirst(b.ids)
	l.cache.touch(files, opts.Now)
	for i, id := range files {
		files[i] = l.cache.parquet(id)
	}
	return files, nil
}

func sameDay(a, b *partition) bool { return a.any().tier == b.any().tier && a.any().day == b.any().day }

func (p *partition) any() *object {
	if p.day != nil {
		return p.day
	}
	return p.segments[0]
}

type task struct {
	*object

	of *partition
}

func sizes(tasks []task) (n int64) {
	for _, t := range tasks {
		n += t.stored
	}
	return n
}

// bringing is one bring under way.
type bringing struct {
	*Lake

	opts        *Options
	ids         map[string]bool // of the batches that are wanted
	day         map[string]bool // those of the tier and day at hand
	done, total atomic.Int64

	mu         sync.Mutex // guards what follows while objects are fetched
	provenance *Provenance
}

// cached takes an object from the cache, if it is there.
func (b *bringing) cached(o *object) bool {
	holder := b.cache.holder(o.sum)
	if holder == nil || b.opts.Unverified {
		return false
	}
	b.day[holder.id] = true
	b.provenance.Objects++
	b.provenance.Lines += o.lines
	return true
}

// batches fetches tasks of one tier and day, and makes Parquet of them, batch by batch.
func (b *bringing) batches(ctx context.Context, tasks []task) error {
	for len(tasks) > 0 {
		n, bytes, lines := 0, int64(0), int64(0)
		for n < len(tasks) && n < batchObjects && (n == 0 || bytes+tasks[n].stored <= batchBytes && lines+tasks[n].lines <= batchLines) {
			bytes, lines = bytes+tasks[n].stored, lines+tasks[n].lines
			n++
		}
		instead, err := b.batch(ctx, tasks[:n])
		if err != nil {
			return err
		}
		tasks = append(instead, tasks[n:]...)
	}
	return nil
}

// batch fetches tasks side by side and makes one Parquet file of what is as it should be. It returns the segments that stand in
// for day objects that aren't.
func (b *bringing) batch(ctx context.Context, tasks []task) (instead []task, err error) {
	dir, err := os.MkdirTemp(b.cache.tmp, "batch-")
	if err != nil {
		return nil, fmt.Errorf("couldn't use the cache: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the whole folder goes when the lake is closed
	sums := make([][32]byte, len(tasks))
	names := make([]string, len(tasks))
	group, fetching := errgroup.WithContext(ctx)
	group.SetLimit(b.opts.Parallel)
	for i, t := range tasks {
		name := filepath.Join(dir, fmt.Sprintf("%06d%s", i, extension(t.key)))
		group.Go(func() error {
			sum, reason, err := b.fetch(fetching, t.object, name)
			if err != nil {
				return fmt.Errorf("couldn't fetch %s: %w", t.key, err)
			}
			if reason == "" {
				sums[i], names[i] = sum, name
				return nil
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, o := range t.of.joined(t.object) {
				instead = append(instead, task{o, t.of})
			}
			if len(t.of.joined(t.object)) == 0 {
				b.provenance.unseen(t.object, reason)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return instead, b.make(ctx, dir, tasks, sums, names)
}

// make turns what was fetched into a batch.
func (b *bringing) make(ctx context.Context, dir string, tasks []task, sums [][32]byte, names []string) error {
	made := &batch{}
	var sources []string
	for i, name := range names {
		if name == "" {
			continue
		}
		sources = append(sources, name)
		made.sums = append(made.sums, sums[i])
		made.Lines += tasks[i].lines
		b.provenance.Objects++
		b.provenance.Lines += tasks[i].lines
		b.provenance.FetchedObjects++
		b.provenance.FetchedBytes += tasks[i].stored
	}
	if len(sources) == 0 {
		return nil
	}
	if old := b.cache.batch(batchID(made.sums)); old != nil { // an unverified lake fetches what it may have
		made = old
	} else if err := b.convert(ctx, dir, sources, made); err != nil {
		return err
	}
	b.day[made.id] = true
	if b.opts.Unverified {
		b.provenance.Lines += made.Rows
	} else {
		b.provenance.Damaged += max(0, made.Lines-made.Rows)
	}
	return nil
}

func (c *cache) batch(id string) *batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.batches[id]
}

// fetch writes an object to a file and compares it with what was told of it. A reason says why there is none.
func (b *bringing) fetch(ctx context.Context, o *object, name string) (sum [32]byte, reason string, err error) {
	type result struct {
		sum  [32]byte
		size int64
	}
	got, err := backoff.Retry(ctx, func() (result, error) {
		sum, size, err := b.copy(ctx, o.key, name)
		if errors.Is(err, objstore.ErrNotFound) || errors.Is(err, objstore.ErrDenied) {
			err = backoff.Permanent(err)
		}
		return result{sum, size}, err
	}, backoff.WithMaxTries(maxTries))
	b.opts.OnProgress(b.done.Add(o.stored), b.total.Load())
	switch {
	case errors.Is(err, objstore.ErrDenied):
		return sum, ReasonDenied, nil
	case errors.Is(err, objstore.ErrNotFound):
		return sum, ReasonMissing, nil
	case err != nil:
		return sum, "", err
	case !b.opts.Unverified && (got.sum != o.sum || got.size != o.stored):
		b.altered(o, got.sum)
		return sum, ReasonAltered, nil
	}
	return got.sum, "", nil
}

func (b *bringing) altered(o *object, sum [32]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.provenance.Findings = append(b.provenance.Findings, verify.Finding{
		Kind: verify.ObjectAltered, Writer: o.writer, Key: o.key, Message: "the object's bytes are not those that were signed; verify says what was done to it",
		Expected: fmt.Sprintf("sha256 %x", o.sum), Found: fmt.Sprintf("sha256 %x", sum),
	})
}

func (b *bringing) copy(ctx context.Context, key, name string) (sum [32]byte, size int64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(maxSilence, func() { cancel(errSilent) })
	defer silence.Stop()
	body, err := b.store.Get(ctx, key)
	if err != nil {
		return sum, 0, errors.Join(err, context.Cause(ctx))
	}
	defer body.Close() //nolint:errcheck // it was only read
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return sum, 0, backoff.Permanent(err)
	}
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(file, h, alive{silence}), body)
	if err = errors.Join(err, file.Close()); err != nil {
		return sum, 0, errors.Join(err, context.Cause(ctx))
	}
	return [32]byte(h.Sum(nil)), size, nil
}

// maxSilence is how long a store may say nothing before an attempt is given up. A store has no deadline of its own.
const maxSilence = time.Minute

var errSilent = errors.New("no answer for " + maxSilence.String())

// alive puts off the end of an attempt with every byte that comes.
type alive struct{ timer *time.Timer }

func (a alive) Write(b []byte) (int, error) {
	a.timer.Reset(maxSilence)
	return len(b), nil
}
