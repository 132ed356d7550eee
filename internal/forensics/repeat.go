package forensics

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

// Class is what repetition is.
type Class string

// Classes of repetition.
const (
	Retry   Class = "retry"
	Storm   Class = "retry storm"
	Loop    Class = "loop"
	Polling Class = "polling"
)

const (
	stormFrom = 5 // failed attempts
	loopFrom  = 3 // attempts
)

// Repeat is the same action done more than once.
type Repeat struct {
	Class  Class
	Steps  []*timeline.Step
	Failed int
	// Last is how the last attempt ended.
	Last string
}

// actionKey says what a step did with which arguments; empty when the trail doesn't tell.
func actionKey(t *timeline.Timeline, s *timeline.Step) string {
	if s.Kind != timeline.Tool && s.Kind != timeline.HandoffTo {
		return ""
	}
	var tool, params string
	for _, n := range s.Events {
		e := &t.Events[n]
		if e.ActionHash != "" {
			return e.ActionHash
		}
		tool = cmp.Or(tool, e.Tool)
		if e.Type == event.ToolCall {
			params = e.Params
		}
	}
	if params == "" {
		return ""
	}
	return tool + "\x00" + params
}

// attemptKey says what may be tried again after it failed: an action, else a model or tool within the same parent.
func attemptKey(t *timeline.Timeline, s *timeline.Step) string {
	if key := actionKey(t, s); key != "" {
		return key
	}
	if s.Kind != timeline.Tool && s.Kind != timeline.Model {
		return ""
	}
	for _, n := range s.Events {
		if name := cmp.Or(t.Events[n].Tool, t.Events[n].Model); name != "" {
			return fmt.Sprintf("%s\x00%s\x00%d\x00%s", s.Kind, name, s.Parent, t.Events[n].TraceID)
		}
	}
	return ""
}

// repeats returns what was done more than once, in the order of the first attempts.
func repeats(t *timeline.Timeline) []Repeat {
	attempts := map[string][]*timeline.Step{}
	var keys []string
	for i := range t.Steps {
		s := &t.Steps[i]
		key := attemptKey(t, s)
		if key == "" || !ran(t, s) {
			continue
		}
		if attempts[key] == nil {
			keys = append(keys, key)
		}
		attempts[key] = append(attempts[key], s)
	}
	var all []Repeat
	for _, key := range keys {
		exact := actionKey(t, attempts[key][0]) != ""
		all = append(all, classify(t, attempts[key], exact)...)
	}
	return all
}

// ran says whether a step was an attempt: a call that was refused is none.
func ran(t *timeline.Timeline, s *timeline.Step) bool {
	return s.Outcome != event.OutcomeDenied || slices.ContainsFunc(s.Events, func(n int) bool { return t.Events[n].Type == event.ToolResult })
}

// classify names what attempts at one thing are. When the arguments are not known, a success ends a row of attempts: the next is another.
func classify(t *timeline.Timeline, steps []*timeline.Step, exact bool) (all []Repeat) {
	if !exact {
		for len(steps) > 0 {
			n := slices.IndexFunc(steps, func(s *timeline.Step) bool { return !s.Failed() })
			if n < 0 {
				n = len(steps) - 1
			}
			if n > 0 {
				all = append(all, newRepeat(t, steps[:n+1]))
			}
			steps = steps[n+1:]
		}
		return all
	}
	r := newRepeat(t, steps)
	if len(steps) < 2 || r.Failed == 0 && len(steps) < loopFrom {
		return nil
	}
	return []Repeat{r}
}

func newRepeat(t *timeline.Timeline, steps []*timeline.Step) Repeat {
	r := Repeat{Steps: steps, Last: steps[len(steps)-1].Outcome}
	results := map[string]bool{}
	for _, s := range steps {
		if s.Failed() {
			r.Failed++
			continue
		}
		results[resultOf(t, s)] = true
	}
	succeeded := len(steps) - r.Failed
	switch {
	case r.Failed >= stormFrom:
		r.Class = Storm
	case succeeded >= loopFrom && len(results) > 1:
		r.Class = Polling
	case succeeded >= loopFrom:
		r.Class = Loop
	default:
		r.Class = Retry
	}
	return r
}

func resultOf(t *timeline.Timeline, s *timeline.Step) string {
	for _, n := range s.Events {
		if t.Events[n].Type == event.ToolResult {
			return t.Events[n].Result
		}
	}
	return ""
}
