package report

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/lake"
)

func agentOf(e *event.Event) string   { return e.AgentName }
func sessionOf(e *event.Event) string { return e.SessionID }
func userOf(e *event.Event) string    { return e.UserID }
func toolOf(e *event.Event) string    { return e.Tool.Name }

func traceOf(e *event.Event) string {
	if e.TraceID.IsEmpty() {
		return ""
	}
	return e.TraceID.String()
}

func named(value func(*event.Event) string, none string) func(*event.Event) string {
	return func(e *event.Event) string { return cmp.Or(value(e), none) }
}

// counts are the questions, each with a plain loop that answers it: the key's columns, and the rest of each row.
var counts = []struct {
	question string
	keys     int
	count    func([]event.Event) counted
}{
	{"totals", 0, countTotals},
	{"types", 1, countTypes},
	{"agents", 1, countAgents},
	{"handoffs", 2, func(events []event.Event) counted {
		return each(group(events, of(event.Handoff), func(e *event.Event) string {
			return cmp.Or(e.Handoff.From, "(unknown)") + "|" + cmp.Or(e.Handoff.To, "(unknown)")
		}), func(g []*event.Event) row { return row{"handoffs": int64(len(g)), "sessions": distinct(g, sessionOf)} })
	}},
	{"tools", 1, countTools},
	{"tools_by_agent", 2, func(events []event.Event) counted {
		return each(group(events, of(event.ToolResult), func(e *event.Event) string {
			return cmp.Or(e.AgentName, "(no agent)") + "|" + cmp.Or(e.Tool.Name, "(no name)")
		}), func(g []*event.Event) row {
			avg, _, p95, _ := durations(g, of(event.ToolResult))
			return row{"finished": int64(len(g)), "errors": n(g, failed), "error_rate": share(n(g, failed), int64(len(g))), "avg_ms": avg, "p95_ms": p95}
		})
	}},
	{"errors_by_type", 1, func(events []event.Event) counted {
		return each(group(events, of(event.Error), func(e *event.Event) string { return cmp.Or(e.ErrorType, "(no class)") }), func(g []*event.Event) row {
			return row{
				"errors": int64(len(g)), "agents": distinct(g, agentOf), "tools": distinct(g, toolOf), "sessions": distinct(g, sessionOf),
				"first_at": first(g), "last_at": last(g), "event_ids": earliest(g, 5),
			}
		})
	}},
	{"errors_by_message", 2, func(events []event.Event) counted {
		return each(group(events, of(event.Error), func(e *event.Event) string { return cmp.Or(e.ErrorType, "(no class)") + "|" + said(e) }), func(g []*event.Event) row {
			return row{"errors": int64(len(g)), "agents": names(g, agentOf), "tools": names(g, toolOf), "event_ids": earliest(g, 5)}
		})
	}},
	{"errors_by_agent", 1, countErrorsByAgent},
	{"access_by_resource", 1, access(func(e *event.Event) string { return e.Resource }, "(not named)", func(g []*event.Event, r row) {
		r["agents"], r["users"] = distinct(g, agentOf), distinct(g, userOf)
	})},
	{"access_by_agent", 1, access(agentOf, "(no agent)", func(g []*event.Event, r row) {
		r["resources"], r["users"] = distinct(g, func(e *event.Event) string { return e.Resource }), distinct(g, userOf)
	})},
	{"access_by_user", 1, access(userOf, "(no user)", func(g []*event.Event, r row) {
		r["resources"], r["agents"] = distinct(g, func(e *event.Event) string { return e.Resource }), distinct(g, agentOf)
	})},
	{"tokens_total", 0, func(events []event.Event) counted {
		return each(group(events, of(event.TokenUsage), func(*event.Event) string { return "" }), func(g []*event.Event) row {
			r := tokens(g)
			var reasoning, cacheWrite int64
			for _, e := range g {
				reasoning += e.Tokens.Reasoning.Value
				cacheWrite += e.Tokens.CacheWrite.Value
			}
			r["reasoning_tokens"], r["cache_write_tokens"] = reasoning, cacheWrite
			r["computed_costs"] = n(g, func(e *event.Event) bool { return e.CostSource == event.CostComputed })
			return r
		})
	}},
	{"tokens_by_agent", 1, tokensBy(named(agentOf, "(no agent)"))},
	{"tokens_by_model", 2, tokensBy(func(e *event.Event) string {
		return cmp.Or(e.Provider, "(unknown)") + "|" + cmp.Or(e.Model, "(no model)")
	})},
	{"tokens_by_day", 1, tokensBy(func(e *event.Event) string { return e.Timestamp.AsTime().UTC().Format(time.DateOnly) })},
	{"tokens_by_session", 1, func(events []event.Event) counted {
		c := tokensBy(named(sessionOf, "(no session)"))(events)
		for key, g := range group(events, of(event.TokenUsage), named(sessionOf, "(no session)")) {
			c[key]["agent"], c[key]["user"] = least(g, agentOf), least(g, userOf)
		}
		return c
	}},
	{"denials", 4, func(events []event.Event) counted {
		return each(group(events, of(event.PermissionDenied), func(e *event.Event) string {
			return strings.Join([]string{cmp.Or(e.Tool.Name, e.Action, "(unknown)"), cmp.Or(e.AgentName, "(no agent)"),
				cmp.Or(e.Approval.ActorClass, "unknown"), cmp.Or(e.Approval.ApproverID, "-")}, "|")
		}), func(g []*event.Event) row { return row{"denials": int64(len(g)), "event_ids": earliest(g, 5)} })
	}},
	{"decisions", 4, func(events []event.Event) counted {
		return each(group(events, of(event.HumanIntervention), func(e *event.Event) string {
			return strings.Join([]string{cmp.Or(e.Tool.Name, e.Action, "(unknown)"), cmp.Or(e.AgentName, "(no agent)"),
				cmp.Or(e.Approval.Status, "(no status)"), cmp.Or(e.Approval.ApproverID, "-")}, "|")
		}), func(g []*event.Event) row { return row{"decisions": int64(len(g)), "event_ids": earliest(g, 5)} })
	}},
	{"agent_names", 1, func(events []event.Event) counted {
		return each(group(events, func(e *event.Event) bool { return e.AgentName != "" }, agentOf), func(g []*event.Event) row {
			return row{"events": int64(len(g)), "last_at": last(g)}
		})
	}},
}

