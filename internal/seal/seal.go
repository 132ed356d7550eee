package seal

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Segment is one sealed segment: whole lines, as the exporter stamped them. Lines MUST never change.
type Segment struct {
	Writer string
	Seal   uint64
	Lines  io.ReaderAt
	Size   int64
}

// Object is one object of a segment, as it lies in the bucket.
type Object struct {
	Key    string
	Tier   string
	Day    layout.Date
	Lines  int
	Raw    int64 // bytes of the lines, newlines included
	Stored int64 // bytes of the object
	SHA256 [32]byte
	// FirstSeq and LastSeq are the ends of the range that the lines' numbers lie in; other objects of the segment
	// hold the rest of it. Both are 0 if every line is damaged.
	FirstSeq, LastSeq uint64
	// RetainUntil is the end of the lock, if there is one.
	RetainUntil time.Time
	Damaged     int  // lines that could not be read, and were stored as they are
	Existed     bool // an earlier attempt had put the very same object
}

// Putter is the part of [objstore.Store] that sealing needs. Put MUST keep the promises made there.
type Putter interface {
	Put(ctx context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error)
}

// Hook is told of a segment when all its objects are in the bucket. The segment is removed from the journal only
// after Committed has returned nil. It may be called again with the same segment and objects, save for Existed: after
// an error, and after a crash before the removal.
type Hook interface {
	Committed(ctx context.Context, segment Segment, objects []Object) error
}

// Options say how objects are made.
type Options struct {
	// Spool is an existing directory for one file at a time, of up to a segment's size.
	Spool       string
	Compression layout.Compression
	LockMode    objstore.LockMode
}

// Sealer seals one segment after the other. It is not safe for concurrent use.
type Sealer struct {
	opts    Options
	lines   *lineReader
	encoder encoder
	out     *bufio.Writer // between encoder and spool file: gzip writes a few bytes at a time
	buf     []byte
}

// New returns a Sealer.
func New(opts Options) (*Sealer, error) {
	e, err := newEncoder(opts.Compression)
	if err != nil {
		return nil, fmt.Errorf("couldn't make the %v encoder: %w", opts.Compression, err)
	}
	return &Sealer{
		opts: opts, lines: newLineReader(), encoder: e,
		out: bufio.NewWriterSize(nil, readBuffer), buf: make([]byte, readBuffer),
	}, nil
}

// Seal puts the objects of a segment, by tier and day, and returns them. After an error some of them may be in the
// bucket; seal the same segment again.
func (s *Sealer) Seal(ctx context.Context, segment Segment, to Putter) ([]Object, error) {
	s.lines.reset(segment.Lines, segment.Size)
	p, err := makePlan(s.lines)
	if err != nil {
		return nil, err
	}
	objects := make([]Object, 0, len(p.parts))
	for _, part := range p.sorted() {
		object, err := s.put(ctx, segment, part, part.retainUntil(p.ingested), to)
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// put makes one object and puts it.
func (s *Sealer) put(ctx context.Context, segment Segment, p *part, until time.Time, to Putter) (Object, error) {
	name := layout.Segment{Tier: p.tier, Date: p.day, Writer: segment.Writer, Seal: segment.Seal, Compression: s.opts.Compression}
	if err := name.Validate(); err != nil {
		return Object{}, err
	}
	object := Object{
		Key: name.Key(), Tier: p.tier, Day: p.day, Lines: p.lines, Raw: p.raw,
		FirstSeq: p.firstSeq, LastSeq: p.lastSeq, Damaged: p.damaged,
	}
	opts := objstore.PutOptions{ContentType: s.opts.Compression.MediaType()}
	if s.opts.LockMode.On() {
		object.RetainUntil = until
		opts.LockMode, opts.RetainUntil = s.opts.LockMode, until
	}
	f, err := createSpool(s.opts.Spool)
	if err != nil {
		return Object{}, err
	}
	defer f.discard()
	if err := s.encode(f, segment, p); err != nil {
		return Object{}, fmt.Errorf("couldn't spool %q: %w", object.Key, err)
	}
	body := f.body()
	result, err := to.Put(ctx, object.Key, body, opts)
	if err != nil {
		return Object{}, err
	}
	object.Stored, object.SHA256, object.Existed = body.Size, body.SHA256, result.Existed
	return object, nil
}

// encode writes the lines of one object to w.
func (s *Sealer) encode(w io.Writer, segment Segment, p *part) error {
	s.out.Reset(w)
	s.encoder.Reset(s.out)
	last := byte('\n')
	for run := range p.runs() {
		for run.size > 0 {
			chunk := s.buf[:min(run.size, int64(len(s.buf)))]
			if n, err := segment.Lines.ReadAt(chunk, run.off); n < len(chunk) {
				return fmt.Errorf("couldn't read the segment: %w", err)
			}
			if _, err := s.encoder.Write(chunk); err != nil {
				return err
			}
			last = chunk[len(chunk)-1]
			run.off, run.size = run.off+int64(len(chunk)), run.size-int64(len(chunk))
		}
	}
	if last != '\n' { // a damaged end: whatever is joined behind it must begin a line
		if _, err := s.encoder.Write([]byte{'\n'}); err != nil {
			return err
		}
	}
	if err := s.encoder.Close(); err != nil {
		return err
	}
	return s.out.Flush()
}
