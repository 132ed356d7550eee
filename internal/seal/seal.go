package seal

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/merkle"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Segment is one sealed segment: whole lines, as the exporter stamped them. Lines MUST never change.
type Segment struct {
	Writer string
	Seal   uint64
	Lines  io.ReaderAt
	Size   int64
	// Replayed says that an earlier process may have sealed it already, perhaps with another compression.
	Replayed bool
}

// Object is one object of a segment, as it lies in the bucket.
type Object struct {
	Key    string
	Tier   string
	Day    layout.Date
	Lines  int
	Raw    int64 // bytes of the lines, newlines included
	Stored int64 // bytes of the object in the bucket
	SHA256 [32]byte
	Root   merkle.Hash // over the lines
	// FirstSeq and LastSeq are the ends of the range that the lines' numbers lie in; other objects of the segment
	// hold the rest of it. Both are 0 if every line is damaged.
	FirstSeq, LastSeq uint64
	// RetainUntil is the end of the lock, if there is one.
	RetainUntil time.Time
	Damaged     int  // lines that could not be read, and were stored as they are
	Existed     bool // an earlier attempt had put it
}

// Bucket is the part of [objstore.Store] that sealing needs, with the promises made there.
type Bucket interface {
	Put(ctx context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error)
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Stat(ctx context.Context, key string) (objstore.Info, error)
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
	opts     Options
	lines    *lineReader
	window   *window
	encoders map[layout.Compression]encoder
	roots    *merkle.Lines
	out      *bufio.Writer // between encoder and spool file: gzip writes a few bytes at a time
}

// New returns a Sealer.
func New(opts Options) (*Sealer, error) {
	s := &Sealer{
		opts: opts, lines: newLineReader(), window: &window{buf: make([]byte, readBuffer)},
		encoders: map[layout.Compression]encoder{}, roots: merkle.NewLines(), out: bufio.NewWriterSize(nil, readBuffer),
	}
	_, err := s.encoder(opts.Compression)
	return s, err
}

func (s *Sealer) encoder(c layout.Compression) (encoder, error) {
	if e, ok := s.encoders[c]; ok {
		return e, nil
	}
	e, err := newEncoder(c)
	if err != nil {
		return nil, fmt.Errorf("couldn't make the %v encoder: %w", c, err)
	}
	s.encoders[c] = e
	return e, nil
}

// Seal puts the objects of a segment, by tier and day, and returns them. After an error some of them may be in the
// bucket; seal the same segment again.
func (s *Sealer) Seal(ctx context.Context, segment Segment, bucket Bucket) ([]Object, error) {
	s.lines.reset(segment.Lines, segment.Size)
	p, err := makePlan(s.lines)
	if err != nil {
		return nil, err
	}
	w := work{Sealer: s, segment: segment, bucket: bucket, ingested: p.ingested, compression: s.opts.Compression}
	parts := p.sorted()
	if segment.Replayed && len(parts) > 0 {
		if w.compression, err = w.earlierCompression(ctx, parts[0]); err != nil {
			return nil, err
		}
	}
	return w.putAll(ctx, parts)
}
