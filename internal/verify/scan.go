package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"strconv"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/unpack"
)

const (
	scanBuffer = 256 << 10 // bytes of lines at a time
	maxWindow  = unpack.Window
	// moreStored is how much more of an object than its entry says is read, beyond as much again, in bytes.
	moreStored = 64 << 10
	// moreLines is how much more than an entry says is unpacked to see what was added, in bytes.
	moreLines = 1 << 20
)

var (
	errLongLine = errors.New("a line longer than is allowed")
	errMore     = errors.New("many more bytes than its entry says")
)

// facts are what one object holds.
type facts struct {
	stored  int64  // bytes read, at most atMost of those expected
	sum     digest // of all of them
	head    digest // of as many as are expected
	unpack  error  // why it could not be read to the end
	lines   int64
	damaged int64
	bytes   int64
	root    digest
	noEnd   bool // the last line has no newline

	// Of the lines that can be read.
	first, last uint64
	seqs        []byte // rising ones: a uvarint each, the distance from the one before
	disorder    place  // a seq lower than one before
	repeated    place  // the seq of the line before
	outside     place  // a seq out of the entry's range
	tier        place
	day         place
	writer      place
	short       place // a lock that ends before the line's retention
}

// place is the first line that something is true of, and of how many it is.
type place struct {
	line  int64
	seq   uint64
	found string
	count int64
}

func (p *place) set(line int64, seq uint64, found string) {
	if p.count++; p.count == 1 {
		p.line, p.seq, p.found = line, seq, found
	}
}

// scanner reads objects, one at a time, with buffers and decoders that it keeps.
type scanner struct {
	buf     []byte // one byte before the lines is free for the mark of a leaf
	maxLine int
	zstd    *zstd.Decoder
	gzip    gzip.Reader
	stored  meter
	tree    tree
}

// scanners is a fixed number of them.
type scanners struct{ free chan *scanner }

func newScanners(n, maxLine int) *scanners {
	s := &scanners{free: make(chan *scanner, n)}
	for range n {
		s.free <- &scanner{maxLine: maxLine, stored: meter{sum: sha256.New()}}
	}
	return s
}

func (s *scanners) close() {
	for range cap(s.free) {
		if c := <-s.free; c.zstd != nil {
			c.zstd.Close()
		}
	}
}

// meter hashes what is read through it, and remembers the hash of the first limit bytes.
type meter struct {
	r           io.Reader
	sum         hash.Hash
	size, limit int64
	head        digest
}

// atMost is how much is read of an object that should have so many bytes: what is more need not be known in full to be named.
func atMost(stored int64) int64 { return 2*stored + moreStored }

func (m *meter) reset(r io.Reader, limit int64) {
	m.sum.Reset()
	*m = meter{r: io.LimitReader(r, atMost(limit)), sum: m.sum, limit: limit}
}

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	if rest := m.limit - m.size; int64(n) > rest && rest >= 0 {
		_, _ = m.sum.Write(b[:rest]) // a hash never fails
		m.sum.Sum(m.head[:0])
		_, _ = m.sum.Write(b[rest:n])
	} else {
		_, _ = m.sum.Write(b[:n])
	}
	m.size += int64(n)
	return n, err
}

// scan reads what r holds as object o of writer. Only the store fails it.
func (s *scanner) scan(r io.Reader, writer string, c layout.Compression, o *object) (f facts, err error) {
	s.stored.reset(r, o.Stored)
	s.tree.reset()
	plain, err := s.unpack(c)
	if err == nil {
		err = s.lines(plain, writer, o, &f)
	}
	f.unpack = err
	if _, err := io.Copy(io.Discard, &s.stored); err != nil {
		return f, err
	}
	f.stored, f.head = s.stored.size, s.stored.head
	s.stored.sum.Sum(f.sum[:0])
	if f.stored <= o.Stored {
		f.head = f.sum
	}
	f.root = digest(s.tree.root())
	if cap(s.buf) > 4<<20 {
		s.buf = nil
	}
	return f, nil
}

func (s *scanner) unpack(c layout.Compression) (io.Reader, error) {
	switch c {
	case layout.Gzip:
		return &s.gzip, s.gzip.Reset(&s.stored)
	case layout.Zstd:
		if s.zstd == nil {
			d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
			if err != nil {
				return nil, err
			}
			s.zstd = d
		}
		return s.zstd, s.zstd.Reset(&s.stored)
	default:
		return &s.stored, nil
	}
}

// lines reads line by line.
func (s *scanner) lines(r io.Reader, writer string, o *object, f *facts) error {
	if s.buf == nil {
		s.buf = make([]byte, scanBuffer)
	}
	from, to := 1, 1 // what of the buffer is filled and not a whole line yet
	for {
		if to == len(s.buf) {
			if from > 1 {
				to = 1 + copy(s.buf[1:], s.buf[from:to])
				from = 1
			} else if len(s.buf) > s.maxLine {
				return errLongLine
			} else {
				s.buf = append(s.buf, make([]byte, len(s.buf))...)
			}
		}
		n, err := r.Read(s.buf[to:])
		fresh := to
		to += n
		f.bytes += int64(n)
		for {
			end := bytes.IndexByte(s.buf[fresh:to], '\n')
			if end < 0 {
				break
			}
			end += fresh
			s.line(from, end, writer, o, f)
			from, fresh = end+1, end+1
		}
		if err == io.EOF {
			if from < to {
				f.noEnd = true
				s.line(from, to, writer, o, f)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if f.bytes > o.Bytes+moreLines {
			return errMore
		}
	}
}

// line takes the line at buf[from:to] in. The byte before it is used up, so it can hold the mark of a leaf.
func (s *scanner) line(from, to int, writer string, o *object, f *facts) {
	f.lines++
	s.buf[from-1] = 0
	s.tree.add(tlog.Hash(sha256.Sum256(s.buf[from-1 : to])))
	line := s.buf[from:to]
	h, err := event.ReadHeader(line)
	if err != nil {
		f.damaged++
		return
	}
	f.order(h.Seq, o)
	if h.Tier != o.Tier {
		f.tier.set(f.lines, h.Seq, h.Tier)
	}
	if day := layout.DateOf(h.Time); day != o.Day.Date {
		f.day.set(f.lines, h.Seq, day.String())
	}
	if h.Writer != writer {
		f.writer.set(f.lines, h.Seq, h.Writer)
	}
	if o.LockMode != "" && h.Days > 0 {
		until := layout.DateOf(h.Ingested).AddDays(int(min(h.Days, maxLockDays)) + 1 - lockSlack).Start()
		if o.LockedUntil.Before(until) {
			f.short.set(f.lines, h.Seq, until.Format(timeLayout))
		}
	}
}

const (
	maxLockDays = 36500
	// lockSlack allows for a clock that jumped back by a day within a segment: the lock counts from its last line.
	lockSlack = 2
)

// order takes the seq of a line in.
func (f *facts) order(seq uint64, o *object) {
	if seq < uint64(o.FirstSeq) || seq > uint64(o.LastSeq) {
		f.outside.set(f.lines, seq, strconv.FormatUint(seq, 10))
	}
	switch {
	case f.first == 0:
		f.first = seq
		f.seqs = binary.AppendUvarint(f.seqs, seq)
	case seq == f.last:
		f.repeated.set(f.lines, seq, "")
		return
	case seq < f.last:
		f.disorder.set(f.lines, seq, "")
		return
	default:
		f.seqs = binary.AppendUvarint(f.seqs, seq-f.last)
	}
	f.last = seq
}
