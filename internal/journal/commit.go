package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// maxSpare is the largest buffer kept between commits, so that one burst does
// not hold its memory for ever.
const maxSpare = 16 << 20

// A group is the batches that one write and one sync make durable together.
type group struct {
	buf     []byte
	lines   int
	waiters int // batches; a group of duplicates has waiters but no lines

	done    chan struct{} // closed when the fields below are set
	err     error
	segment uint64
}

func newGroup(buf []byte) *group {
	return &group{buf: buf[:0], done: make(chan struct{})}
}

// run is the committer: the one goroutine that writes lines.
func (j *Journal) run() {
	defer close(j.done)
	for range j.wake {
		j.commit()
	}
	j.commit() // what came between the last wake and Close
}

// commit writes the pending group, if anyone waits for it. While it does, the
// next group gathers.
func (j *Journal) commit() {
	j.disk.Lock()
	defer j.disk.Unlock()
	j.mu.Lock()
	g := j.pending
	if g.waiters == 0 {
		j.mu.Unlock()
		return
	}
	j.pending, j.spare = newGroup(j.spare), nil
	j.mu.Unlock()

	err := j.write(g)

	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		j.fail(g, fmt.Errorf("couldn't append to journal %q: %w", j.opts.Dir, err))
		return
	}
	j.succeed(g)
}

// write makes g durable. A crash before Sync has returned leaves any part of
// g in the file, or nothing; nobody was told yet, so recovery may keep what
// is whole and cut what is not.
func (j *Journal) write(g *group) error {
	if len(g.buf) == 0 {
		return nil
	}
	if err := j.ready(); err != nil {
		return err
	}
	// An offset rather than O_APPEND: the length in memory decides, not what
	// an earlier failure left in the file.
	_, err := j.file.WriteAt(g.buf, j.active.Size)
	if err == nil && !j.opts.NoSync {
		err = j.file.Sync() // the commit point
	}
	j.suspect = err != nil
	return err
}

// succeed acknowledges g. Called with disk and mu held.
func (j *Journal) succeed(g *group) {
	if g.lines > 0 && j.active.Lines == 0 {
		j.active.Opened = time.Now()
	}
	j.active.Size += int64(len(g.buf))
	j.active.Lines += g.lines
	j.window.settle(g.lines)
	g.segment = j.active.Seal
	if j.active.Lines == 0 {
		g.segment-- // only duplicates, whose originals are all sealed
	}
	if cap(g.buf) <= maxSpare {
		j.spare = g.buf
	}
	g.buf = nil
	close(g.done)
}

// fail refuses g and whatever gathered behind it, whose sequence numbers
// follow g's and whose duplicates may be duplicates of g's lines. Called with
// disk and mu held.
func (j *Journal) fail(g *group, err error) {
	behind := j.pending
	j.pending = newGroup(g.buf)
	j.window.undo(g.lines + behind.lines)
	j.used -= int64(len(g.buf) + len(behind.buf))
	j.seq = j.active.nextSeq()
	for _, refused := range []*group{g, behind} {
		refused.err, refused.buf = err, nil
		close(refused.done)
	}
}

// ready brings the active segment into a state in which lines can be written
// behind active.Size: it repairs the file after a failure and creates it if
// it is missing. Called with disk held; every step can be repeated.
func (j *Journal) ready() error {
	if j.suspect {
		// Until the tail is gone for good, its sequence numbers may not be
		// used again: a crash could bring back both lines.
		if err := secure(j.file, j.active.Size); err != nil {
			return fmt.Errorf("couldn't repair segment %d: %w", j.active.Seal, err)
		}
		j.suspect = false
		// A file that failed once gets no more lines. An empty one stays:
		// there is nothing in it to distrust.
		if j.active.Lines > 0 {
			j.seal()
		}
	}
	if j.file != nil {
		return nil
	}
	file, err := j.create(j.active)
	if err != nil {
		return fmt.Errorf("couldn't create segment %d: %w", j.active.Seal, err)
	}
	j.file = file
	return nil
}

// create makes the file of an empty segment, or opens the one that an
// earlier attempt or an earlier process left. A crash before SyncDir leaves
// the file or not: the segment before it is sealed or will be, with the same bytes.
func (j *Journal) create(s Segment) (File, error) {
	file, err := j.fsys.Open(s.Path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return nil, err
	}
	size, err := file.Size()
	if err == nil && size != 0 {
		err = fmt.Errorf("%q should be empty and has %d bytes", s.Path, size)
	}
	if err == nil {
		err = j.fsys.SyncDir(j.opts.Dir)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// seal freezes the active segment, whose bytes must be durable. It touches no
// file: a segment is sealed by never being written again, and recovery seals
// the newest file alike. Called with disk held.
func (j *Journal) seal() Segment {
	_ = j.file.Close() // everything is synced, so there is nothing that it could lose
	j.mu.Lock()
	defer j.mu.Unlock()
	sealed := j.active
	j.sealed = append(j.sealed, sealed)
	j.active = sealed.after(sealed.nextSeq())
	j.file = nil
	return sealed
}

// secure cuts a file to size and makes what is left durable. It writes the
// bytes again, because after a failed sync, perhaps of a process that is
// dead, the kernel may hold pages that it believes written and that are not;
// another sync would skip them and report success.
func secure(file File, size int64) error {
	if err := file.Truncate(size); err != nil {
		return err
	}
	buf := make([]byte, min(size, 1<<20))
	for off := int64(0); off < size; {
		n, err := file.ReadAt(buf[:min(size-off, int64(len(buf)))], off)
		if n == 0 {
			return errors.Join(io.ErrUnexpectedEOF, err)
		}
		if _, err := file.WriteAt(buf[:n], off); err != nil {
			return err
		}
		off += int64(n)
	}
	return file.Sync()
}