func least(events []*event.Event, value func(*event.Event) string) any {
	if all, ok := names(events, value).([]string); ok {
		return all[0]
	}
	return nil
}

func each(groups map[string][]*event.Event, count func([]*event.Event) row) counted {
	c := counted{}
	for key, g := range groups {
		c[key] = count(g)
	}
	return c
}

func all(events []event.Event) (list []*event.Event) {
	for i := range events {
		list = append(list, &events[i])
	}
	return list
}

func countTotals(events []event.Event) counted {
	g := all(events)
	_, _, _, total, cost, _ := spent(g)
	calls, failures := n(g, isCall), n(g, both(isCall, failed))
	return counted{"": {
		"events": int64(len(g)), "sessions": distinct(g, sessionOf), "traces": distinct(g, traceOf), "agents": distinct(g, agentOf),
		"users": distinct(g, userOf), "model_calls": n(g, of(event.LLMResponse)), "tool_calls": n(g, of(event.ToolResult)),
		"errors": n(g, of(event.Error)), "failed_calls": failures, "error_rate": share(failures, calls),
		"denials": n(g, of(event.PermissionDenied)), "handoffs": n(g, of(event.Handoff)),
		"human_decisions": n(g, both(of(event.HumanIntervention), func(e *event.Event) bool {
			return e.Approval.Status == event.ApprovalApproved || e.Approval.Status == event.ApprovalRejected
		})),
		"data_reads": n(g, of(event.DataAccess)), "data_changes": n(g, of(event.DataModify)), "tokens": total, "cost_usd": cost,
		"first_at": first(g), "last_at": last(g),
	}}
}

