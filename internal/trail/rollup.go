package trail

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// maxDayObject bounds a day object, in bytes: S3 takes 5 GiB in one request. A tier with more stays in its segments.
const maxDayObject = 4 << 30

// rollUp joins the segments of the oldest day that waits for it, if its grace is over, beside the log. What is joined is settled, and
// saved, before anything is put: so every attempt makes the same objects.
func (l *Log) rollUp(ctx context.Context) error {
	if len(l.state.Rollups) == 0 {
		return nil
	}
	p := l.state.Rollups[0]
	if l.opts.Now().Before(p.Day.AddDays(1).Start().Add(l.opts.Grace)) {
		return nil
	}
	if p.To == 0 {
		p.To = l.state.Tree.Size
		next := l.state.clone()
		next.Rollups[0] = p
		if err := next.save(l.opts.State); err != nil {
			return err
		}
		l.state = next
	}
	v := l.snapshot()
	var r *Rollup
	return l.beside(ctx, func(ctx context.Context) (err error) {
		if r, err = v.joinDay(ctx, p); err != nil {
			err = fmt.Errorf("couldn't join the objects of %v: %w", p.Day, err)
		}
		return err
	}, func(ctx context.Context) error { return l.rolledUp(ctx, r) })
}

// rolledUp tells of day objects.
func (l *Log) rolledUp(ctx context.Context, r *Rollup) error {
	return l.append(ctx, func(next *state) ([]Entry, error) {
		next.Rollups = next.Rollups[1:]
		next.lock(r)
		l.letGo(next, r)
		return []Entry{{Kind: KindRollup, Rollup: r}}, nil
	})
}

// segments are those of one tier and day.
type segments struct {
	DayObject

	pieces      []Piece
	compression layout.Compression
	path        string // of the index
}

// tiers are the segments of one writer and day, by tier.
type tiers map[string]*segments

// add takes in what an entry tells of. A segment packed otherwise than the first of its tier stays alone.
func (t tiers) add(writer string, index uint64, o Object) error {
	name, err := layout.ParseSegment(o.Key)
	if err != nil {
		return err
	}
	s := t[o.Tier]
	if s == nil {
		s = &segments{compression: name.Compression, path: RollupPath(o.Day.Date, o.Tier)}
		s.Tier, s.Day = o.Tier, o.Day
		s.Key = layout.Day{Tier: o.Tier, Date: o.Day.Date, Writer: writer, Compression: name.Compression}.Key()
		t[o.Tier] = s
	}
	if s.compression != name.Compression {
		return nil
	}
	s.pieces = append(s.pieces, Piece{o.Key, index, s.Stored, o.Stored, o.SHA256})
	s.Segments, s.Lines = s.Segments+1, s.Lines+o.Lines
	s.Bytes, s.Stored = s.Bytes+o.Bytes, s.Stored+o.Stored
	if o.LockedUntil.After(s.LockedUntil.Time) {
		s.LockMode, s.LockedUntil = o.LockMode, o.LockedUntil
	}
	return nil
}

// joinDay puts the day objects of a day.
func (v *view) joinDay(ctx context.Context, p pendingRollup) (*Rollup, error) {
	found := tiers{}
	err := v.eachObject(ctx, p.From, p.To, func(index uint64, o Object) error {
		if o.Day != p.Day {
			return nil
		}
		return found.add(v.opts.Writer, index, o)
	})
	if err != nil {
		return nil, err
	}
	return v.join(ctx, p.Day, found)
}

func (v *view) join(ctx context.Context, day Day, found tiers) (*Rollup, error) {
	r := &Rollup{Day: day, Objects: []DayObject{}}
	for _, tier := range slices.Sorted(maps.Keys(found)) {
		s := found[tier]
		if s.Stored > maxDayObject {
			v.opts.Warn("a day has too much of one tier for one object; it stays in its segments", fmt.Errorf("%v, %s: %d bytes", day, tier, s.Stored))
			continue
		}
		f, err := newSpool(v.opts.Spool)
		if err != nil {
			return nil, err
		}
		err = v.joinTier(ctx, s, f)
		f.discard()
		if err != nil {
			return nil, err
		}
		if s.IndexKey != "" {
			r.Objects = append(r.Objects, s.DayObject)
		}
	}
	return r, nil
}

// joinTier puts one day object and its index. If a segment is not what it was, there will be none: the verifier tells
// why.
func (v *view) joinTier(ctx context.Context, s *segments, f *spool) error {
	var index []byte
	for _, piece := range s.pieces {
		switch same, err := v.copyPiece(ctx, f, piece); {
		case err != nil:
			return err
		case !same:
			v.opts.Warn("a segment is gone or was changed; its day stays in segments", fmt.Errorf("%q", piece.Key))
			return nil
		}
		line, err := marshal(piece)
		if err != nil {
			return err
		}
		index = append(append(index, line...), '\n')
	}
	body, err := f.body()
	if err != nil {
		return err
	}
	opts := objstore.PutOptions{ContentType: s.compression.MediaType()}
	if s.LockMode != "" {
		opts.LockMode, opts.RetainUntil = objstore.LockMode(s.LockMode), s.LockedUntil.Time
	}
	if _, err := v.opts.Bucket.Put(ctx, s.Key, body, opts); err != nil {
		return err
	}
	if err := v.put(ctx, s.path, typeLines, index); err != nil {
		return err
	}
	s.SHA256, s.IndexKey, s.IndexSHA256 = body.SHA256, v.key(s.path), sha256.Sum256(index)
	return nil
}

// copyPiece appends a segment to a day object and says whether it is the one that its entry tells of.
func (v *view) copyPiece(ctx context.Context, f *spool, piece Piece) (same bool, err error) {
	r, err := v.opts.Bucket.Get(ctx, piece.Key)
	if reason := objstore.Reason(err); reason == "not_found" {
		return false, nil
	} else if err != nil {
		return false, err
	}
	defer func() { _ = r.Close() }() // read only
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(r, piece.Stored+1))
	if err != nil {
		return false, fmt.Errorf("couldn't copy %q: %w", piece.Key, err)
	}
	return n == piece.Stored && Hash(sum.Sum(nil)) == piece.SHA256, nil
}
