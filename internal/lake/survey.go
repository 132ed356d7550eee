package lake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// object is one object of the bucket that may hold wanted events.
type object struct {
	writer, key, tier string
	day               layout.Date
	sum               [32]byte // zero while nobody has told it
	stored, lines     int64
	segments          int64 // that a day object joins; 0 for a segment
}

// partition is what one writer has of one tier and day: the segments in the log's order, and the day object that joins the first of
// them, if there is one.
type partition struct {
	day      *object
	segments []*object
}

// surveyed is what the bucket should hold of what is wanted.
type surveyed struct {
	provenance Provenance
	partitions []*partition
}

type place struct {
	tier, writer string
	day          layout.Date
}

// survey finds out which objects there are: from the logs, or for an unverified lake from the listing.
func survey(ctx context.Context, store Store, opts *Options, c *cache) (*surveyed, error) {
	s := &surveyed{provenance: Provenance{Bucket: store.String(), At: opts.Now, Verified: !opts.Unverified}}
	objects, err := s.objects(ctx, store, opts, c)
	if err != nil {
		return nil, err
	}
	places := map[place]*partition{}
	for i := range objects {
		o := &objects[i]
		if !opts.wants(o.tier, o.day) {
			continue
		}
		p := places[place{o.tier, o.writer, o.day}]
		if p == nil {
			p = &partition{}
			places[place{o.tier, o.writer, o.day}] = p
		}
		if o.segments > 0 {
			p.day = o
		} else {
			p.segments = append(p.segments, o)
		}
	}
	order := slices.SortedFunc(maps.Keys(places), func(a, b place) int {
		return cmp.Or(a.day.Compare(b.day), strings.Compare(a.tier, b.tier), strings.Compare(a.writer, b.writer))
	})
	for _, at := range order {
		s.partitions = append(s.partitions, places[at])
	}
	return s, nil
}

func (s *surveyed) objects(ctx context.Context, store Store, opts *Options, c *cache) ([]object, error) {
	if opts.Unverified {
		return list(ctx, store, opts)
	}
	if known := c.recall(store.String(), opts); known != nil {
		s.provenance.At, s.provenance.Writers, s.provenance.PublishedKeys = known.At, known.Writers, known.PublishedKeys
		return known.objects(), nil
	}
	return s.fromLogs(ctx, store, opts, c)
}

// fromLogs verifies the logs and returns the objects that they prove. A writer whose log doesn't verify proves nothing.
func (s *surveyed) fromLogs(ctx context.Context, store Store, opts *Options, c *cache) ([]object, error) {
	var (
		mu   sync.Mutex
		told []object
	)
	rep, err := verify.Run(ctx, store, verify.Options{
		Keys: opts.Keys, LogsOnly: true, Parallel: opts.Parallel, Now: opts.Now,
		OnObject: func(o verify.Object) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, object{
				writer: o.Writer, key: o.Key, tier: o.Tier, day: o.Day, sum: o.SHA256, stored: o.Stored, lines: o.Lines, segments: o.Segments,
			})
		},
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't verify the logs: %w", err)
	}
	p := &s.provenance
	p.Writers, p.PublishedKeys = rep.Writers, rep.PublishedKeys
	broken := map[string]bool{}
	for _, f := range rep.Findings {
		if f.Note {
			continue
		}
		p.Findings = append(p.Findings, f)
		if slices.Contains(unproven, f.Kind) {
			broken[f.Writer] = true
		}
	}
	proven := told[:0]
	for i := range told {
		if !broken[told[i].writer] {
			proven = append(proven, told[i])
		} else if opts.wants(told[i].tier, told[i].day) {
			p.unseen(&told[i], ReasonLog)
		}
	}
	if len(p.Findings) > 0 {
		return proven, nil // a bucket with violations is looked at again each time
	}
	return proven, c.remember(store.String(), opts, p, proven)
}

// unproven are the kinds of findings after which nothing that a log tells can be believed.
var unproven = []verify.Kind{
	verify.BadSignature, verify.WrongKey, verify.BadRotation, verify.CheckpointMissing, verify.CheckpointMalformed, verify.CheckpointFork,
	verify.LogRolledBack, verify.HistoryRewritten, verify.EntryMissing, verify.EntryAltered, verify.EntryMalformed,
}

// list returns what lies in the bucket. Nothing is known of it but the key.
func list(ctx context.Context, store Store, opts *Options) (objects []object, err error) {
	for _, root := range []string{layout.EventsRoot, layout.DaysRoot} {
		for info, err := range store.List(ctx, root, "") {
			if errors.Is(err, objstore.ErrNotFound) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("couldn't list the bucket: %w", err)
			}
			o := object{key: info.Key, stored: info.Size}
			if segment, err := layout.ParseSegment(info.Key); err == nil {
				o.writer, o.tier, o.day = segment.Writer, segment.Tier, segment.Date
			} else if day, err := layout.ParseDay(info.Key); err == nil {
				o.writer, o.tier, o.day, o.segments = day.Writer, day.Tier, day.Date, unknownSegments
			} else {
				continue // no object of ours
			}
			if opts.wants(o.tier, o.day) {
				objects = append(objects, o)
			}
		}
	}
	return objects, nil
}

// unknownSegments is what a day object joins when nobody tells: perhaps nothing, so its segments are taken, too, and
// what is there twice is left out by its event_id.
const unknownSegments = 1 << 62

// fewBatches is how many files may hold the segments of a day that is joined, for the day object not to be fetched in their place.
const fewBatches = 4

// plan says which objects of a partition make up its events: the day object and the segments after it, or all segments when there is no
// day object, or when the cache has them in a few files. An object's holder is nil if the cache doesn't have it.
func (p *partition) plan(holder func(*object) *batch) []*object {
	if p.day == nil {
		return p.segments
	}
	if p.day.segments == unknownSegments {
		return append(slices.Clone(p.segments), p.day)
	}
	joined := p.joined(p.day)
	if holder(p.day) == nil && len(joined) == int(p.day.segments) {
		held := map[*batch]bool{}
		for _, o := range joined {
			held[holder(o)] = true
		}
		if !held[nil] && len(held) <= fewBatches {
			return p.segments
		}
	}
	return append([]*object{p.day}, p.segments[len(joined):]...)
}

// joined are the segments that stand in for a day object that can't be read.
func (p *partition) joined(o *object) []*object {
	if o != p.day || p.day.segments == unknownSegments {
		return nil
	}
	return p.segments[:min(int(p.day.segments), len(p.segments))]
}

// planned are the objects that make up the events, each once.
func (s *surveyed) planned() map[string]*object {
	all := map[string]*object{}
	for _, p := range s.partitions {
		for _, o := range p.plan(func(*object) *batch { return &batch{} }) {
			all[o.key] = o
		}
	}
	return all
}
