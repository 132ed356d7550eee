package report

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/policy"
)

// testAgents compares the report on each agent with a plain loop.
func testAgents(t *testing.T, w *world, v *lake.View) {
	names, err := Agents(t.Context(), v)
	require.NoError(t, err)
	require.NotEmpty(t, names)
	if len(names) > 3 {
		names = append(names[:2], names[len(names)-1])
	}
	for _, name := range names {
		d, err := Agent(t.Context(), v, name, Period{})
		require.NoError(t, err)
		var own []event.Event
		for _, e := range w.events {
			if e.AgentName == name || e.AgentID == name {
				own = append(own, e)
			}
		}
		for _, c := range ofAgent {
			c.count(own).equal(t, d.table(c.question), c.keys)
		}
		handoffs(w.events, name).equal(t, d.table("agent_handoffs"), 1)
		end := last(all(own))
		testChange(t, d.table("change"), w.events, name, Period{end.Add(-Week), end})
	}
	_, err = Agent(t.Context(), v, "nobody of that name", Period{})
	require.ErrorIs(t, err, ErrNoAgent)
}

var ofAgent = []struct {
	question string
	keys     int
	count    func([]event.Event) counted
}{
	{"agent_totals", 0, func(events []event.Event) counted {
		g := all(events)
		_, _, _, total, cost, _ := spent(g)
		calls, failures := n(g, isCall), n(g, both(isCall, failed))
		avg, _, p95, _ := durations(g, isCall)
		return counted{"": {
			"events": int64(len(g)), "unique_actions": distinct(g, func(e *event.Event) string { return e.Action }), "sessions": distinct(g, sessionOf),
			"users": distinct(g, userOf), "model_calls": n(g, of(event.LLMResponse)), "tool_calls": n(g, of(event.ToolResult)),
			"errors": n(g, of(event.Error)), "failed_calls": failures, "error_rate": share(failures, calls), "denials": n(g, of(event.PermissionDenied)),
			"tokens": total, "cost_usd": cost, "avg_call_ms": avg, "p95_call_ms": p95, "versions": names(g, func(e *event.Event) string { return e.AgentVersion }),
			"first_at": first(g), "last_at": last(g),
		}}
	}},
	{"agent_types", 1, func(events []event.Event) counted {
		return each(group(events, nil, func(e *event.Event) string { return string(e.Type) }), func(g []*event.Event) row {
			avg, _, p95, _ := durations(g, func(*event.Event) bool { return true })
			return row{
				"events": int64(len(g)), "unique_actions": distinct(g, func(e *event.Event) string { return e.Action }), "failed": n(g, failed),
				"denied": n(g, denied), "avg_ms": avg, "p95_ms": p95,
			}
		})
	}},
	{"agent_resources", 1, func(events []event.Event) counted {
		resource := named(func(e *event.Event) string { return e.Resource }, "(not named)")
		return each(group(events, of(event.DataAccess, event.DataModify), resource), func(g []*event.Event) row {
			return row{"reads": n(g, of(event.DataAccess)), "changes": n(g, of(event.DataModify)), "failed": n(g, failed), "users": distinct(g, userOf)}
		})
	}},
	{"agent_models", 2, func(events []event.Event) counted {
		c := tokensBy(func(e *event.Event) string {
			return cmp.Or(e.Provider, "(unknown)") + "|" + cmp.Or(e.Model, "(no model)")
		})(events)
		for _, r := range c {
			delete(r, "cache_read_tokens")
		}
		return c
	}},
	{"agent_approvals", 5, func(events []event.Event) counted {
		return each(group(events, func(e *event.Event) bool {
			return of(event.PermissionCheck, event.PermissionDenied, event.HumanIntervention)(e) || e.Type == event.Decision && e.Approval.Status != ""
		}, func(e *event.Event) string {
			return strings.Join([]string{string(e.Type), cmp.Or(e.Tool.Name, e.Action, "(unknown)"), cmp.Or(e.Approval.Status, "(no status)"),
				cmp.Or(e.Approval.ActorClass, "-"), cmp.Or(e.Approval.ApproverID, "-")}, "|")
		}), func(g []*event.Event) row { return row{"events": int64(len(g))} })
	}},
}

func handoffs(events []event.Event, name string) counted {
	c := counted{}
	add := func(key string, g []*event.Event) {
		c[key] = row{"handoffs": int64(len(g)), "sessions": distinct(g, sessionOf), "first_at": first(g), "last_at": last(g)}
	}
	for key, g := range group(events, func(e *event.Event) bool { return e.Type == event.Handoff && e.Handoff.From == name },
		func(e *event.Event) string { return "to " + cmp.Or(e.Handoff.To, "(unknown)") }) {
		add(key, g)
	}
	for key, g := range group(events, func(e *event.Event) bool { return e.Type == event.Handoff && e.Handoff.To == name },
		func(e *event.Event) string { return "from " + cmp.Or(e.Handoff.From, "(unknown)") }) {
		add(key, g)
	}
	return c
}

