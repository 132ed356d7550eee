package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	// pendingFor is how long an object may lie there before its log tells of it.
	pendingFor = 24 * time.Hour
	maxStrange = 1000 // writers without a log that are told one by one
)

// partition is one tier and day.
type partition struct {
	tier string
	day  layout.Date
}

// tally is what the listing holds of one writer in a partition.
type tally struct {
	objects int64
	names   uint64
}

// listing compares what lies in the bucket with what the logs name. Keys are not held: for each writer, tier and day a count and
// a keyed hash are compared, and only where they differ are both sides looked at again.
type listing struct {
	*run
	now      partition
	tallies  map[string]tally
	strange  map[string]bool
	suspects []suspect
}

type suspect struct {
	log *log
	partition
}

func (r *run) compareListing(ctx context.Context) error {
	s := &listing{run: r, tallies: map[string]tally{}, strange: map[string]bool{}}
	for info, err := range r.list(ctx, layout.EventsRoot, "") {
		if err != nil {
			return err
		}
		s.segment(info)
	}
	s.flush()
	for info, err := range r.list(ctx, layout.DaysRoot, "") {
		if err != nil {
			return err
		}
		s.day(info)
	}
	for _, l := range r.sortedLogs() {
		for day, tiers := range l.groups {
			for tier, g := range tiers {
				if !g.listed && l.proven {
					s.compare(l, partition{tier, day}, g, tally{})
				}
			}
		}
		for _, d := range l.days {
			if !d.listed {
				d.group.held = 0
				l.find(l.gone(DayObjectMissing, d.Key, d.entry, d.LockedUntil.Time))
			}
		}
	}
	for _, x := range s.suspects {
		if err := x.log.explain(ctx, x.partition); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *listing) segment(info objstore.Info) {
	name, err := layout.ParseSegment(info.Key)
	if err != nil {
		s.found.add(Finding{Kind: ForeignObject, Key: info.Key, Found: "a key that no writer makes"})
		return
	}
	if p := (partition{name.Tier, name.Date}); p != s.now {
		s.flush()
		s.now = p
	}
	l := s.logOf(name.Writer, info.Key)
	if l == nil {
		return
	}
	if name.Seal > uint64(l.rules.seal) {
		s.pending(l, info)
		return
	}
	t := s.tallies[name.Writer]
	s.tallies[name.Writer] = tally{t.objects + 1, t.names + s.mix(info.Key)}
}

// logOf returns the log of a writer, or nil if there is none to compare with; a writer without one is told once.
func (s *listing) logOf(writer, key string) *log {
	l := s.logs[writer]
	if l != nil && l.proven {
		return l
	}
	if l == nil && !s.gone[writer] && !s.strange[writer] && len(s.strange) < maxStrange {
		s.strange[writer] = true
		s.found.add(Finding{Kind: ForeignWriter, Writer: writer, Key: key})
	}
	return nil
}

// pending judges an object that its log doesn't tell of yet.
func (s *listing) pending(l *log, info objstore.Info) {
	f := Finding{Kind: PendingObject, Key: info.Key, Expected: fmt.Sprintf("at most seal %d", l.rules.seal)}
	if age := s.opts.Now.Sub(info.Modified); !info.Modified.IsZero() && age > pendingFor || l.rules.kind == kindClosing && l.unfinished(s.opts.Now) {
		f.Kind, f.Found = UncommittedObject, "put "+age.Round(time.Second).String()+" ago"
	}
	l.find(f)
}

func (s *listing) flush() {
	for writer, t := range s.tallies {
		l := s.logs[writer]
		s.compare(l, s.now, l.group(s.now.day, s.now.tier), t)
	}
	clear(s.tallies)
}

// compare makes a suspect of a group whose listing is not what the log names, known gaps aside.
func (s *listing) compare(l *log, p partition, g *group, t tally) {
	g.listed = true
	want := tally{g.objects, g.names}
	for _, gone := range g.lost {
		want.objects--
		want.names -= s.mix(gone.key)
	}
	if t != want {
		s.suspects = append(s.suspects, suspect{l, p})
	}
}

func (s *listing) day(info objstore.Info) {
	name, err := layout.ParseDay(info.Key)
	if err != nil {
		s.found.add(Finding{Kind: ForeignObject, Key: info.Key, Found: "a key that no writer makes"})
		return
	}
	l := s.logOf(name.Writer, info.Key)
	if l == nil {
		return
	}
	if d := l.days[info.Key]; d != nil {
		d.listed = true
		return
	}
	if l.mayBeMaking(name, info, s.opts.Now) {
		l.find(Finding{Kind: PendingObject, Key: info.Key})
		return
	}
	l.find(Finding{Kind: ForeignObject, Key: info.Key})
}

// mayBeMaking says whether a day object may be one that the writer is about to tell of.
func (l *log) mayBeMaking(name layout.Day, info objstore.Info, now time.Time) bool {
	g := l.groups[name.Date][name.Tier]
	if g == nil || g.objects == 0 || name.Date.Compare(layout.DateOf(now)) >= 0 {
		return false
	}
	for _, c := range []layout.Compression{layout.None, layout.Gzip, layout.Zstd} {
		name.Compression = c
		if l.days[name.Key()] != nil {
			return false
		}
	}
	return !info.Modified.IsZero() && now.Sub(info.Modified) < pendingFor
}

// explain compares a suspect group key by key: it reads the log once more for the keys it names.
func (l *log) explain(ctx context.Context, p partition) error {
	named := map[string]*told{}
	g := l.groups[p.day][p.tier]
	place := int64(0)
	for s, err := range l.copies(ctx, 0, l.size) {
		if err != nil {
			return err
		}
		if s.entry == nil || s.entry.Seal == nil {
			continue
		}
		for _, o := range s.entry.Seal.Objects {
			if o.Tier == p.tier && o.Day.Date == p.day {
				place++
				named[o.Key] = &told{object: o, entry: s.index, place: place}
			}
		}
	}
	for info, err := range l.list(ctx, layout.SegmentPrefix(p.tier, p.day), "") {
		if err != nil {
			return err
		}
		name, err := layout.ParseSegment(info.Key)
		if err != nil || name.Writer != l.writer || name.Seal > uint64(l.rules.seal) {
			continue
		}
		if named[info.Key] == nil {
			l.find(Finding{Kind: ForeignObject, Key: info.Key})
		}
		delete(named, info.Key)
	}
	for _, gone := range g.lost {
		delete(named, gone.key)
	}
	for key, o := range named {
		if o.place <= g.held {
			continue
		}
		if _, err := l.store.Stat(ctx, key); errors.Is(err, objstore.ErrNotFound) {
			l.find(l.gone(ObjectMissing, key, o.entry, o.LockedUntil.Time))
		} else if err != nil {
			return fmt.Errorf("couldn't look for %s: %w", key, err)
		}
	}
	return nil
}