func denied(e *event.Event) bool { return e.Outcome == event.OutcomeDenied }

func countTypes(events []event.Event) counted {
	return each(group(events, nil, func(e *event.Event) string { return string(e.Type) }), func(g []*event.Event) row {
		return row{"events": int64(len(g)), "failed": n(g, failed), "denied": n(g, denied)}
	})
}

func countAgents(events []event.Event) counted {
	handed := group(events, of(event.Handoff), handedBy)
	c := each(group(events, nil, named(agentOf, "(no agent)")), func(g []*event.Event) row {
		_, _, _, total, cost, _ := spent(g)
		return row{
			"events": int64(len(g)), "sessions": distinct(g, sessionOf), "users": distinct(g, userOf),
			"model_calls": n(g, of(event.LLMResponse)), "tool_calls": n(g, of(event.ToolResult)), "errors": n(g, of(event.Error)),
			"denials": n(g, of(event.PermissionDenied)), "handoffs": int64(len(handed[cmp.Or(g[0].AgentName, "(no agent)")])), "tokens": total, "cost_usd": cost,
		}
	})
	for agent, g := range handed {
		if c[agent] == nil { // it never told anything itself
			c[agent] = row{
				"events": int64(0), "sessions": int64(0), "users": int64(0), "model_calls": int64(0), "tool_calls": int64(0), "errors": int64(0),
				"denials": int64(0), "handoffs": int64(len(g)), "tokens": int64(0), "cost_usd": nil,
			}
		}
	}
	return c
}

// handedBy is who gave up control.
func handedBy(e *event.Event) string { return cmp.Or(e.Handoff.From, e.AgentName, "(no agent)") }

func countTools(events []event.Event) counted {
	return each(group(events, of(event.ToolCall, event.ToolResult), named(toolOf, "(no name)")), func(g []*event.Event) row {
		finished, errs := n(g, of(event.ToolResult)), n(g, both(of(event.ToolResult), failed))
		avg, p50, p95, highest := durations(g, of(event.ToolResult))
		return row{
			"calls": n(g, of(event.ToolCall)), "finished": finished, "errors": errs, "error_rate": share(errs, finished),
			"denied": n(g, both(of(event.ToolCall), denied)), "avg_ms": avg, "p50_ms": p50, "p95_ms": p95, "max_ms": highest,
			"agents": distinct(g, agentOf),
		}
	})
}

func countErrorsByAgent(events []event.Event) counted {
	c := each(group(events, nil, named(agentOf, "(no agent)")), func(g []*event.Event) row {
		calls, failures := n(g, isCall), n(g, both(isCall, failed))
		errs := group(events, of(event.Error), agentOf)[g[0].AgentName]
		return row{
			"errors": int64(len(errs)), "classes": distinct(errs, func(e *event.Event) string { return e.ErrorType }), "calls": calls,
			"failed_calls": failures, "error_rate": share(failures, calls),
		}
	})
	for key, r := range c {
		if r["errors"] == int64(0) && r["failed_calls"] == int64(0) {
			delete(c, key)
		}
	}
	return c
}

func access(key func(*event.Event) string, none string, others func([]*event.Event, row)) func([]event.Event) counted {
	return func(events []event.Event) counted {
		return each(group(events, of(event.DataAccess, event.DataModify), named(key, none)), func(g []*event.Event) row {
			r := row{
				"reads": n(g, of(event.DataAccess)), "changes": n(g, of(event.DataModify)), "failed": n(g, failed), "denied": n(g, denied),
				"first_at": first(g), "last_at": last(g),
			}
			others(g, r)
			return r
		})
	}
}

func tokens(g []*event.Event) row {
	input, output, cacheRead, total, cost, unpriced := spent(g)
	return row{
		"model_calls": int64(len(g)), "input_tokens": input, "output_tokens": output, "cache_read_tokens": cacheRead, "tokens": total,
		"cost_usd": cost, "unpriced": unpriced,
	}
}

func tokensBy(key func(*event.Event) string) func([]event.Event) counted {
	return func(events []event.Event) counted { return each(group(events, of(event.TokenUsage), key), tokens) }
}

