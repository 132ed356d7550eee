package web

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/agentaudit/agentaudit/internal/timeline"
)

// kept are the timelines that were shown last: a page and the rows that its script asks for are one load.
type kept struct {
	mu   sync.Mutex
	last []keptTimeline // the newest last
}

type keptTimeline struct {
	key string
	at  time.Time
	*timeline.Timeline
}

const (
	maxKept = 4
	// maxKeptEvents bounds what is kept in all, in events.
	maxKeptEvents = 200_000
	keptFor       = 5 * time.Minute
)

// timeline loads what the view shows. What is kept was loaded with the same filter, the user's tiers in it, from the same state of the lake.
func (q *question) timeline(ctx context.Context) (*timeline.Timeline, error) {
	k := &q.server.kept
	key := fmt.Sprintf("%d %q %t", q.server.Lake.Provenance().At.UnixNano(), fmt.Sprintf("%+v", q.filter), q.user.Tiers != nil)
	k.mu.Lock()
	for _, t := range k.last {
		if t.key == key && time.Since(t.at) < keptFor {
			k.mu.Unlock()
			return t.Timeline, nil
		}
	}
	k.mu.Unlock()
	loaded, err := timeline.Load(ctx, q)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = append(k.last, keptTimeline{key, time.Now(), loaded})
	events := 0
	for i, t := range slices.Backward(k.last) {
		events += len(t.Events)
		if i < len(k.last)-1 && (events > maxKeptEvents || i < len(k.last)-maxKept) {
			k.last = slices.Clone(k.last[i+1:])
			break
		}
	}
	return loaded, nil
}
