package logread

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/unpack"
)

const (
	// maxWindow bounds the memory that a zstd frame may ask a reader for, in bytes.
	maxWindow = 64 << 20
	// Lines are held in blocks of so many bytes.
	minBlock, maxBlock = 1 << 10, 256 << 10
	// maxPlaces bounds the findings of one object, so that a ruined one doesn't drown the others.
	maxPlaces = 20
)

// readObject reads the wanted lines of o. Its error means that the object could not be read; what is wrong with the
// object itself is a finding.
func (r *reader) readObject(ctx context.Context, o *object) ([]entry, error) {
	var s scan
	err := retry(ctx, func(ctx context.Context, alive func()) error {
		s.release()
		s = scan{reader: r, object: o, alive: alive}
		return s.run(ctx)
	})
	if errors.Is(err, objstore.ErrNotFound) { // it was listed a moment ago
		err, s.findings = nil, []Finding{{Key: o.Key, Err: err}}
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", o.Key, err)
	}
	for _, f := range s.findings {
		r.finding(f)
	}
	return s.entries, nil
}

// source notes the error of the store, so that it is not taken for one of the object.
type source struct {
	io.Reader
	count func(int)
	err   error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.count(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// scan is one attempt at one object. What it finds counts only when the attempt was not cut short by the store.
type scan struct {
	*reader
	object *object
	alive  func() // to be called when the store has said something

	line     int
	block    int
	chunk    []byte // what is left of the block that lines are copied to
	own      int64  // its share of reader.held
	entries  []entry
	findings []Finding
	unnamed  int // findings beyond maxPlaces
}

func (s *scan) release() {
	if s.reader == nil {
		return
	}
	s.mu.Lock()
	s.held -= s.own
	s.mu.Unlock()
}

// progress counts n more bytes of the bucket as read.
func (s *scan) progress(n int) {
	s.alive()
	s.mu.Lock()
	s.read += int64(n)
	read := s.read
	s.mu.Unlock()
	if s.opts.OnProgress != nil {
		s.opts.OnProgress(read, s.total)
	}
}

func (s *scan) run(ctx context.Context) error {
	stored, err := s.store.Get(ctx, s.object.Key)
	if err != nil {
		return err
	}
	defer stored.Close() //nolint:errcheck // it was only read
	src := &source{Reader: stored, count: s.progress}
	plain, err := unpack.Reader(src, s.object.compression, maxWindow)
	if err == nil {
		defer plain.Close() //nolint:errcheck // it was only read
		err = s.lines(plain)
	}
	switch {
	case src.err != nil:
		return src.err
	case errors.Is(err, ErrTooLarge):
		return err
	case err != nil:
		s.report(s.line+1, fmt.Errorf("unreadable from here on: %w", err))
	case s.line == 0:
		s.report(0, errors.New("holds no event"))
	}
	if s.unnamed > 0 {
		s.findings = append(s.findings, Finding{Key: s.object.Key, Err: fmt.Errorf("%d more findings in this object", s.unnamed)})
	}
	return nil
}

func (s *scan) lines(r io.Reader) error {
	in := bufio.NewReaderSize(r, 256<<10)
	var long []byte // of a line that doesn't fit into the buffer
	var e event.Event
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if len(long) <= s.opts.MaxLine { // of what is longer, only the front is kept
				long = append(long, line...)
			}
			continue
		}
		if err != nil && err != io.EOF {
			return err
		}
		if len(long) > 0 {
			long = append(long, line...)
			line = long
		}
		if len(line) == 0 {
			return nil
		}
		s.line++
		ended := line[len(line)-1] == '\n'
		if err := s.add(bytes.TrimSuffix(line, []byte("\n")), &e); err != nil {
			return err
		}
		if !ended {
			s.report(s.line, errors.New("no newline after the last line"))
		}
		long = long[:0]
	}
}

// add checks one line and keeps it if it is wanted.
func (s *scan) add(line []byte, e *event.Event) error {
	if len(line) > s.opts.MaxLine {
		s.report(s.line, fmt.Errorf("line of more than %d bytes", s.opts.MaxLine))
		return nil
	}
	if err := event.Decode(line, e); err != nil {
		s.report(s.line, fmt.Errorf("no valid event: %w", err))
		return nil
	}
	h, err := event.ReadHeader(line)
	if err != nil {
		s.report(s.line, fmt.Errorf("no valid event: %w", err))
		return nil
	}
	s.checkPlace(e)
	if !s.query.matches(e) {
		return nil
	}
	if err := s.hold(int64(len(line))); err != nil {
		return err
	}
	s.entries = append(s.entries, entry{
		time: int64(e.Timestamp), rank: e.Type.Rank(), seq: h.Seq, object: s.object,
		text: s.keep(line), body: uint32(len(h.Body)), line: uint32(s.line),
	})
	return nil
}

// keep copies a line to where it can stay. Blocks, because one buffer that grows would be copied over and over; each
// twice the one before, because a day can have thousands of objects with a few lines each.
func (s *scan) keep(line []byte) []byte {
	if len(s.chunk) < len(line) {
		s.block = min(max(2*s.block, minBlock), maxBlock)
		s.chunk = make([]byte, max(s.block, len(line)))
	}
	kept := s.chunk[:len(line):len(line)]
	s.chunk = s.chunk[len(line):]
	copy(kept, line)
	return kept
}

// checkPlace reports an event that is not where its key says.
func (s *scan) checkPlace(e *event.Event) {
	o := s.object
	if date := layout.DateOf(e.Timestamp.AsTime()); date != o.date {
		s.report(s.line, fmt.Errorf("event of %s among those of %s", date, o.date))
	}
	if e.Retention.Tier != o.tier {
		s.report(s.line, fmt.Errorf("event of tier %s among those of tier %s", e.Retention.Tier, o.tier))
	}
	if e.Writer != o.writer {
		s.report(s.line, fmt.Errorf("event of writer %s among those of writer %s", e.Writer, o.writer))
	}
}

func (s *scan) hold(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.own += n
	s.held += n
	if s.held > s.opts.MaxHeld {
		return fmt.Errorf("%w: more than %d MiB on %s", ErrTooLarge, s.opts.MaxHeld>>20, s.object.date)
	}
	return nil
}

func (s *scan) report(line int, err error) {
	if len(s.findings) == maxPlaces {
		s.unnamed++
		return
	}
	s.findings = append(s.findings, Finding{Key: s.object.Key, Line: line, Err: err})
}
