package forensics

import (
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

// messageOf is the error's message in lower case, empty if there is none.
func messageOf(t *timeline.Timeline, s *timeline.Step) string {
	for _, n := range s.Events {
		if text := t.Events[n].Error; text != "" {
			return strings.ToLower(text)
		}
	}
	return ""
}

// failedAt returns when a step failed and the event that says so best.
func failedAt(t *timeline.Timeline, s *timeline.Step) (at time.Time, found *timeline.Event) {
	for _, n := range s.Events {
		e := &t.Events[n]
		if e.Outcome != s.Outcome && e.Type != event.Error {
			continue
		}
		if found == nil {
			at, found = e.End(), e
		}
		if found.Error == "" && e.Error != "" {
			found = e
		}
	}
	return at, found
}

func callOf(t *timeline.Timeline, s *timeline.Step) string {
	for _, n := range s.Events {
		if id := t.Events[n].CallID; id != "" {
			return id
		}
	}
	return ""
}
