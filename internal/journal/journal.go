package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
)

// Journal is an open journal. All methods may be called at any time from any goroutine.
type Journal struct {
	opts Options
	fsys FS
	lock io.Closer
	wake chan struct{} // tells the committer that pending has waiters; closed by Close
	done chan struct{} // closed when the committer has returned

	// disk orders everything that touches segment files. It is held over
	// disk calls, and taken before mu.
	disk    sync.Mutex
	file    File    // of the active segment; nil while it must still be created
	suspect bool    // a write or sync of file failed: whatever is behind active.Size must go
	recent  *recent // nil without a window

	// Written with disk and mu held, so either is enough to read.
	active Segment
	sealed []Segment // oldest first

	// mu is held for moments only, never over a disk call.
	mu      sync.Mutex
	pending *group // what the next commit will write
	spare   []byte // buffer of the last commit, for the next group
	seq     uint64 // of the next line to enter pending
	used    int64  // bytes in segments, being committed and pending
	window  *window
	forgot  int // see Stats.Forgotten
	closed  bool
}

// Open makes or recovers the journal in opts.Dir. What it finds is sealed: see
// Sealed. A full disk does not keep it from opening, so that segments can
// still be sent and removed.
func Open(opts Options) (*Journal, Recovery, error) {
	if opts.Dir == "" || opts.Stamp == nil || opts.Identify == nil {
		return nil, Recovery{}, errors.New("journal: Dir, Stamp and Identify are needed")
	}
	j := &Journal{opts: opts, fsys: opts.FS, wake: make(chan struct{}, 1), done: make(chan struct{}), window: newWindow(opts.Window)}
	if j.fsys == nil {
		j.fsys = osFS{}
	}
	if opts.Window > 0 {
		j.recent = newRecent(j.fsys, opts.Dir, opts.Window)
	}
	var err error
	if j.lock, err = lockDir(j.fsys, opts.Dir); err != nil {
		return nil, Recovery{}, err
	}
	recovery, err := j.recover()
	if err == nil {
		if err = j.ready(); isFull(err) {
			err = nil // Append will try again
		}
	}
	if err != nil {
		return nil, recovery, errors.Join(fmt.Errorf("couldn't recover journal %q: %w", opts.Dir, err), j.lock.Close())
	}
	j.seq = j.active.nextSeq()
	j.pending = newGroup(nil)
	go j.run()
	return j, recovery, nil
}

// lockDir makes the directory if it is missing, and takes it.
func lockDir(fsys FS, dir string) (io.Closer, error) {
	if err := fsys.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("couldn't make journal directory %q: %w", dir, err)
	}
	lock, err := fsys.Lock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("couldn't lock journal directory %q: %w", dir, err)
	}
	return lock, nil
}

// Append writes lines, in order, and returns when they are on stable storage
// (see Options.NoSync). When it returns an error nothing is acknowledged: the
// sender should deliver the whole batch again, save for ErrTooLarge and
// ErrMalformed. A batch whose ctx ended while it waited may still be written;
// the window recognises it when it is delivered again. Append keeps no part
// of lines after it has returned.
func (j *Journal) Append(ctx context.Context, lines []Line) (Receipt, error) {
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	if len(lines) == 0 {
		return Receipt{}, nil
	}
	g, receipt, err := j.enqueue(lines)
	if err != nil {
		return Receipt{}, err
	}
	select {
	case <-g.done:
	case <-ctx.Done():
		return Receipt{}, ctx.Err()
	}
	if g.err != nil {
		return Receipt{}, g.err
	}
	receipt.Segment = g.segment
	return receipt, nil
}

// enqueue adds a batch to the pending group, whole or not at all.
func (j *Journal) enqueue(lines []Line) (*group, Receipt, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil, Receipt{}, ErrClosed
	}
	var receipt Receipt
	g := j.pending
	before := len(g.buf)
	err := j.encode(g, lines, &receipt)
	size := int64(len(g.buf) - before)
	switch limit := j.opts.MaxBytes; {
	case err != nil || limit == 0:
	case size > limit:
		err = fmt.Errorf("%w: %d bytes of %d", ErrTooLarge, size, limit)
	case j.used+size > limit && size > 0: // a batch of duplicates always fits
		err = fmt.Errorf("%w: %d bytes of %d are used", ErrFull, j.used, limit)
	}
	if err != nil {
		g.buf = g.buf[:before]
		j.window.undo(receipt.Written)
		return nil, Receipt{}, err
	}
	j.seq += uint64(receipt.Written)
	j.used += size
	g.lines += receipt.Written
	g.waiters++
	select {
	case j.wake <- struct{}{}:
	default:
	}
	return g, receipt, nil
}

// encode appends to g's buffer the lines that are no duplicates.
func (j *Journal) encode(g *group, lines []Line, receipt *Receipt) error {
	for i := range lines {
		line := &lines[i]
		duplicate, conflict := j.window.look(line.ID, line.Sum)
		if duplicate {
			receipt.Duplicates++
			continue
		}
		start := len(g.buf)
		g.buf = append(g.buf, line.Body...)
		g.buf = j.opts.Stamp(g.buf, j.seq+uint64(receipt.Written), conflict)
		if len(g.buf) <= start || bytes.IndexByte(g.buf[start:], '\n') >= 0 {
			return fmt.Errorf("line %d of batch: %w", i+1, ErrMalformed)
		}
		g.buf = append(g.buf, '\n')
		j.window.add(key{line.ID, line.Sum, j.seq + uint64(receipt.Written)})
		receipt.Written++
		if conflict {
			receipt.Conflicts++
		}
	}
	return nil
}

// Rotate seals the active segment, if it has lines, and begins another. The
// list of work is Sealed: a repair after a failed write seals too.
func (j *Journal) Rotate() (Segment, bool, error) {
	j.disk.Lock()
	defer j.disk.Unlock()
	if j.isClosed() {
		return Segment{}, false, ErrClosed
	}
	if err := j.ready(); err != nil {
		return Segment{}, false, fmt.Errorf("couldn't rotate journal %q: %w", j.opts.Dir, err)
	}
	if j.active.Lines == 0 {
		return Segment{}, false, nil
	}
	// A sealed segment's bytes must not change when the power fails: objects
	// are named by its numbers and written once.
	if j.opts.NoSync {
		if err := j.file.Sync(); err != nil {
			j.suspect = true
			return Segment{}, false, fmt.Errorf("couldn't seal segment %d: %w", j.active.Seal, err)
		}
	}
	sealed := j.seal()
	// The next file is needed by Append and Remove, which try again and
	// report it; what is sealed stays sealed.
	_ = j.ready()
	return sealed, true, nil
}

// Sealed returns the segments that wait to be sent and removed, oldest first.
func (j *Journal) Sealed() []Segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.sealed)
}

// Stats returns a snapshot.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := Stats{Bytes: j.used, Segments: len(j.sealed), Active: j.active, Oldest: j.active.Opened, Forgotten: j.forgot}
	if j.active.Lines > 0 {
		s.Segments++
	}
	if len(j.sealed) > 0 {
		s.Oldest = j.sealed[0].Opened
	}
	return s
}

// Close commits what waits, and lets go of the directory. It seals nothing;
// the next Open does. A second call does nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	first := !j.closed
	if first {
		j.closed = true
		close(j.wake)
	}
	j.mu.Unlock()
	<-j.done
	if !first {
		return nil
	}
	j.disk.Lock()
	defer j.disk.Unlock()
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	return errors.Join(err, j.lock.Close())
}

func (j *Journal) isClosed() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.closed
}
