package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// group is what one log tells of one tier and event day.
type group struct {
	objects int64
	names   uint64 // keyed hash over the keys, whatever their order
	lost    []lost
	// Of the entries since the daily entry before the last one, or those around the day's own daily entry once it is there; and of the
	// entries since the last one alone.
	around, fresh *chain

	listed bool // compared with the listing
}

// chain sums up segments in the order of the log, and makes the index that a day object of them would have.
type chain struct {
	total tierPart
	sums
	index hash.Hash
	pack  layout.Compression // of the first; others are not joined with it
	late  []sums             // before each late segment: a day object may have been made without it
}

// sums are those of the first segments of a chain.
type sums struct {
	objects, lines, bytes, stored int64
	digest                        digest // of the index
}

func (s sums) String() string {
	return fmt.Sprintf("%d segments, %d lines, %d bytes, %d stored, index sha256 %s", s.objects, s.lines, s.bytes, s.stored, s.digest)
}

// lost is a segment that is not in the bucket.
type lost struct {
	key   string
	entry int64
	until time.Time
	held  bool  // by a day object that was verified
	told  *told // to look at its lines there
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
		g = &group{around: newChain(), fresh: newChain()}
		tiers[tier] = g
	}
	return g
}

func newChain() *chain { return &chain{index: sha256.New()} }

// add takes a segment in.
func (g *group) add(r *run, e *entry, o *object, pack layout.Compression) {
	g.objects++
	g.names += r.mix(o.Key)
	g.around.add(e, o, pack)
	g.fresh.add(e, o, pack)
}

func (c *chain) add(e *entry, o *object, pack layout.Compression) {
	c.total = tierPart{o.Tier, c.total.Objects + 1, c.total.Lines + o.Lines, c.total.Bytes + o.Bytes, c.total.Stored + o.Stored}
	if c.objects == 0 {
		c.pack = pack
	} else if c.pack != pack {
		return
	}
	if o.Late && len(c.late) < maxLate {
		c.late = append(c.late, c.now())
	}
	line, err := encode(indexLine{o.Key, e.Index, c.stored, o.Stored, o.SHA256})
	if err == nil {
		_, _ = c.index.Write(append(line, '\n'))
	}
	c.objects++
	c.lines += o.Lines
	c.bytes += o.Bytes
	c.stored += o.Stored
}

func (c *chain) now() sums {
	s := c.sums
	c.index.Sum(s.digest[:0])
	return s
}

// upTo returns the sums when there were n segments.
func (c *chain) upTo(n int64) sums {
	if i := slices.IndexFunc(c.late, func(s sums) bool { return s.objects == n }); i >= 0 {
		return c.late[i]
	}
	return c.now()
}

// missing notes a segment that is gone; a day object may hold it.
func (l *log) missing(o *told) {
	g := l.group(o.Day.Date, o.Tier)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.goneSoFar.Add(1) > maxGone {
		g.lost = append(g.lost, lost{key: o.Key, entry: o.entry, until: o.LockedUntil.Time})
		defer o.seal.done(false)
		return
	}
	g.lost = append(g.lost, lost{key: o.Key, entry: o.entry, until: o.LockedUntil.Time, told: o})
}

// reportMissing tells of segments that are gone and that no day object holds.
func (l *log) reportMissing() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, tiers := range l.groups {
		for _, g := range tiers {
			for _, s := range g.lost {
				if !s.held && s.told != nil {
					s.told.seal.done(false)
				}
				if !s.held {
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
	key := r.key(dirDays + d.Day.String() + ".jsonl")
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
		bad("its tiers", tierWords(have), tierWords(d.Tiers))
	}
	r.turnDays(d.Day.Date)
	r.daily, r.dailyDay, r.dailyLen = e.Index, d.Day.Date, 0
	r.dailySum.Reset()
	if !r.skips(r.trusted, e) {
		l, index := r.log, e.Index
		l.pool.do(r.ctx, func(ctx context.Context) error { return l.checkFile(ctx, key, index, d.Bytes, d.SHA256) })
	}
}

func tierWords(tiers []tierPart) string {
	words := make([]string, len(tiers))
	for i, t := range tiers {
		words[i] = fmt.Sprintf("%s: %d objects, %d lines, %d bytes, %d stored", t.Tier, t.Objects, t.Lines, t.Bytes, t.Stored)
	}
	return strings.Join(words, "; ")
}

// turnDays forgets, of days that are not over, what was told before the entries of the day that is.
func (l *log) turnDays(over layout.Date) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for day, tiers := range l.groups {
		if day.Compare(over) <= 0 {
			continue
		}
		for _, g := range tiers {
			g.around, g.fresh = g.fresh, newChain()
		}
	}
}

// tiersOf sums up an event day as daily entries do.
func (l *log) tiersOf(day layout.Date) []tierPart {
	l.mu.Lock()
	defer l.mu.Unlock()
	parts := []tierPart{}
	for _, g := range l.groups[day] {
		if g.around.total.Objects > 0 {
			parts = append(parts, g.around.total)
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
