package trail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	// expirePause is the time from one failure to let segments go to the next attempt, which reads the day object again.
	expirePause = time.Hour
	// maxExpiring bounds the days that are remembered until their locks end: almost three years, in 100 KB of the state.
	maxExpiring = 1024
	maxPieces   = 64 << 20 // bytes of a rollup's index that is read back
)

// expiring is a rollup entry of whose day objects some have segments that may go. Those whose lock ended up to Done went.
type expiring struct {
	Entry uint64
	Due   Time
	Done  Time `json:",omitzero"`
}

// letGo remembers the segments of new day objects. It is called with the state of their entry, the first of its batch.
func (l *Log) letGo(next *state, r *Rollup) {
	if l.opts.Remover == nil || len(r.Objects) == 0 {
		return
	}
	if len(next.Expiring) >= maxExpiring {
		l.opts.Warn("too many days wait for the end of their locks; this one's segments stay", fmt.Errorf("%v", r.Day))
		return
	}
	due := slices.MinFunc(r.Objects, func(a, b DayObject) int { return a.LockedUntil.Compare(b.LockedUntil.Time) }).LockedUntil
	next.Expiring = append(next.Expiring, expiring{Entry: next.Tree.Size, Due: due})
}

// expire lets the segments of one day go, beside the log. To do so again after a crash is no harm.
func (l *Log) expire(ctx context.Context) error {
	now := l.opts.Now()
	i := slices.IndexFunc(l.state.Expiring, func(e expiring) bool { return !now.Before(e.Due.Time) })
	if l.opts.Remover == nil || i < 0 || now.Sub(l.expireAt).Abs() < expirePause {
		return nil
	}
	e := l.state.Expiring[i]
	v := l.snapshot()
	l.expireAt = now
	left := expiring{Entry: e.Entry, Done: Time{now.UTC()}}
	v.gone = func() { l.count(func(s *Stats) { s.Expired++ }) }
	return l.beside(ctx, func(ctx context.Context) error {
		err := v.each(ctx, e.Entry, e.Entry+1, func(_ uint64, text []byte) (err error) {
			left.Due, err = v.expireDay(ctx, text, e.Done.Time, now)
			return err
		})
		if err != nil {
			return fmt.Errorf("couldn't let segments go that a day object holds: %w", err)
		}
		return nil
	}, func(context.Context) error {
		l.expireAt = time.Time{}
		next := l.state.clone()
		if next.Expiring[i] = left; left.Due.IsZero() {
			next.Expiring = slices.Delete(next.Expiring, i, i+1)
		}
		if err := next.save(l.opts.State); err != nil {
			return err
		}
		l.state = next
		return nil
	})
}

// expireDay lets those segments go whose day object is as its entry says and whose lock ended after done, up to now. It returns when the
// next lock ends, zero if none will.
func (v *view) expireDay(ctx context.Context, entry []byte, done, now time.Time) (due Time, err error) {
	e, err := ParseEntry(entry)
	if err != nil || e.Rollup == nil {
		return due, err
	}
	for i := range e.Rollup.Objects {
		o := &e.Rollup.Objects[i]
		switch {
		case o.LockedUntil.After(now):
			if due.IsZero() || o.LockedUntil.Before(due.Time) {
				due = o.LockedUntil
			}
		case !o.LockedUntil.IsZero() && !o.LockedUntil.After(done):
		default:
			err := v.expireTier(ctx, o)
			if errors.Is(err, objstore.ErrConflict) || errors.Is(err, objstore.ErrNotFound) {
				v.opts.Warn("a day object is gone or was changed; its segments stay", err)
			} else if err != nil {
				return due, err
			}
		}
	}
	return due, nil
}

func (v *view) expireTier(ctx context.Context, o *DayObject) error {
	index, err := read(ctx, v.opts.Bucket, o.IndexKey, maxPieces)
	if err != nil {
		return err
	}
	if Hash(sha256.Sum256(index)) != o.IndexSHA256 {
		return fmt.Errorf("%w: %q is not as this writer put it", objstore.ErrConflict, o.IndexKey)
	}
	if err := v.readBack(ctx, o); err != nil {
		return err
	}
	for line := range bytes.Lines(index) {
		piece, err := ParsePiece(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return err
		}
		if s, err := layout.ParseSegment(piece.Key); err != nil || s.Writer != v.opts.Writer || s.Tier != o.Tier || s.Date != o.Day.Date {
			return fmt.Errorf("%w: %q is no segment of %q", objstore.ErrConflict, piece.Key, o.Key) // nothing else is ever removed
		}
		switch err := v.opts.Remover.Remove(ctx, piece.Key); {
		case errors.Is(err, objstore.ErrLocked):
			// Somebody made its lock longer, or holds it. It stays, which is no harm.
			v.opts.Warn("a segment is locked for longer than was asked for; it stays", err)
		case err != nil:
			return err
		default:
			v.gone()
		}
	}
	return nil
}

// readBack wants a day object to be what its entry says, now: it will be the only one to hold these bytes.
func (v *view) readBack(ctx context.Context, o *DayObject) error {
	r, err := v.opts.Bucket.Get(ctx, o.Key)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // read only
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(r, o.Stored+1))
	if err != nil {
		return fmt.Errorf("couldn't read %q back: %w", o.Key, err)
	}
	if n != o.Stored || Hash(sum.Sum(nil)) != o.SHA256 {
		return fmt.Errorf("%w: %q is not as this writer put it", objstore.ErrConflict, o.Key)
	}
	return nil
}
