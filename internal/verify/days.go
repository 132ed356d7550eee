package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// group is what one log tells of one tier and event day: sums, and the index that a day object made now would have.
type group struct {
	sums
	index hash.Hash
	late  []sums // before each late segment: a day object may have been made without it
	lost  []lost
	names uint64 // keyed hash over the keys, whatever their order
	held  int64  // segments that a day object holds, as verified

	listed bool // compared with the listing
}

// sums are those of a group's first segments.
type sums struct {
	objects, lines, bytes, stored int64
	digest                        digest // of the index
}

// lost is a segment that is not in the bucket.
type lost struct {
	key   string
	entry int64
	place int64 // in its group, from 1
	until time.Time
}

const maxLate = 10000 // late segments of a group whose sums are remembered

func (l *log) group(day layout.Date, tier string) *group {
	l.mu.Lock()
	defer l.mu.Unlock()
	tiers := l.groups[day]
	if tiers == nil {
		tiers = map[string]*group{}
		l.groups[day] = tiers
	}
	g := tiers[tier]
	if g == nil {
		g = &group{index: sha256.New()}
		tiers[tier] = g
	}
	return g
}

// add takes a segment in.
func (g *group) add(r *run, e *entry, o *object) {
	if o.Late && len(g.late) < maxLate {
		g.late = append(g.late, g.now())
	}
	line, err := encode(indexLine{o.Key, e.Index, g.stored, o.Stored, o.SHA256})
	if err == nil {
		_, _ = g.index.Write(append(line, '\n'))
	}
	g.objects++
	g.lines += o.Lines
	g.bytes += o.Bytes
	g.stored += o.Stored
	g.names += r.mix(o.Key)
}

func (g *group) now() sums {
	s := g.sums
	g.index.Sum(s.digest[:0])
	return s
}

// upTo returns the sums when there were n segments.
func (g *group) upTo(n int64) (sums, bool) {
	if n == g.objects {
		return g.now(), true
	}
	i := slices.IndexFunc(g.late, func(s sums) bool { return s.objects == n })
	if i < 0 {
		return sums{}, false
	}
	return g.late[i], true
}

// missing notes a segment that is gone; a day object may hold it.
func (l *log) missing(o *told) {
	g := l.group(o.Day.Date, o.Tier)
	l.mu.Lock()
	defer l.mu.Unlock()
	g.lost = append(g.lost, lost{o.Key, o.entry, o.place, o.LockedUntil.Time})
}

// reportMissing tells of segments that are gone and that no day object holds.
func (l *log) reportMissing() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, tiers := range l.groups {
		for _, g := range tiers {
			for _, s := range g.lost {
				if s.place > g.held {
					l.find(l.gone(ObjectMissing, s.key, s.entry, s.until))
				}
			}
		}
	}
}

// gone is the finding for an object that is not there.
func (l *log) gone(kind Kind, key string, index int64, until time.Time) Finding {
	f := Finding{Kind: kind, Key: key, Entry: &index, Expected: "the object"}
	if !until.IsZero() {
		f.Expected += ", locked until " + until.Format(timeLayout)
		if until.Before(l.opts.Now) {
			f.Kind = ObjectExpired
		}
	}
	return f
}

func (r *rules) dailyEntry(e *entry) {
	d := e.Daily
	bad := func(what, expected, found string) {
		r.find(r.place(Finding{Kind: DailyMismatch, Message: "the daily entry doesn't sum up the entries before it: " + what, Expected: expected, Found: found}, e))
	}
	key := r.log.key(dirDays + d.Day.String() + ".jsonl")
	switch {
	case d.From != r.daily || d.To != e.Index:
		bad("its entries", fmt.Sprintf("%d to %d", r.daily, e.Index), fmt.Sprintf("%d to %d", d.From, d.To))
	case r.dailyDay.Valid() && d.Day.Compare(r.dailyDay) <= 0:
		bad("its day", "after "+r.dailyDay.String(), d.Day.String())
	case d.Key != key:
		bad("its key", key, d.Key)
	case d.SHA256 != digest(r.dailySum.Sum(nil)) || d.Bytes != r.dailyLen:
		bad("its file", fmt.Sprintf("%d bytes, sha256 %x", r.dailyLen, r.dailySum.Sum(nil)), fmt.Sprintf("%d bytes, sha256 %s", d.Bytes, d.SHA256))
	}
	if have := r.tiersOf(d.Day.Date); !slices.Equal(have, d.Tiers) {
		bad("its tiers", fmt.Sprintf("%+v", have), fmt.Sprintf("%+v", d.Tiers))
	}
	r.daily, r.dailyDay, r.dailyLen = e.Index, d.Day.Date, 0
	r.dailySum.Reset()
	if !r.skips(r.trusted, e) {
		l, index := r.log, e.Index
		l.pool.do(r.ctx, func(ctx context.Context) error { return l.checkFile(ctx, key, index, d.Bytes, d.SHA256) })
	}
}

// tiersOf sums up an event day as daily entries do.
func (l *log) tiersOf(day layout.Date) []tierPart {
	l.mu.Lock()
	defer l.mu.Unlock()
	parts := []tierPart{}
	for tier, g := range l.groups[day] {
		if g.objects > 0 {
			parts = append(parts, tierPart{tier, g.objects, g.lines, g.bytes, g.stored})
		}
	}
	slices.SortFunc(parts, func(a, b tierPart) int { return cmpStrict(a.Tier, b.Tier) })
	return parts
}

// checkFile compares a file of the log with the hash that the log has of it.
func (l *log) checkFile(ctx context.Context, key string, index, size int64, want digest) error {
	h := sha256.New()
	var n int64
	err := l.stream(ctx, key, func(r io.Reader) (err error) {
		h.Reset()
		n, err = io.Copy(h, io.LimitReader(r, size+1))
		return err
	})
	f := Finding{Kind: TrailFileAltered, Key: key, Entry: &index, Expected: fmt.Sprintf("%d bytes, sha256 %s", size, want)}
	switch sum := digest(h.Sum(nil)); {
	case errors.Is(err, objstore.ErrNotFound):
		f.Kind = TrailFileMissing
	case err != nil:
		return err
	case sum == want && n == size:
		return nil
	default:
		f.Found = fmt.Sprintf("%d bytes, sha256 %s", n, sum)
	}
	l.find(f)
	return nil
}