// testChange compares what changed, of an agent or of all ("").
func testChange(t *testing.T, table *Table, events []event.Event, name string, p Period) {
	t.Helper()
	var now, before []*event.Event
	var handedNow, handedBefore float64
	for i := range events {
		e := &events[i]
		at := e.Timestamp.AsTime()
		if e.Type == event.Handoff && (name == "" || handedBy(e) == name) {
			if !at.Before(p.Since.Truncate(time.Microsecond)) {
				handedNow++
			} else if !at.Before(p.Since.Truncate(time.Microsecond).Add(-Week)) {
				handedBefore++
			}
		}
		switch {
		case name != "" && e.AgentName != name && e.AgentID != name:
		case !at.Before(p.Since.Truncate(time.Microsecond)):
			now = append(now, e)
		case !at.Before(p.Since.Truncate(time.Microsecond).Add(-Week)):
			before = append(before, e)
		}
	}
	days := p.Until.Sub(p.Since).Hours() / 24
	figures := func(g []*event.Event, days float64) map[string]any {
		_, _, _, total, cost, _ := spent(g)
		if cost != nil {
			cost = cost.(float64) / days
		}
		_, _, p95, _ := durations(g, of(event.ToolResult))
		per := func(n int64) float64 { return float64(n) / days }
		var rate any
		if calls := n(g, isCall); calls > 0 {
			rate = 100 * float64(n(g, both(isCall, failed))) / float64(calls)
		}
		return map[string]any{
			"events a day": per(int64(len(g))), "sessions a day": per(distinct(g, sessionOf)), "tool calls a day": per(n(g, of(event.ToolResult))),
			"errors a day": per(n(g, of(event.Error))), "failed calls, %": rate, "denials a day": per(n(g, of(event.PermissionDenied))),
			"data changes a day": per(n(g, of(event.DataModify))), "tokens a day": per(total),
			"cost a day, USD": cost, "tool calls, p95, ms": p95,
		}
	}
	a, b := figures(now, days), figures(before, 7)
	a["handoffs a day"], b["handoffs a day"] = handedNow/days, handedBefore/7
	require.Len(t, table.Rows, len(a))
	for i := range table.Rows {
		measure := table.Cell(i, "measure")
		require.Contains(t, a, measure)
		same(t, a[measure], table.Value(i, "this_period"), name+" "+measure)
		same(t, b[measure], table.Value(i, "before"), name+" "+measure+" before")
	}
}

func testDaily(t *testing.T, w *world) {
	day := w.events[len(w.events)-1].Timestamp.AsTime().UTC().Truncate(24 * time.Hour)
	until := day.AddDate(0, 0, 1)
	v := w.view(t, lake.Filter{Since: day, Until: until})
	d, err := Daily(t.Context(), v, day)
	require.NoError(t, err)
	var own, past []event.Event
	for _, e := range w.events {
		at := e.Timestamp.AsTime()
		if !at.Before(day) && at.Before(until) {
			own = append(own, e)
		}
		if at.Before(until) {
			past = append(past, e)
		}
	}
	require.NotEmpty(t, own)
	countTotals(own).equal(t, d.table("totals"), 0)
	testChange(t, d.table("change"), past, "", Period{day, until})
	assert.Equal(t, "Day "+day.Format(time.DateOnly), d.Title)
}

// testBudgets compares budgets with a plain loop.
func testBudgets(t *testing.T, w *world, v *lake.View) {
	day := func(e *event.Event) string { return e.Timestamp.AsTime().UTC().Format(time.DateOnly) }
	for per, key := range map[string]func(*event.Event) string{
		"total": func(*event.Event) string { return "all" }, "day": day, "agent": agentOf, "session": sessionOf,
		"model": func(e *event.Event) string { return e.Model },
		"agent_day": func(e *event.Event) string {
			if e.AgentName == "" {
				return ""
			}
			return e.AgentName + " " + day(e)
		},
	} {
		groups := group(w.events, of(event.TokenUsage), key)
		delete(groups, "")
		b := policy.Budget{Per: per, Tokens: 1500, CostUSD: 0.05}
		var over []string
		var highest int64
		for name, g := range groups {
			_, _, _, total, cost, _ := spent(g)
			highest = max(highest, total)
			if c, ok := cost.(float64); total > b.Tokens || ok && c > b.CostUSD {
				over = append(over, name)
			}
		}
		d := &Document{}
		require.NoError(t, AddBudgets(t.Context(), v, d, []policy.Budget{b}))
		kept, found := d.table("budgets"), d.table("budget_over")
		assert.Equal(t, int64(len(groups)), kept.Int(0, "checked"), per)
		assert.Equal(t, int64(len(over)), kept.Int(0, "over"), per)
		assert.Equal(t, highest, kept.Int(0, "highest_tokens"), per)
		assert.Equal(t, len(over) > 50, found.More)
		for i := range found.Rows {
			assert.Contains(t, over, found.Value(i, "name"))
		}
	}
}
