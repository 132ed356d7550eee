package forensics

import (
	"cmp"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

// Permission is one question of whether an action may run, with its answer and what became of it.
type Permission struct {
	Tool    string
	AskedAt time.Time // zero when nobody asked
	// DecidedAt is when the answer came, zero if none did. Status is the last answer, pending without one.
	DecidedAt time.Time
	Status    string
	// By is who decided, or the class of who did.
	By     string
	Reason string
	// Ran is the step that did it, nil if it did not run.
	Ran *timeline.Step
	// Wrong is what is not in order, empty if nothing is.
	Wrong string

	callID, hash, trace string
}

// What can be wrong with a permission.
const (
	wrongUnapproved = "ran without an approval"
	wrongUnanswered = "ran, and no answer is on record"
	wrongOther      = "what ran is not what was approved"
	wrongEarly      = "ran before the approval"
)

// permissions collects what was asked, decided and run, in the order of its first word.
func permissions(t *timeline.Timeline) []Permission {
	var all []*Permission
	byKey, open := map[string]*Permission{}, map[string]*Permission{} // open: requests without a call id that wait, by tool
	for i := range t.Events {
		e := &t.Events[i]
		if e.ApprovalStatus == "" && !e.ApprovalRequired {
			continue
		}
		hash := cmp.Or(e.ApprovedHash, e.ActionHash)
		p := byKey["call "+e.CallID]
		if p != nil && answersAnew(p, e) {
			p = nil
		}
		if e.CallID == "" || p == nil {
			if q := byKey["hash "+hash]; hash != "" && q != nil && (e.CallID == "" || q.callID == "") && !answersAnew(q, e) {
				p = q
			} else if e.CallID == "" {
				p = nil
			}
		}
		if p == nil && e.ApprovalStatus != event.ApprovalPending {
			p = open[e.Tool] // a framework's request may know neither call nor arguments
		}
		if p == nil {
			p = &Permission{Tool: cmp.Or(e.Tool, e.Action), trace: e.TraceID}
			all = append(all, p)
		}
		p.take(e, hash)
		if p.callID == "" && e.CallID == "" && p.Status == event.ApprovalPending && e.Tool != "" {
			open[e.Tool] = p
		} else if open[e.Tool] == p {
			delete(open, e.Tool)
		}
		if p.callID = cmp.Or(p.callID, e.CallID); p.callID != "" {
			byKey["call "+p.callID] = p
		}
		if p.hash != "" {
			byKey["hash "+p.hash] = p
		}
	}
	join(t, all)
	out := make([]Permission, len(all))
	for i, p := range all {
		out[i] = *p
	}
	return out
}

// answersAnew says whether a request comes after an answer: that is another question about the same action.
func answersAnew(p *Permission, e *timeline.Event) bool {
	return e.ApprovalStatus == event.ApprovalPending && !p.DecidedAt.IsZero()
}

// take adds what an event says. An approval that a call repeats is no decision of its own when there was one.
func (p *Permission) take(e *timeline.Event, hash string) {
	switch e.ApprovalStatus {
	case "":
	case event.ApprovalPending:
		if p.AskedAt.IsZero() {
			p.AskedAt = e.At
		}
		p.Status = cmp.Or(p.Status, event.ApprovalPending)
	default:
		if p.DecidedAt.IsZero() || e.Type == event.HumanIntervention || e.Type == event.Decision {
			p.DecidedAt, p.Status = e.At, e.ApprovalStatus
			p.By = cmp.Or(e.Approver, e.ActorClass, p.By)
			p.hash = cmp.Or(hash, p.hash) // what was decided, not what was asked
		}
		p.Reason = cmp.Or(p.Reason, e.ApprovalReason)
	}
	p.hash = cmp.Or(p.hash, hash)
}

// join finds for each call that ran the permission that it ran by, and says what is wrong with that.
func join(t *timeline.Timeline, all []*Permission) {
	byCall, byHash := map[string][]*Permission{}, map[string][]*Permission{}
	for _, p := range all {
		if p.callID != "" {
			byCall[p.callID] = append(byCall[p.callID], p)
		}
		if p.hash != "" {
			byHash[p.hash] = append(byHash[p.hash], p)
		}
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		if (s.Kind != timeline.Tool && s.Kind != timeline.HandoffTo) || !executed(t, s) {
			continue
		}
		trace := t.Events[s.Events[0]].TraceID
		p := latest(byCall[callOf(t, s)], s, trace)
		if p == nil {
			p = latest(byHash[hashOf(t, s)], s, trace)
		}
		if p != nil && p.Ran == nil {
			p.Ran = s
			p.Wrong = p.wrong(hashOf(t, s))
		}
	}
}

// latest returns the permission with the last word before a step ended, else the first one of its trace.
func latest(list []*Permission, s *timeline.Step, trace string) *Permission {
	var best *Permission
	for _, p := range list {
		if !p.lastWord().After(s.End) || best == nil && p.trace == trace {
			best = p
		}
	}
	return best
}

func (p *Permission) lastWord() time.Time {
	if p.DecidedAt.IsZero() {
		return p.AskedAt
	}
	return p.DecidedAt
}

// wrong says what is wrong with a permission under which something of that hash ran.
func (p *Permission) wrong(hash string) string {
	switch {
	case p.Status == event.ApprovalPending:
		return wrongUnanswered
	case p.Status != event.ApprovalApproved:
		return wrongUnapproved
	case p.hash != "" && hash != "" && p.hash != hash:
		return wrongOther
	case !p.AskedAt.IsZero() && p.Ran.End.Before(p.DecidedAt):
		return wrongEarly
	}
	return ""
}

// executed says whether the trail shows that a call ran: it has a result, or ended otherwise than by a refusal.
func executed(t *timeline.Timeline, s *timeline.Step) bool {
	return slices.ContainsFunc(s.Events, func(n int) bool {
		e := &t.Events[n]
		return e.Type == event.ToolResult && e.Outcome != event.OutcomeDenied && e.Outcome != event.OutcomePending
	})
}

func hashOf(t *timeline.Timeline, s *timeline.Step) string {
	for _, n := range s.Events {
		if hash := t.Events[n].ActionHash; hash != "" {
			return hash
		}
	}
	return ""
}
