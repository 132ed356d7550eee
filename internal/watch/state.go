package watch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/journal"
)

// StateSchema is the format of a state file.
const StateSchema = "agentaudit/watch/v1"

// state is what must outlive the process.
type state struct {
	Schema string `json:"schema"`
	// Told is when each fingerprint that was told was last seen.
	Told    map[string]time.Time `json:"told"`
	Pending []pending            `json:"pending,omitempty"`

	file *journal.Durable
}

// pending is an alert on its way.
type pending struct {
	Alert Alert `json:"alert"`
	// To are the names of the receivers that don't have it yet.
	To []string `json:"to"`
}

// openState reads a state file. One that is missing is empty; one that is none is an error, lest all be told again because of a wrong path.
func openState(name string) (*state, error) {
	s := &state{Schema: StateSchema, Told: map[string]time.Time{}}
	if name == "" {
		return s, nil // memory alone
	}
	s.file = journal.NewDurable(nil, filepath.Dir(name), filepath.Base(name))
	data, err := s.file.Load()
	if err != nil {
		return nil, fmt.Errorf("state file: %w", err)
	}
	if data == nil {
		return s, s.save()
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("not a state file of watch: %w", err)
	}
	if s.Schema != StateSchema {
		return nil, errors.New("not a state file of " + StateSchema)
	}
	if s.Told == nil {
		s.Told = map[string]time.Time{}
	}
	return s, nil
}

func (s *state) save() error {
	if s.file == nil {
		return nil
	}
	data, err := json.Marshal(s)
	if err == nil {
		err = s.file.Save(data)
	}
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	return nil
}

// maxTold bounds the fingerprints that are remembered.
const maxTold = 200_000

// add takes in what a look has found and returns what is new, and how many new ones found no room.
func (s *state) add(found []Alert, to []string, now time.Time, o *Options) (fresh []Alert, left int) {
	for _, a := range found {
		_, told := s.Told[a.Fingerprint]
		switch {
		case told:
		case len(to) > 0 && len(s.Pending) >= o.MaxPending:
			left++
			continue
		default:
			fresh = append(fresh, a)
			if len(to) > 0 {
				s.Pending = append(s.Pending, pending{a, slices.Clone(to)})
			}
		}
		s.Told[a.Fingerprint] = now
	}
	s.forget(now.Add(-o.Forget))
	return fresh, left
}

// forget drops fingerprints that were not seen since then, and the oldest beyond maxTold. What is pending is kept.
func (s *state) forget(before time.Time) {
	maps.DeleteFunc(s.Told, func(_ string, seen time.Time) bool { return seen.Before(before) })
	if len(s.Told) <= maxTold {
		return
	}
	oldest := slices.SortedFunc(maps.Keys(s.Told), func(a, b string) int { return s.Told[a].Compare(s.Told[b]) })
	for _, print := range oldest[:len(oldest)-maxTold] {
		delete(s.Told, print)
	}
}

// waiting returns the first alerts that wait for a receiver.
func (s *state) waiting(name string, limit int) (alerts []Alert) {
	for i := range s.Pending {
		if slices.Contains(s.Pending[i].To, name) {
			if alerts = append(alerts, s.Pending[i].Alert); len(alerts) == limit {
				break
			}
		}
	}
	return alerts
}

// done marks alerts as received.
func (s *state) done(name string, alerts []Alert) {
	got := map[string]bool{}
	for i := range alerts {
		got[alerts[i].Fingerprint] = true
	}
	for i := range s.Pending {
		if got[s.Pending[i].Alert.Fingerprint] {
			s.Pending[i].To = slices.DeleteFunc(s.Pending[i].To, func(to string) bool { return to == name })
		}
	}
	s.Pending = slices.DeleteFunc(s.Pending, func(p pending) bool { return len(p.To) == 0 })
}

// only takes receivers that are no more out of what is pending.
func (s *state) only(names []string) {
	for i := range s.Pending {
		s.Pending[i].To = slices.DeleteFunc(s.Pending[i].To, func(to string) bool { return !slices.Contains(names, to) })
	}
	s.Pending = slices.DeleteFunc(s.Pending, func(p pending) bool { return len(p.To) == 0 })
}
