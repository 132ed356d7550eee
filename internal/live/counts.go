package live

import (
	"slices"
	"time"
)

// span is how far back the counts reach, in seconds.
const span = 3600

// counts are the sums of each second of the last hour.
type counts struct {
	seconds [span]second
	agents  map[string]time.Time // when last heard of
	senders map[string]time.Time
	swept   time.Time // when names went last
}

type second struct {
	at                      int64 // Unix time
	events, errors, denials int64
	tokens                  int64
	cost                    float64
	tiers, types            map[string]int64
}

// maxNames bounds the agents and services that are counted by name.
const maxNames = 10_000

func newCounts() counts {
	return counts{agents: map[string]time.Time{}, senders: map[string]time.Time{}}
}

func (c *counts) add(item *Item, now time.Time) {
	s := &c.seconds[now.Unix()%span]
	if s.at != now.Unix() {
		*s = second{at: now.Unix(), tiers: map[string]int64{}, types: map[string]int64{}}
	}
	s.events++
	switch item.Type {
	case "error": // a failure counts once: the other events of the failed step say so, too
		s.errors++
	case "permission_denied":
		s.denials++
	case "token_usage":
		s.tokens += item.Tokens
		s.cost += item.CostUSD
	}
	s.tiers[item.Tier]++
	s.types[item.Type]++
	c.note(c.agents, item.Agent, now)
	c.note(c.senders, item.Service, now)
}

// note keeps a name with the time. When there are too many, old ones go, but not more than once a minute: names come from outside, and one
// look at all of them for each event would be work without bound.
func (c *counts) note(names map[string]time.Time, name string, now time.Time) {
	if name == "" {
		return
	}
	if _, known := names[name]; !known && len(names) >= maxNames {
		if now.Sub(c.swept) < time.Minute {
			return
		}
		c.swept = now
		for old, at := range names {
			if now.Sub(at) > span*time.Second {
				delete(names, old)
			}
		}
	}
	if _, known := names[name]; known || len(names) < maxNames {
		names[name] = now
	}
}

// Sums are what the last hour was like.
type Sums struct {
	PerSecond float64          `json:"events_per_second"` // over the last ten seconds
	Events    int64            `json:"events"`
	Errors    int64            `json:"errors"`
	Denials   int64            `json:"denials"`
	Agents    int              `json:"agents"`
	Services  int              `json:"services"`
	Tokens    int64            `json:"tokens"`
	CostUSD   float64          `json:"cost_usd"`
	Tiers     map[string]int64 `json:"tiers"`
	Types     map[string]int64 `json:"types"`
	// Minutes are the events of each of the last sixty minutes, oldest first.
	Minutes [60]int64 `json:"minutes"`
}

// Sums returns what of the last hour somebody may see who sees these tiers; all if nil. Agents and services are counted for those who see all.
func (h *Hub) Sums(tiers []string) Sums {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	sums := Sums{Tiers: map[string]int64{}, Types: map[string]int64{}}
	for i := range h.counts.seconds {
		s := &h.counts.seconds[i]
		age := now.Unix() - s.at
		if s.at == 0 || age < 0 || age >= span {
			continue
		}
		seen := s.events
		if tiers != nil {
			seen = 0
			for _, tier := range tiers {
				seen += s.tiers[tier]
			}
		}
		sums.Events += seen
		sums.Minutes[59-age/60] += seen
		if age > 0 && age <= 10 {
			sums.PerSecond += float64(seen) / 10
		}
		for tier, n := range s.tiers {
			if tiers == nil || slices.Contains(tiers, tier) {
				sums.Tiers[tier] += n
			}
		}
		if tiers == nil {
			sums.addAll(s)
		}
	}
	if tiers == nil {
		sums.Agents, sums.Services = recent(h.counts.agents, now), recent(h.counts.senders, now)
	}
	return sums
}

// addAll adds what is not kept by tier.
func (s *Sums) addAll(second *second) {
	s.Errors += second.errors
	s.Denials += second.denials
	s.Tokens += second.tokens
	s.CostUSD += second.cost
	for t, n := range second.types {
		s.Types[t] += n
	}
}

func recent(names map[string]time.Time, now time.Time) (n int) {
	for _, at := range names {
		if now.Sub(at) < span*time.Second {
			n++
		}
	}
	return n
}
