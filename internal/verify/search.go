package verify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"sync"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/unpack"
)

// home is where a segment's bytes are: under its own key, or in a day object.
type home struct {
	segment        layout.Segment
	key            string
	offset, stored int64 // in a day object; stored is 0 for a segment of its own
}

// open hands the segment's bytes to read, which may leave some.
func (r *run) open(ctx context.Context, h home, read func(io.Reader) error) error {
	return r.stream(ctx, h.key, func(src io.Reader) error {
		if h.stored > 0 {
			if _, err := io.CopyN(io.Discard, src, h.offset); err != nil {
				return nil //nolint:nilerr // it was cut: then it holds nothing there
			}
			src = io.LimitReader(src, h.stored)
		}
		return read(src)
	})
}

// search looks for one event, in segments first and then in day objects.
type search struct {
	*run
	query Query

	mu    sync.Mutex
	found *home // guarded by mu; the one with the lowest key
}

func (s *search) hit(h home) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found == nil || h.segment.Key() < s.found.segment.Key() {
		s.found = &h
	}
}

func (s *search) done() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.found != nil
}

// look returns where the event is, nil if nowhere.
func (s *search) look(ctx context.Context) (*home, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.pool.cancel = cancel
	for _, in := range []func(context.Context) error{s.segments, s.days} {
		err := in(ctx)
		s.pool.wait()
		if s.done() {
			return s.found, nil
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// prefixes are those that the query leaves, of a root: all of it, a tier's, or a day's of each tier.
func (s *search) prefixes(ctx context.Context, root string, of func(tier string, day layout.Date) string) ([]string, error) {
	switch q := s.query; {
	case q.Tier == "" && q.Day == layout.Date{}:
		return []string{root}, nil
	case q.Day == layout.Date{}:
		return []string{layout.TierPrefix(root, q.Tier)}, nil
	case q.Tier != "":
		return []string{of(q.Tier, q.Day)}, nil
	}
	var all []string
	for after := ""; ; {
		tier := ""
		for info, err := range s.list(ctx, root, after) {
			if err != nil {
				return nil, err
			}
			if tier, err = tierOf(root, info.Key); err != nil {
				return nil, err
			}
			break
		}
		if tier == "" {
			return all, nil
		}
		all = append(all, of(tier, s.query.Day))
		after = layout.TierPrefix(root, tier) + "\U0010ffff" // behind all of that tier
	}
}

func tierOf(root, key string) (string, error) {
	if root == layout.DaysRoot {
		d, err := layout.ParseDay(key)
		return d.Tier, err
	}
	seg, err := layout.ParseSegment(key)
	return seg.Tier, err
}

func (s *search) segments(ctx context.Context) error {
	prefixes, err := s.prefixes(ctx, layout.EventsRoot, layout.SegmentPrefix)
	if err != nil {
		return err
	}
	for _, prefix := range prefixes {
		for info, err := range s.list(ctx, prefix, "") {
			if err != nil || s.done() {
				return err
			}
			name, err := layout.ParseSegment(info.Key)
			if err != nil || s.query.Writer != "" && name.Writer != s.query.Writer {
				continue
			}
			s.progress(0, info.Size)
			s.pool.do(ctx, func(ctx context.Context) error {
				defer s.progress(info.Size, 0)
				h := home{segment: name, key: info.Key}
				there := false
				err := s.open(ctx, h, func(src io.Reader) error {
					there = s.holds(src, name.Compression)
					return nil
				})
				if there {
					s.hit(h)
				}
				if fault(err) {
					err = nil
				}
				return err
			})
		}
	}
	return nil
}

// days looks into the pieces of day objects whose segment is gone, or was not looked into.
func (s *search) days(ctx context.Context) error {
	prefixes, err := s.prefixes(ctx, layout.DaysRoot, layout.DayPrefix)
	if err != nil {
		return err
	}
	for _, prefix := range prefixes {
		for info, err := range s.list(ctx, prefix, "") {
			if err != nil || s.done() {
				return err
			}
			name, err := layout.ParseDay(info.Key)
			if err != nil || s.query.Writer != "" && name.Writer != s.query.Writer {
				continue
			}
			s.progress(0, info.Size)
			s.pool.do(ctx, func(ctx context.Context) error {
				defer s.progress(info.Size, 0)
				return s.day(ctx, name)
			})
		}
	}
	return nil
}

func (s *search) day(ctx context.Context, name layout.Day) error {
	pieces, err := s.pieces(ctx, name)
	if err != nil {
		return err
	}
	err = s.stream(ctx, name.Key(), func(src io.Reader) error {
		for _, h := range pieces {
			piece := io.LimitReader(src, h.stored)
			if s.holds(piece, name.Compression) {
				s.hit(h)
				return nil
			}
			if _, err := io.Copy(io.Discard, piece); err != nil {
				return nil //nolint:nilerr // the store's errors are told by stream
			}
		}
		return nil
	})
	if fault(err) {
		err = nil
	}
	return err
}

// pieces are the segments that a day object joins, by its index, or by the writer's log where another writer has the index. Nothing of it
// is believed: what comes of it is proven.
func (s *search) pieces(ctx context.Context, name layout.Day) (pieces []home, err error) {
	index, err := s.get(ctx, layout.TrailPrefix(name.Writer)+dirRollups+name.Date.String()+"-"+name.Tier+".jsonl", maxIndex)
	if err != nil && !fault(err) {
		return nil, err
	}
	add := func(key string, stored int64) {
		at := int64(0)
		if n := len(pieces); n > 0 {
			at = pieces[n-1].offset + pieces[n-1].stored
		}
		if seg, err := layout.ParseSegment(key); err == nil && seg.Compression == name.Compression && stored > 0 {
			pieces = append(pieces, home{seg, name.Key(), at, stored})
		}
	}
	for line := range bytes.Lines(index) {
		var i indexLine
		if json.Unmarshal(line, &i) == nil {
			add(i.Key, i.Stored)
		}
	}
	if len(pieces) > 0 {
		return pieces, nil
	}
	l := newLog(s.run, name.Writer)
	if err := l.takeInventory(ctx); err != nil {
		return nil, err
	}
	if ok, err := l.findNewest(ctx); err != nil || !ok {
		return nil, err
	}
	for step, err := range l.copies(ctx, 0, l.size) {
		if err != nil {
			return nil, err
		}
		if step.entry == nil || step.entry.Seal == nil {
			continue
		}
		for _, o := range step.entry.Seal.Objects {
			if o.Tier == name.Tier && o.Day.Date == name.Date {
				add(o.Key, o.Stored)
			}
		}
	}
	return pieces, nil
}

// holds says whether the event is among the lines.
func (s *search) holds(src io.Reader, c layout.Compression) bool {
	there := false
	_ = s.eachLine(src, c, func(line []byte) error {
		if there = s.query.is(line); there {
			return errEnough
		}
		return nil
	})
	return there
}

// eachLine unpacks and hands over line by line. An object that can't be unpacked ends early: verify tells of it.
func (r *run) eachLine(src io.Reader, c layout.Compression, do func([]byte) error) error {
	plain, err := unpack.Reader(src, c, maxWindow)
	if err != nil {
		return nil // verify tells
	}
	defer plain.Close() //nolint:errcheck // it was only read
	in := bufio.NewScanner(plain)
	in.Buffer(make([]byte, 0, scanBuffer), r.opts.MaxLine)
	for in.Scan() {
		if err := do(in.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// is says whether a line is the event.
func (q *Query) is(line []byte) bool {
	if !bytes.Contains(line, q.wanted) {
		return false
	}
	h, err := event.ReadHeader(line)
	return err == nil && h.ID == q.ID
}
