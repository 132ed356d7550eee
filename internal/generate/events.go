package generate

import (
	"context"
	"fmt"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	// segmentBytes is the size at which a segment is sealed.
	segmentBytes = 64 << 20
	// sealAge is how long the first line of a segment waits: longer than the exporter's, for a directory syncs every file of the trail.
	sealAge = 3 * time.Hour
	// arrival is how long an event of a scenario takes from its timestamp into the journal.
	arrival = time.Second
)

// WriteEvents puts events into an empty bucket, as the writers of those names did it, or one named "writer" if there are none.
// Traces take turns: all events of one go to the same writer, so do those without a trace of one session. The events arrive in the order given, a
// second after their timestamps or right after the one before. What an event has of a stamp is replaced; the rest is
// stored as it is, so it may be wrong, save that it must have a type and a tier that readers know.
func WriteEvents(ctx context.Context, store objstore.Store, events []event.Event, writers ...string) (Result, error) {
	if len(writers) == 0 {
		writers = []string{"writer"}
	}
	result := Result{Key: publicKey(0)}
	if len(events) == 0 {
		return result, nil
	}
	if _, err := store.Check(ctx, objstore.Requirements{Write: true}); err != nil {
		return result, fmt.Errorf("couldn't write to the bucket: %w", err)
	}
	collectors := make([]*collector, len(writers))
	for i, name := range writers {
		c, err := newCollector(ctx, store, options{name: name, start: start(events).Add(-arrival), beat: 24 * time.Hour})
		if err != nil {
			return result, err
		}
		defer c.dropDir()
		collectors[i] = c
	}
	if err := deliver(ctx, events, collectors); err != nil {
		return result, err
	}
	for _, c := range collectors {
		if err := c.close(ctx); err != nil {
			return result, err
		}
		result.add(c.result)
	}
	return result, nil
}

// start is the earliest timestamp.
func start(events []event.Event) time.Time {
	first := events[0].Timestamp
	for i := range events {
		first = min(first, events[i].Timestamp)
	}
	return first.AsTime()
}

// deliver shares out the events, seals each UTC day of arrival by itself, and closes the days.
func deliver(ctx context.Context, events []event.Event, collectors []*collector) error {
	home := map[string]*collector{}
	var body []byte
	for i := range events {
		e := &events[i]
		group := e.SessionID
		if !e.TraceID.IsEmpty() {
			group = e.TraceID.String()
		}
		c := home[group]
		if c == nil {
			c = collectors[len(home)%len(collectors)]
			home[group] = c
		}
		at := e.Timestamp.AsTime().Add(arrival)
		if len(c.lines) >= segmentBytes || len(c.lines) > 0 && layout.DateOf(at).Compare(layout.DateOf(c.last)) > 0 {
			if err := c.seal(ctx); err != nil {
				return err
			}
		}
		body = e.AppendBody(body[:0])
		if _, err := event.ReadHeader(event.AppendStamp(body, c.name, 1, at, false)); err != nil {
			return fmt.Errorf("event %d, of type %q: %w", i, e.Type, err)
		}
		c.add(body, at)
	}
	for _, c := range collectors {
		if err := c.closeDay(ctx); err != nil {
			return err
		}
	}
	return nil
}
