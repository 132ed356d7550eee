package verify

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// Errors of Prove, for callers that branch.
var (
	// ErrNoEvent means that no segment holds an event of that id.
	ErrNoEvent = errors.New("no event with this id in the bucket")
	// ErrNotProven means that the event is there, but that the log doesn't prove it.
	ErrNotProven = errors.New("the log doesn't prove the event")
)

// Query says which event is to be proven. All but ID is optional and narrows the search.
type Query struct {
	ID   string
	Tier string
	Day  layout.Date // the UTC day of the event's timestamp
	// Writer and Seq stand in the stored line: with both, the log says in which object the event is, and nothing is searched.
	Writer string
	Seq    uint64

	wanted []byte // what a line must contain
}

// Prove makes the proof of one event: see [ProveEvent].
func Prove(ctx context.Context, store Store, id string, opts Options) (*Proof, error) {
	return ProveEvent(ctx, store, Query{ID: id}, opts)
}

// ProveEvent makes the proof of one event. It reads segments until it finds the event, then day objects, for its segment may have gone; and
// then its writer's log. Whoever is handed the proof checks it with [Proof.Check]; ProveEvent has done so with the key that the log publishes.
func ProveEvent(ctx context.Context, store Store, q Query, opts Options) (*Proof, error) {
	opts.MaxFindings = 1
	r := newRun(store, &opts)
	defer r.scans.close()
	q.wanted = []byte(`"event_id":"` + q.ID + `"`)
	s := &search{run: r, query: q}
	var h *home
	var err error
	if q.Writer != "" && q.Seq > 0 {
		h, err = s.bySeq(ctx)
	} else {
		h, err = s.look(ctx)
	}
	if err != nil {
		return nil, err
	}
	if h == nil {
		return nil, ErrNoEvent
	}
	p := &Proof{Schema: ProofSchema, Writer: h.segment.Writer, Object: h.segment.Key()}
	if err := s.proveLine(ctx, p, *h); err != nil {
		return nil, err
	}
	if err := r.proveEntry(ctx, p); err != nil {
		return nil, err
	}
	return p, nil
}

// bySeq asks the log in which object a number is, and looks into that one, or into the day object that holds it.
func (s *search) bySeq(ctx context.Context) (*home, error) {
	l := newLog(s.run, s.query.Writer)
	if err := l.takeInventory(ctx); err != nil {
		return nil, err
	}
	if ok, err := l.findNewest(ctx); err != nil || !ok {
		return nil, errors.Join(err, fmt.Errorf("%w: %q has no checkpoint", ErrNoEvent, s.query.Writer))
	}
	seq := int64(s.query.Seq) //nolint:gosec // beyond the format's numbers there is none, and none is found
	for step, err := range l.copies(ctx, 0, l.size) {
		if err != nil {
			return nil, err
		}
		if step.entry == nil || step.entry.Seal == nil || seq < step.entry.Seal.FirstSeq || seq > step.entry.Seal.LastSeq {
			continue
		}
		for _, o := range step.entry.Seal.Objects {
			if o.FirstSeq > seq || seq > o.LastSeq {
				continue
			}
			if h, err := s.inObject(ctx, &o); h != nil || err != nil {
				return h, err
			}
		}
	}
	return nil, nil
}

func (s *search) inObject(ctx context.Context, o *object) (*home, error) {
	name, err := layout.ParseSegment(o.Key)
	if err != nil {
		return nil, nil //nolint:nilerr // the log's writer made it so; verify tells
	}
	h := home{segment: name, key: o.Key}
	there := false
	err = s.open(ctx, h, func(src io.Reader) error {
		there = s.holds(src, name.Compression)
		return nil
	})
	switch {
	case there:
		return &h, nil
	case err != nil && !fault(err):
		return nil, err
	case err == nil:
		return nil, nil
	}
	err = s.day(ctx, layout.Day{Tier: name.Tier, Date: name.Date, Writer: name.Writer, Compression: name.Compression})
	return s.found, err
}

// proveLine takes the line, and its path to the root over its object.
func (s *search) proveLine(ctx context.Context, p *Proof, h home) error {
	var tree hashes
	var count, at int64
	err := s.open(ctx, h, func(src io.Reader) error {
		tree, count, at = nil, 0, -1
		return s.eachLine(src, h.segment.Compression, func(line []byte) error {
			if at < 0 && s.query.is(line) {
				at, p.Line = count, string(line)
			}
			count++
			return tree.add(count-1, tlog.RecordHash(line))
		})
	})
	if err != nil && !fault(err) {
		return err
	}
	if at < 0 || err != nil {
		return fmt.Errorf("%w: %s changed meanwhile", ErrNotProven, h.key)
	}
	p.LineIndex = at
	p.LinePath, err = tree.prove(count, at)
	return err
}

// proveEntry finds the entry that tells of the object, and its path to the newest checkpoint.
func (r *run) proveEntry(ctx context.Context, p *Proof) error {
	l := newLog(r, p.Writer)
	if err := l.takeInventory(ctx); err != nil {
		return err
	}
	if ok, err := l.findNewest(ctx); err != nil || !ok {
		return errors.Join(err, fmt.Errorf("%w: %s has no checkpoint", ErrNotProven, p.Writer))
	}
	var tree hashes
	at := int64(-1)
	for s, err := range l.copies(ctx, 0, l.size) {
		if err != nil {
			return err
		}
		if err := tree.add(s.index, tlog.RecordHash(s.data)); err != nil {
			return err
		}
		if s.entry == nil {
			continue
		}
		l.rules.signer, _ = keysAfter(p.Writer, s.entry, l.rules.signer, nil)
		if s.entry.Rotation != nil {
			p.Rotations = append(p.Rotations, s.entry.Rotation.Note)
		}
		if s.entry.Start != nil && s.index == 0 {
			if _, key, err := keyOf(p.Writer, s.entry.Start.Key); err == nil {
				l.chain = append(l.chain, key)
			}
		}
		if s.entry.Seal != nil {
			for _, o := range s.entry.Seal.Objects {
				if o.Key == p.Object {
					at, p.Entry = s.index, string(s.data)
				}
			}
		}
	}
	if at < 0 {
		return fmt.Errorf("%w: no entry of %s names %s yet", ErrNotProven, p.Writer, p.Object)
	}
	path, err := tree.prove(l.size, at)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotProven, err)
	}
	p.EntryPath, p.Checkpoint = path, string(l.newest)
	if err := p.Check(l.chain); err != nil {
		return fmt.Errorf("%w: %w", ErrNotProven, err)
	}
	return nil
}