// equal compares a table with what was counted, cell by cell.
func (c counted) equal(t *testing.T, table *Table, keys int) {
	t.Helper()
	require.False(t, table.More)
	if keys > 0 || len(c) > 0 {
		require.Len(t, table.Rows, len(c))
	}
	for i, values := range table.Rows {
		var key []string
		for k := range keys {
			key = append(key, table.Columns[k].Cell(values[k]))
		}
		want, ok := c[strings.Join(key, "|")]
		if !ok {
			require.Zero(t, keys, "nobody counted %q", key)
			continue
		}
		require.Len(t, values[keys:], len(want), "columns of %q", key)
		for k := keys; k < len(values); k++ {
			same(t, want[table.Columns[k].Name], values[k], fmt.Sprintf("row %d %q, column %s", i, key, table.Columns[k].Name))
		}
	}
}

func same(t *testing.T, want, got any, where string) {
	t.Helper()
	switch w := want.(type) {
	case float64:
		g, ok := got.(float64)
		require.True(t, ok, "%s: %v (%T), want %v", where, got, got, want)
		assert.InDelta(t, w, g, 1e-3, where) // means are rounded to the microsecond
	case time.Time:
		g, ok := got.(time.Time)
		require.True(t, ok, where)
		assert.True(t, w.Equal(g), "%s: %v, want %v", where, got, want)
	default:
		assert.Equal(t, want, got, where)
	}
}

func TestEveryNumberIsThatOfAPlainLoop(t *testing.T) {
	for _, w := range worlds(t) {
		t.Run(w.name, func(t *testing.T) {
			v := w.view(t, lake.Filter{})
			for _, c := range counts {
				t.Run(c.question, func(t *testing.T) {
					table, err := Ask(t.Context(), v, c.question)
					require.NoError(t, err)
					c.count(w.events).equal(t, table, c.keys)
				})
			}
			t.Run("budgets", func(t *testing.T) { testBudgets(t, w, v) })
			t.Run("agents", func(t *testing.T) { testAgents(t, w, v) })
			t.Run("daily", func(t *testing.T) { testDaily(t, w) })
			t.Run("sums", func(t *testing.T) { testSums(t, v) })
		})
	}
}

// testSums: the parts add up to the whole.
func testSums(t *testing.T, v *lake.View) {
	sum := func(question, column string) (sum int64) {
		table, err := Ask(t.Context(), v, question)
		require.NoError(t, err)
		for i := range table.Rows {
			sum += table.Int(i, column)
		}
		return sum
	}
	for _, column := range []string{"events", "model_calls", "tool_calls", "errors", "denials", "handoffs", "tokens"} {
		assert.Equal(t, sum("totals", column), sum("agents", column), "%s over agents", column)
	}
	assert.Equal(t, sum("totals", "events"), sum("types", "events"))
	assert.Equal(t, sum("totals", "tool_calls"), sum("tools", "finished"))
	assert.Equal(t, sum("totals", "tool_calls"), sum("tools_by_agent", "finished"))
	assert.Equal(t, sum("totals", "handoffs"), sum("handoffs", "handoffs"))
	assert.Equal(t, sum("totals", "denials"), sum("denials", "denials"))
	for _, question := range []string{"errors_by_type", "errors_by_message", "errors_by_agent"} {
		assert.Equal(t, sum("totals", "errors"), sum(question, "errors"), question)
	}
	assert.Equal(t, sum("totals", "failed_calls"), sum("errors_by_agent", "failed_calls"))
	for _, question := range []string{"access_by_resource", "access_by_agent", "access_by_user"} {
		assert.Equal(t, sum("totals", "data_reads"), sum(question, "reads"), question)
		assert.Equal(t, sum("totals", "data_changes"), sum(question, "changes"), question)
	}
	for _, question := range []string{"tokens_total", "tokens_by_agent", "tokens_by_model", "tokens_by_day", "tokens_by_session"} {
		assert.Equal(t, sum("totals", "tokens"), sum(question, "tokens"), question)
	}
}
