package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
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
	var bad Finding
	var info objstore.Info
	err = l.withScanner(ctx, func(*scanner) error {
		return l.streamInfo(ctx, d.Key, func(r io.Reader, i objstore.Info) (err error) {
			info = i
			bad, err = d.compare(r, index)
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
		l.find(bad)
	}
	if bad.Kind == "" && index != nil && !d.untrue {
		d.excuse(l, index)
	}
	return l.checkLock(ctx, d.Key, d.entry, d.LockMode, d.LockedUntil, info)
}

// excuse marks the segments that are gone and that the day object holds.
func (d *rollup) excuse(l *log, index []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d.good = true
	gone := make(map[string]*lost, len(d.group.lost))
	for i := range d.group.lost {
		gone[d.group.lost[i].key] = &d.group.lost[i]
	}
	for line := range bytes.Lines(index) {
		var i indexLine
		if len(gone) == 0 || json.Unmarshal(line, &i) != nil {
			return
		}
		if s := gone[i.Key]; s != nil {
			s.held = true
		}
	}
}

// holds says whether its segments need not be there themselves.
func (d *rollup) holds() bool { return d.listed && !d.untrue && (d.skip || d.good) }

// compare reads a day object, segment by segment of its index.
func (d *rollup) compare(r io.Reader, index []byte) (Finding, error) {
	whole, part := sha256.New(), sha256.New()
	all := io.TeeReader(io.LimitReader(r, d.Stored+1), whole)
	var at int64
	differs := ""
	for line := range bytes.Lines(index) {
		var i indexLine
		if err := json.Unmarshal(line, &i); err != nil || i.Offset != at {
			break // its hash is the log's, so the log's writer made it so: told by the whole
		}
		part.Reset()
		n, err := io.Copy(part, io.LimitReader(all, i.Stored))
		if err != nil {
			return Finding{}, err
		}
		if at += n; differs == "" && (digest(part.Sum(nil)) != i.SHA256 || n != i.Stored) {
			differs = i.Key
		}
	}
	rest, err := io.Copy(io.Discard, all)
	if err != nil {
		return Finding{}, err
	}
	if sum := digest(whole.Sum(nil)); sum != d.SHA256 || at+rest != d.Stored {
		f := Finding{
			Kind: DayObjectAltered, Expected: fmt.Sprintf("%d bytes, sha256 %s", d.Stored, d.SHA256),
			Found: fmt.Sprintf("%d bytes, sha256 %s", at+rest, sum),
		}
		if differs != "" {
			f.Message = "the day object's bytes are not the signed ones, first in the segment " + differs
		}
		return f, nil
	}
	if differs != "" || rest > 0 && index != nil {
		return Finding{Kind: RollupMismatch, Expected: "the segments of the index, end to end", Found: differs}, nil
	}
	return Finding{}, nil
}
