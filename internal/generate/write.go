package generate

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/retention"
)

// Write fills an empty bucket with days at work, as so many writers did it, named writer-1 and so on, at least one. Each takes one core. A session keeps
// to one writer, save for what is sent twice.
func Write(ctx context.Context, spec Spec, store objstore.Store, writers int) (Result, error) {
	w := newWorld(spec)
	result := Result{Key: publicKey(w.Seed)}
	if _, err := store.Check(ctx, objstore.Requirements{Write: true}); err != nil {
		return result, fmt.Errorf("couldn't write to the bucket: %w", err)
	}
	couriers := make([]*courier, max(1, writers))
	for i := range couriers {
		c, err := newCollector(ctx, store, options{
			name: "writer-" + strconv.Itoa(i+1), seed: w.Seed, start: w.Start.Add(-time.Minute), beat: 6 * time.Hour,
		})
		if err != nil {
			return result, err
		}
		defer c.dropDir()
		couriers[i] = &courier{world: w, collector: c, home: i, homes: len(couriers), policy: retentionPolicy()}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, c := range couriers {
		all.Go(func() {
			if err := c.deliverAll(ctx); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return result, err
	}
	var errs []error
	for _, c := range couriers {
		errs = append(errs, c.collector.close(ctx))
		result.add(c.collector.result)
	}
	return result, errors.Join(errs...)
}

// retentionPolicy is the default one.
func retentionPolicy() *retention.Policy { return retention.New(retention.Config{}) }

// Events returns what a spec gives, without the copies, by timestamp: a background for a scenario, or what a report must count. It is all in memory.
func Events(spec Spec) []event.Event {
	w, policy := newWorld(spec), retentionPolicy()
	var all []event.Event
	for session := range w.sessions {
		a := w.play(session)
		for done := false; !done; {
			_, done = a.turn()
		}
		for i := range a.run.events {
			policy.Tag(&a.run.events[i], "")
		}
		all = append(all, a.run.events...)
	}
	byTime(all)
	return all
}

// courier brings the sessions of one writer to it, in the order in which their turns arrive.
type courier struct {
	*world

	collector   *collector
	home, homes int
	policy      *retention.Policy
	next        int // session to begin
	waiting     parcels
	spare       []*parcel
}

// parcel is a turn on its way, and the session that it belongs to.
type parcel struct {
	actor *actor // nil if the session has no more turns, or they are none of this writer's
	at    time.Time
	lines []byte // bodies, end to end
	ends  []int
}

type parcels []*parcel

func (p parcels) Len() int           { return len(p) }
func (p parcels) Less(i, j int) bool { return p[i].at.Before(p[j].at) }
func (p parcels) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *parcels) Push(x any)        { *p = append(*p, x.(*parcel)) } //nolint:errcheck // package heap gives back what it was given
func (p *parcels) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	*p = (*p)[:last]
	return x
}

// deliverAll delivers all turns of the writer's sessions.
func (c *courier) deliverAll(ctx context.Context) error {
	for {
		c.admit()
		if len(c.waiting) == 0 {
			return c.collector.closeDay(ctx)
		}
		p := c.waiting[0]
		if err := c.hand(ctx, p); err != nil {
			return err
		}
		if p.actor != nil {
			c.load(p)
			heap.Fix(&c.waiting, 0)
			continue
		}
		heap.Pop(&c.waiting)
		c.spare = append(c.spare, p)
	}
}

// admit begins the sessions that may have something to deliver before the next turn arrives.
func (c *courier) admit() {
	for c.next < c.sessions && (len(c.waiting) == 0 || c.begins(c.next, 0).Before(c.waiting[0].at)) {
		session := c.next
		c.next++
		if session%c.homes == c.home {
			p := c.parcel()
			p.actor = c.play(session)
			c.load(p)
			heap.Push(&c.waiting, p)
		}
		if (session+1)%c.homes == c.home && c.strays(session) {
			p, a := c.parcel(), c.play(session)
			p.actor = a
			c.load(p)
			p.at, p.actor = p.at.Add(a.millis(300_000, 0.8)), nil
			heap.Push(&c.waiting, p)
		}
	}
}

// strays says whether the first turn of a session arrives once more, at the writer next to its own.
func (c *courier) strays(session int) bool {
	return (uint64(session)+c.Seed)%strayEach == 0 //nolint:gosec // not negative
}

func (c *courier) parcel() *parcel {
	if n := len(c.spare); n > 0 {
		p := c.spare[n-1]
		c.spare = c.spare[:n-1]
		return p
	}
	return &parcel{}
}

// load plays a session's next turn.
func (c *courier) load(p *parcel) {
	a := p.actor
	arrival, done := a.turn()
	p.at = arrival
	p.lines, p.ends = p.lines[:0], p.ends[:0]
	for i := range a.run.events {
		e := &a.run.events[i]
		c.policy.Tag(e, "")
		p.lines = e.AppendBody(p.lines)
		p.ends = append(p.ends, len(p.lines))
	}
	a.run.events = a.run.events[:0]
	if done {
		p.actor = nil
	}
}

// hand gives a turn to the writer.
func (c *courier) hand(ctx context.Context, p *parcel) error {
	w := c.collector
	if len(w.lines) >= segmentBytes || len(w.lines) > 0 && p.at.Sub(w.opened) >= sealAge {
		if err := w.seal(ctx); err != nil {
			return err
		}
	}
	from := 0
	for _, end := range p.ends {
		w.add(p.lines[from:end], p.at)
		from = end
	}
	return nil
}
