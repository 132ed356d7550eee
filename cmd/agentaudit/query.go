package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/logread"
)

// query reads the filters of log.
func (f *logFlags) query() (q logread.Query, err error) {
	q.Tiers, q.Agents, q.Sessions, q.Users, q.Tools = f.tiers, f.agents, f.sessions, f.users, f.tools
	if q.Since, _, err = parseTime("--since", f.since); err != nil {
		return q, err
	}
	var isDay bool
	if q.Until, isDay, err = parseTime("--until", f.until); err != nil {
		return q, err
	}
	if isDay {
		q.Until = q.Until.AddDate(0, 0, 1)
	}
	if !q.Since.IsZero() && !q.Until.IsZero() && !q.Since.Before(q.Until) {
		return q, fmt.Errorf("--since %s is not before --until %s", f.since, f.until)
	}
	for _, tier := range f.tiers {
		if !slices.Contains(event.Tiers, tier) {
			return q, withHint(fmt.Errorf("--tier: no tier %q", tier), "tiers are "+strings.Join(event.Tiers, ", "))
		}
	}
	for _, name := range f.types {
		t, ok := event.FindType(name)
		if !ok {
			return q, withHint(fmt.Errorf("--type: no event type %q", name), "types are "+strings.Join(typeNames(), ", "))
		}
		q.Types = append(q.Types, t)
	}
	for _, trace := range f.traces {
		id, err := hex.DecodeString(trace)
		if err != nil || len(id) != 16 {
			return q, fmt.Errorf("--trace: %q is not 32 hexadecimal digits", trace)
		}
		q.Traces = append(q.Traces, strings.ToLower(trace))
	}
	if f.follow && (f.every < 100*time.Millisecond || f.every > time.Hour) {
		return q, fmt.Errorf("--every: %s is not between 100ms and 1h", f.every)
	}
	if f.follow && f.until != "" {
		return q, errors.New("--follow has no end: it goes without --until")
	}
	if f.memory < 1 || f.memory > 1<<20 {
		return q, fmt.Errorf("--memory: %d is not between 1 and %d MiB", f.memory, 1<<20)
	}
	return q, nil
}

// parseTime reads a day or a time; the zero time if s is empty.
func parseTime(flag, s string) (t time.Time, isDay bool, err error) {
	if s == "" {
		return time.Time{}, false, nil
	}
	if t, err = time.Parse(time.DateOnly, s); err == nil {
		return t, true, nil
	}
	if t, err = time.Parse(time.RFC3339Nano, s); err != nil {
		return t, false, withHint(fmt.Errorf("%s: %q is no time", flag, s), "use 2026-11-21 or 2026-11-21T09:30:00Z")
	}
	return t, false, nil
}

func typeNames() []string {
	names := make([]string, len(event.Types))
	for i, t := range event.Types {
		names[i] = shortType(t)
	}
	return names
}

func shortType(t event.Type) string { return strings.TrimPrefix(string(t), "agent.") }
