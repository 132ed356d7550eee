package mcpserver

import (
	"slices"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/lake"
)

// maxValues bounds the values of one filter.
const maxValues = 100

// filter reads a scope.
func (s *scope) filter() (f lake.Filter, err error) {
	for _, list := range [][]string{s.Agent, s.User, s.Session, s.Tool, s.Tier, s.Type} {
		if len(list) > maxValues {
			return f, refuse("more than %d values in one filter", maxValues)
		}
	}
	f = lake.Filter{Agents: s.Agent, Users: s.User, Sessions: s.Session, Tools: s.Tool, Tiers: s.Tier}
	for _, tier := range s.Tier {
		if !slices.Contains(event.Tiers, tier) {
			return f, refuse("no tier %q: tiers are %s", tier, strings.Join(event.Tiers, ", "))
		}
	}
	for _, name := range s.Type {
		t, ok := event.ParseType("agent." + name)
		if !ok {
			if t, ok = event.ParseType(name); !ok {
				return f, refuse("no event type %q", name)
			}
		}
		f.Types = append(f.Types, string(t))
	}
	if s.Page < 0 || s.Page > 1_000_000 {
		return f, refuse("no page %d", s.Page)
	}
	if f.Since, err = readTime(s.Since, false); err != nil {
		return f, err
	}
	f.Until, err = readTime(s.Until, true)
	return f, err
}

// readTime reads a day or a time; a day as an end means all of it.
func readTime(s string, end bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		if end {
			t = t.AddDate(0, 0, 1)
		}
		return t, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return t, refuse("%q is no time; use 2026-11-21 or 2026-11-21T09:30:00Z", s)
	}
	return t, nil
}
