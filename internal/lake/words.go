package lake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
)

// SetTiers takes tiers as people name them.
func (f *Filter) SetTiers(names []string) error {
	for _, name := range names {
		if !slices.Contains(event.Tiers, name) {
			return fmt.Errorf("no tier %q: tiers are %s", name, strings.Join(event.Tiers, ", "))
		}
	}
	f.Tiers = names
	return nil
}

// SetTypes takes event types as people name them.
func (f *Filter) SetTypes(names []string) error {
	f.Types = nil
	for _, name := range names {
		t, ok := event.FindType(name)
		if !ok {
			return fmt.Errorf("no event type %q", name)
		}
		f.Types = append(f.Types, string(t))
	}
	return nil
}

// ParseTime reads a day or a time as people write them; the zero time if there is none. A day as an end means all of it.
func ParseTime(text string, end bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		if end {
			t = t.AddDate(0, 0, 1)
		}
		return t, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, fmt.Errorf("%q is no time; use 2026-11-21 or 2026-11-21T09:30:00Z", text)
	}
	return t, nil
}
