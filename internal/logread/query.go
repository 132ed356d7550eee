package logread

import (
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
)

// Query says which events are wanted. An empty field asks for nothing; the values of one field are alternatives, and
// every field must agree. Values are compared whole and byte by byte.
type Query struct {
	Since    time.Time // events at or after it
	Until    time.Time // events before it
	Tiers    []string
	Types    []event.Type
	Agents   []string // name or id of the agent
	Sessions []string
	Users    []string
	Tools    []string
	Traces   []string // 32 lower-case hexadecimal digits
}

func (q *Query) matches(e *event.Event) bool {
	t := e.Timestamp.AsTime()
	switch {
	case !q.Since.IsZero() && t.Before(q.Since),
		!q.Until.IsZero() && !t.Before(q.Until),
		!allows(q.Tiers, e.Retention.Tier),
		!allows(q.Types, e.Type),
		!allows(q.Agents, e.AgentName) && !allows(q.Agents, e.AgentID),
		!allows(q.Sessions, e.SessionID),
		!allows(q.Users, e.UserID),
		!allows(q.Tools, e.Tool.Name),
		len(q.Traces) > 0 && !slices.Contains(q.Traces, e.TraceID.String()):
		return false
	}
	return true
}

func allows[T comparable](wanted []T, v T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, v)
}

// The days that a key can name.
var (
	firstDate = layout.Date{Year: 1, Month: time.January, Day: 1}
	lastDate  = layout.Date{Year: 9999, Month: time.December, Day: 31}
)

// days returns the first and the last day that may hold a wanted event.
func (q *Query) days() (first, last layout.Date) {
	first, last = firstDate, lastDate
	if !q.Since.IsZero() {
		first = layout.DateOf(q.Since)
	}
	if first.Compare(lastDate) > 0 { // keys sort by date only within four digits of year
		first = lastDate
	}
	if !q.Until.IsZero() {
		last = layout.DateOf(q.Until.Add(-1))
	}
	return first, last
}
