package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	maxIndex     = 64 << 20 // bytes of a rollup's index
	maxIndexLine = 2 << 10
)

// rollup is a day object that an entry tells of.
type rollup struct {
	dayObject
	entry  int64
	teller *log // whose entry it is
	group  *group
	skip   bool // only looked for
	good   bool // read, and as signed; guarded by log.mu
	untrue bool // its sums or index are not what the log makes them
	listed bool

	lost  map[string]*told // segments that are gone; nil for one whose lines are not looked at
	found []found          // what it holds of them
	read  int64            // bytes of a piece that looking at it has read
}

// absent is what an entry of one log tells of day objects of another writer. It is judged when all logs were read.
type absent struct {
	teller *log
	entry  int64
	part   rollupPart
	skip   bool
}

func (r *rules) rollupEntry(e *entry) {
	skip := r.skips(r.trusted, e)
	if e.Rollup.Writer != "" {
		r.run.mu.Lock()
		defer r.run.mu.Unlock()
		r.absent = append(r.absent, absent{r.log, e.Index, *e.Rollup, skip})
		return
	}
	r.joined(r.log, e.Index, e.Rollup, skip, r.resync)
}

// joinAbsent takes in the day objects that somebody else made. Those of a writer whose log is not proven are not judged.
func (r *run) joinAbsent() {
	for _, a := range r.absent {
		l := r.logs[a.part.Writer]
		switch {
		case l == nil:
			a.teller.find(Finding{
				Kind: RollupMismatch, Key: a.teller.key(numbered(dirEntries, a.entry)), Entry: &a.entry,
				Message: "day objects of a writer that has no log", Found: a.part.Writer,
			})
		case l.proven:
			l.joined(a.teller, a.entry, &a.part, a.skip, false)
		}
	}
}

// joined takes in day objects of this log's segments, which another log may tell of.
func (l *log) joined(teller *log, entry int64, part *rollupPart, skip, resync bool) {
	for i := range part.Objects {
		o := &part.Objects[i]
		bad := func(what, expected, found string) {
			teller.find(Finding{
				Kind: RollupMismatch, Key: o.Key, Entry: &entry, Expected: expected, Found: found,
				Message: "the day object is not made of the segments that the log tells of: " + what,
			})
		}
		name, err := layout.ParseDay(o.Key)
		if err != nil || name.Writer != l.writer || name.Tier != o.Tier || name.Date != o.Day.Date || o.Day.Date != part.Day.Date {
			bad("its key", fmt.Sprintf("tier %s, day %s, writer %s", o.Tier, part.Day, l.writer), o.Key)
			continue
		}
		index := o.Day.String() + "-" + o.Tier
		if teller != l {
			index += "-" + l.writer
		}
		if key := teller.key(dirRollups + index + ".jsonl"); o.IndexKey != key {
			bad("the key of its index", key, o.IndexKey)
		}
		g := l.group(o.Day.Date, o.Tier)
		have, want := g.around.upTo(o.Segments), sums{o.Segments, o.Lines, o.Bytes, o.Stored, o.IndexSHA256}
		if have != want && !resync {
			bad("its sums", have.String(), want.String())
		}
		d := &rollup{dayObject: *o, entry: entry, teller: teller, group: g, skip: skip, untrue: have != want}
		if !l.addDay(d) {
			bad("it is told of twice", "", "")
			continue
		}
		l.tell(o.told(l.writer, entry))
		if !skip {
			l.progress(0, o.Stored)
		}
	}
}

// addDay returns false if the day object was told of before by its own writer twice, or as another one.
func (l *log) addDay(d *rollup) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.days[d.Key]
	if old == nil {
		l.days[d.Key] = d
		return true
	}
	// Two who made the same thing, since neither knew of the other.
	return (old.teller != l || d.teller != l) && old.SHA256 == d.SHA256 && old.Segments == d.Segments
}

// checkRollups reads the day objects. It runs when all segments have been looked for.
func (l *log) checkRollups(ctx context.Context) {
	for _, d := range l.days {
		if d.skip {
			continue
		}
		l.pool.do(ctx, func(ctx context.Context) error { return l.checkDay(ctx, d) })
	}
}

// checkDay reads the index of a day object, whose hash the log has, and then the object along it.
func (l *log) checkDay(ctx context.Context, d *rollup) error {
	index, err := l.get(ctx, d.IndexKey, maxIndex)
	f := Finding{Kind: TrailFileAltered, Key: d.IndexKey, Entry: &d.entry, Expected: "sha256 " + d.IndexSHA256.String()}
	switch sum := digest(sha256.Sum256(index)); {
	case err != nil && !fault(err):
		return err
	case errors.Is(err, objstore.ErrNotFound):
		f.Kind = TrailFileMissing
	case sum == d.IndexSHA256:
		f.Kind = ""
	default:
		f.Found = "sha256 " + sum.String()
	}
	if f.Kind != "" {
		d.teller.find(f)
		index = nil // the object's own hash can be checked all the same
	}
	if index != nil && !d.untrue {
		d.lost = l.lostOf(d.group)
	}
	var bad Finding
	var info objstore.Info
	err = l.withScanner(ctx, func(s *scanner) error {
		return l.streamInfo(ctx, d.Key, func(r io.Reader, i objstore.Info) (err error) {
			info = i
			bad, err = d.compare(s, r, index)
			return err
		})
	})
	switch {
	case errors.Is(err, objstore.ErrNotFound):
		return nil // the listing tells
	case err != nil:
		return err
	}
	l.progress(d.Stored, 0)
	if bad.Kind != "" {
		bad.Key, bad.Entry = d.Key, &d.entry
		d.teller.find(bad)
	} else if index != nil && !d.untrue {
		d.excuse(l)
	}
	return l.checkLock(ctx, d.Key, d.entry, d.LockMode, d.LockedUntil, info)
}

// holds says whether its segments need not be there themselves.
func (d *rollup) holds() bool { return d.listed && !d.untrue && (d.skip || d.good) }
