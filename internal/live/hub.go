package live

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Window is how many events a hub remembers: half a minute at 2,000 a second.
const Window = 1 << 16

// Texts are cut to so many bytes, so that the ring's memory is bounded.
const (
	maxName    = 200
	maxDetails = 300
)

// Item is one event as a feed shows it.
type Item struct {
	Number   uint64  `json:"n"`
	Time     string  `json:"time"`
	Type     string  `json:"type"`
	Agent    string  `json:"agent,omitempty"`
	Action   string  `json:"action,omitempty"`
	Outcome  string  `json:"outcome,omitempty"`
	Tier     string  `json:"tier,omitempty"`
	Session  string  `json:"session,omitempty"`
	User     string  `json:"user,omitempty"`
	Trace    string  `json:"trace,omitempty"`
	Service  string  `json:"service,omitempty"`
	Event    string  `json:"event"`
	Duration float64 `json:"duration_ms,omitempty"`
	Tokens   int64   `json:"tokens,omitempty"`
	CostUSD  float64 `json:"cost_usd,omitempty"`
	Details  string  `json:"details,omitempty"`
}

// Hub keeps the newest events. It is safe for concurrent use.
type Hub struct {
	now func() time.Time

	mu     sync.Mutex // guards what follows
	ring   []Item
	next   uint64        // the number of the next event; the first has 1
	wake   chan struct{} // closed when there is something new
	counts counts
}

// NewHub returns an empty hub.
func NewHub() *Hub {
	return &Hub{now: time.Now, ring: make([]Item, Window), next: 1, wake: make(chan struct{}), counts: newCounts()}
}

// Add takes in events. They are copied.
func (h *Hub) Add(items []Item) {
	if len(items) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	for _, item := range items {
		item.Number = h.next
		h.ring[h.next%Window] = item
		h.next++
		h.counts.add(&item, now)
	}
	close(h.wake)
	h.wake = make(chan struct{})
}

// Next is the number that the next event will get.
func (h *Hub) Next() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.next
}

// After returns the events from number on, at most limit of them, and how many of those asked for are forgotten. It waits until there is one
// or ctx ends; then there are none.
func (h *Hub) After(ctx context.Context, number uint64, limit int) (items []Item, missed uint64) {
	for {
		h.mu.Lock()
		oldest := uint64(1)
		if h.next > Window {
			oldest = h.next - Window
		}
		if number < oldest {
			missed, number = oldest-max(number, 1), oldest
		}
		for ; number < h.next && len(items) < limit; number++ {
			items = append(items, h.ring[number%Window])
		}
		wake := h.wake
		h.mu.Unlock()
		if len(items) > 0 || missed > 0 {
			return items, missed
		}
		select {
		case <-ctx.Done():
			return nil, 0
		case <-wake:
		}
	}
}

// ItemOf is an event as a feed shows it.
func ItemOf(e *event.Event) Item {
	item := Item{
		Time: e.Timestamp.AsTime().UTC().Format("2006-01-02T15:04:05.000Z"), Type: strings.TrimPrefix(string(e.Type), "agent."),
		Agent: clip(e.AgentName, maxName), Action: clip(e.Action, maxName), Outcome: e.Outcome, Tier: e.Retention.Tier,
		Session: clip(e.SessionID, maxName), User: clip(e.UserID, maxName), Service: clip(e.Service.Name, maxName), Event: strings.Clone(e.ID),
	}
	if !e.TraceID.IsEmpty() {
		item.Trace = e.TraceID.String()
	}
	item.Duration, item.CostUSD, item.Tokens = e.DurationMS.Value, e.CostUSD.Value, e.Tokens.Total.Value
	for _, text := range []string{e.Error, e.Decision, e.Rationale, e.Resource, e.Handoff.To, e.Params.String()} {
		if text != "" {
			item.Details = clip(text, maxDetails)
			break
		}
	}
	return item
}

// clip cuts a text at a character and copies it, for the event's own memory is used again.
func clip(s string, limit int) string {
	if len(s) > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = s[:limit]
	}
	return strings.Clone(s)
}
