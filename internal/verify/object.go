package verify

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// readAhead is the largest object that is fetched whole before it takes one of the few decoders, in bytes: so many small ones
// can wait for a far bucket at a time.
const readAhead = 64 << 10

// maxSealLines bounds the bitmap of a seal: 16 MiB.
const maxSealLines = 1 << 27

// told is an object with the entry that tells of it.
type told struct {
	object
	entry       int64
	seal        *sealed
	compression layout.Compression
}

// sealed is what is known of the lines of one seal while its objects are read.
type sealed struct {
	log         *log
	entry       int64
	key         string // of its first object, as its place
	first, last uint64
	good        int64 // lines that can be read, by the entries

	mu      sync.Mutex
	left    int // objects to come, and 1 until all entries were read
	blind   bool
	lines   []uint64 // a bit for each seq
	count   int64
	twice   uint64 // the first seq that stands there twice
	twiceIn string
}

// mark takes the seqs of an object in that is as signed.
func (s *sealed) mark(key string, seqs []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blind {
		return
	}
	if s.lines == nil {
		s.lines = make([]uint64, (s.last-s.first)/64+1)
	}
	at := uint64(0)
	for len(seqs) > 0 {
		step, n := binary.Uvarint(seqs)
		seqs = seqs[n:]
		if at += step; at < s.first || at > s.last {
			continue // told as line_seq
		}
		i, bit := (at-s.first)/64, uint64(1)<<((at-s.first)%64)
		if s.lines[i]&bit != 0 && s.twice == 0 {
			s.twice, s.twiceIn = at, key
		}
		s.lines[i] |= bit
	}
}

// done counts an object, or the end of the entries, off. The last one judges the whole.
func (s *sealed) done(whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left--
	s.blind = s.blind || !whole
	if s.left > 0 || s.blind {
		return
	}
	for _, word := range s.lines {
		s.count += int64(bits.OnesCount64(word))
	}
	if s.twice != 0 {
		s.log.find(Finding{Kind: SeqDuplicate, Key: s.twiceIn, Entry: &s.entry, Seq: s.twice})
	}
	if s.count != s.good {
		s.log.find(Finding{
			Kind: SeqLost, Key: s.key, Entry: &s.entry, Seq: s.hole(),
			Expected: fmt.Sprintf("%d lines of seq %d to %d", s.good, s.first, s.last), Found: fmt.Sprint(s.count),
		})
	}
	s.lines = nil
}

// hole is the first seq that no line has.
func (s *sealed) hole() uint64 {
	for seq := s.first; seq <= s.last && s.lines != nil; seq++ {
		if i := seq - s.first; s.lines[i/64]>>(i%64)&1 == 0 {
			return seq
		}
	}
	return 0
}

// check reads one object.
func (l *log) check(ctx context.Context, o *told) error {
	f, info, err := l.scan(ctx, o)
	if errors.Is(err, objstore.ErrNotFound) {
		l.missing(o)
		return nil
	}
	if err != nil {
		return err
	}
	l.progress(o.Stored, 0)
	whole := l.judge(o, &f)
	if whole {
		o.seal.mark(o.Key, f.seqs)
	}
	o.seal.done(whole)
	return l.checkLock(ctx, o.Key, o.entry, o.LockMode, o.LockedUntil, info)
}

// judge tells what is wrong with an object, and returns whether its bytes are the signed ones.
func (l *log) judge(o *told, f *facts) bool {
	if f.sum != o.SHA256 || f.stored != o.Stored {
		found := f.altered(&o.object)
		found.Key, found.Entry = o.Key, &o.entry
		l.find(found)
		return false
	}
	for _, found := range f.contradictions(&o.object) {
		found.Key, found.Entry = o.Key, &o.entry
		l.find(found)
	}
	l.objects.Add(1)
	l.lines.Add(f.lines)
	l.bytes.Add(f.bytes)
	return true
}

func (l *log) scan(ctx context.Context, o *told) (f facts, info objstore.Info, err error) {
	if o.Stored > readAhead {
		err = l.withScanner(ctx, func(s *scanner) error {
			return l.streamInfo(ctx, o.Key, func(r io.Reader, i objstore.Info) error {
				info = i
				f, err = s.scan(r, l.writer, o.compression, &o.object)
				return err
			})
		})
		return f, info, err
	}
	var data []byte
	err = l.streamInfo(ctx, o.Key, func(r io.Reader, i objstore.Info) error {
		info = i
		data, err = io.ReadAll(io.LimitReader(r, atMost(o.Stored)))
		return err
	})
	if err != nil {
		return f, info, err
	}
	err = l.withScanner(ctx, func(s *scanner) error {
		f, err = s.scan(bytes.NewReader(data), l.writer, o.compression, &o.object)
		return err
	})
	return f, info, err
}

func (r *run) withScanner(ctx context.Context, f func(*scanner) error) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case s := <-r.scans.free:
		defer func() { r.scans.free <- s }()
		return f(s)
	}
}

// checkLock compares the lock that the store tells of with the one that was asked for. said is what the store told when the object was
// read. AWS and MinIO tell of locks then, versitygw doesn't: so a lock that suffices is believed, and anything else asked for once more.
func (l *log) checkLock(ctx context.Context, key string, index int64, mode string, until stamp, said objstore.Info) error {
	if !l.opts.CheckLocks || mode == "" || until.Before(l.opts.Now) || locked(said, mode, until) {
		return nil
	}
	var info objstore.Info
	err := retry(ctx, func(ctx context.Context, _ func()) (err error) {
		info, err = l.store.Stat(ctx, key)
		return err
	})
	if errors.Is(err, objstore.ErrNotFound) {
		return nil // gone between two requests; the listing tells
	}
	if err != nil {
		return fmt.Errorf("couldn't ask for the lock of %s: %w", key, err)
	}
	if !locked(info, mode, until) {
		found := "no lock"
		if info.LockMode.On() {
			found = string(info.LockMode) + " until " + info.RetainUntil.UTC().Format(timeLayout)
		}
		l.find(Finding{Kind: LockShortened, Key: key, Entry: &index, Expected: mode + " until " + until.Format(timeLayout), Found: found})
	}
	return nil
}

// locked says whether a lock is as strong and as long as was asked for.
func locked(info objstore.Info, mode string, until stamp) bool {
	return (info.LockMode == objstore.LockMode(mode) || info.LockMode == objstore.LockCompliance) && !info.RetainUntil.Before(until.Time)
}
