package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
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
	suspects map[*log]map[partition]bool
}

// maxSuspect bounds the keys that are compared one by one for a log.
const maxSuspect = 1 << 20

func (r *run) compareListing(ctx context.Context) error {
	s := &listing{run: r, tallies: map[string]tally{}, strange: map[string]bool{}, suspects: map[*log]map[partition]bool{}}
	for info, err := range r.list(ctx, layout.DaysRoot, "") {
		if err != nil {
			return err
		}
		s.day(info)
	}
	for info, err := range r.list(ctx, layout.EventsRoot, "") {
		if err != nil {
			return err
		}
		s.segment(info)
	}
	s.flush()
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
				d.teller.find(l.gone(DayObjectMissing, d.Key, d.entry, d.LockedUntil.Time))
			}
		}
	}
	for l, parts := range s.suspects {
		if err := l.explain(ctx, parts); err != nil {
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
	if t == want || t.objects == 0 && l.wholeDay(p, g) {
		return
	}
	if s.suspects[l] == nil {
		s.suspects[l] = map[partition]bool{}
	}
	s.suspects[l][p] = true
}

// wholeDay says whether a day object that was verified, now or by an earlier run, holds all of a group.
func (l *log) wholeDay(p partition, g *group) bool {
	for _, c := range compressions {
		d := l.days[layout.Day{Tier: p.tier, Date: p.day, Writer: l.writer, Compression: c}.Key()]
		if d != nil && d.holds() && d.Segments == g.objects {
			return true
		}
	}
	return false
}

var compressions = []layout.Compression{layout.None, layout.Gzip, layout.Zstd}

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
	for _, c := range compressions {
		name.Compression = c
		if l.days[name.Key()] != nil {
			return false
		}
	}
	return !info.Modified.IsZero() && now.Sub(info.Modified) < pendingFor
}

// explain compares suspect groups key by key: it reads the log once more for the keys it names.
func (l *log) explain(ctx context.Context, parts map[partition]bool) error {
	named, err := l.namedIn(ctx, parts)
	if err != nil {
		return err
	}
	for p := range parts {
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
		for _, gone := range l.groups[p.day][p.tier].lost {
			delete(named, gone.key)
		}
	}
	if err := l.forget(ctx, parts, named); err != nil {
		return err
	}
	for key, o := range named {
		if _, err := l.store.Stat(ctx, key); errors.Is(err, objstore.ErrNotFound) {
			l.find(l.gone(ObjectMissing, key, o.entry, o.LockedUntil.Time))
		} else if err != nil {
			return fmt.Errorf("couldn't look for %s: %w", key, err)
		}
	}
	return nil
}

// namedIn returns the objects that the log tells of in some groups.
func (l *log) namedIn(ctx context.Context, parts map[partition]bool) (map[string]*told, error) {
	named := map[string]*told{}
	for s, err := range l.copies(ctx, 0, l.size) {
		if err != nil {
			return nil, err
		}
		if s.entry == nil || s.entry.Seal == nil {
			continue
		}
		for _, o := range s.entry.Seal.Objects {
			if parts[partition{o.Tier, o.Day.Date}] {
				named[o.Key] = &told{object: o, entry: s.index}
			}
		}
		if len(named) > maxSuspect {
			return nil, fmt.Errorf("more than %d objects of %s are in doubt", maxSuspect, l.writer)
		}
	}
	return named, nil
}

// forget takes those out that a verified day object holds.
func (l *log) forget(ctx context.Context, parts map[partition]bool, named map[string]*told) error {
	for _, d := range l.days {
		if !parts[partition{d.Tier, d.Day.Date}] || !d.holds() || len(named) == 0 {
			continue
		}
		index, err := l.get(ctx, d.IndexKey, maxIndex)
		if err != nil && !fault(err) {
			return err
		}
		if err != nil || sha256.Sum256(index) != d.IndexSHA256 {
			continue
		}
		for line := range bytes.Lines(index) {
			var i indexLine
			if json.Unmarshal(line, &i) == nil {
				delete(named, i.Key)
			}
		}
	}
	return nil
}
