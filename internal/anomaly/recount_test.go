package anomaly_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/anomaly"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
)

// row is an event as the recount sees it.
type row struct {
	kind, agent, session, trace, tool, call, hash, outcome, model string

	tokens, cost, ms float64
	at               time.Time
	today            bool
}

func (r *row) run() string      { return cmp.Or(r.session, r.trace) }
func (r *row) failed() bool     { return r.outcome == "error" || r.outcome == "timeout" }
func (r *row) is(k string) bool { return r.kind == "agent."+k }

const rowsSQL = `SELECT event_type, coalesce(agent_name, ''), coalesce(session_id, ''), coalesce(trace_id, ''), coalesce(tool.name, ''),
  coalesce(tool.call_id, span_id, ''), coalesce(action_hash, ''), coalesce(outcome, ''), coalesce(model, ''),
  coalesce(tokens.total, 0)::DOUBLE, coalesce(cost_usd, 0)::DOUBLE, coalesce(duration_ms, 0)::DOUBLE, "timestamp" FROM history ORDER BY "timestamp", event_id`

func rows(t *testing.T, v *lake.View) (list []row) {
	t.Helper()
	found, err := v.Query(t.Context(), rowsSQL)
	require.NoError(t, err)
	defer found.Close()
	for found.Next() {
		var r row
		require.NoError(t, found.Scan(&r.kind, &r.agent, &r.session, &r.trace, &r.tool, &r.call, &r.hash, &r.outcome, &r.model, &r.tokens, &r.cost, &r.ms, &r.at))
		r.today = !r.at.Before(v.Since)
		list = append(list, r)
	}
	require.NoError(t, found.Err())
	return list
}

// Thresholds so low that generated days have findings of each rule.
const lowPolicy = `version: 1
anomalies:
  burst: {actions: 3, seconds: 20}
  failures: {share: 0.1, minimum: 4}
  denials: {more_than: 0}
  retry_storm: {failures: 2}
  token_outlier: {k: 1, ratio: 1.2, sample: 10}
  cost_outlier: {k: 0.5, ratio: 1.1, sample: 10}
  duration_outlier: {k: 1, ratio: 1.2, sample: 5, floor_ms: 1}
  first_use: {days: 1}
  tool_drift: {divergence: 0.01, calls: 10}
`

// recounts say what each rule must find, by plain loops: for each finding whom it is about, and of how many events.
var recounts = map[string]func([]row) map[string]int{
	"denials": func(list []row) map[string]int {
		calls, events := map[string]map[string]bool{}, map[string]int{}
		for i := range list {
			if r := &list[i]; r.today && r.is("permission_denied") {
				key := r.agent + "|" + r.run()
				if calls[key] == nil {
					calls[key] = map[string]bool{}
				}
				calls[key][r.call] = true
				events[key]++
			}
		}
		maps.DeleteFunc(events, func(key string, _ int) bool { return len(calls[key]) <= 0 })
		return events
	},
	"retry_storm": func(list []row) map[string]int {
		return repeats(list, func(r *row) bool { return r.failed() })
	},
	"failures": recountFailures,
	"burst":    recountBursts,
	"token_outlier": func(list []row) map[string]int {
		return outliers(list, func(r *row) (string, string, float64) {
			if !r.is("token_usage") || r.tokens <= 0 {
				return "", "", 0
			}
			return r.agent + "|" + r.model, r.agent + "|" + r.run(), r.tokens
		}, 1, 1.2, 10)
	},
	"duration_outlier": func(list []row) map[string]int {
		return outliers(list, func(r *row) (string, string, float64) {
			if !r.is("tool_result") || r.ms <= 0 || r.tool == "" {
				return "", "", 0
			}
			return r.agent + "|" + r.tool, r.agent + "|" + r.tool, r.ms
		}, 1, 1.2, 5)
	},
	"cost_outlier": recountCosts,
	"tool_drift":   recountDrift,
	"first_use":    recountFirstUses,
}

func repeated(r *row) string { return r.agent + "|" + r.trace + "|" + r.tool + "|" + r.hash }

func repeats(list []row, which func(*row) bool) map[string]int {
	n := map[string]int{}
	for i := range list {
		if r := &list[i]; r.today && r.is("tool_result") && which(r) {
			n[repeated(r)]++
		}
	}
	maps.DeleteFunc(n, func(_ string, n int) bool { return n < 2 })
	return n
}

func recountFailures(list []row) map[string]int {
	all, failed := map[string]int{}, map[string]int{}
	for i := range list {
		r := &list[i]
		if !r.today || !r.is("tool_result") && !r.is("llm_response") || !r.failed() && r.outcome != "success" {
			continue
		}
		for _, layout := range []string{time.DateOnly, "2006-01-02T15"} {
			key := r.agent + "|" + r.at.UTC().Format(layout)
			all[key]++
			if r.failed() {
				failed[key]++
			}
		}
	}
	found := map[string]int{}
	for key, n := range all {
		if n >= 4 && float64(failed[key]) > 0.1*float64(n) {
			found[key] = failed[key]
		}
	}
	for key := range found { // the day is told when none of its hours is
		if day, _, ok := strings.Cut(key, "T"); ok {
			delete(found, day)
		}
	}
	return found
}

func recountBursts(list []row) map[string]int {
	runs := map[string][]time.Time{}
	for i := range list {
		if r := &list[i]; r.today && (r.is("tool_call") || r.is("handoff")) && r.outcome != "denied" {
			runs[r.agent+"|"+r.run()] = append(runs[r.agent+"|"+r.run()], r.at)
		}
	}
	found := map[string]int{}
	for key, at := range runs {
		in := map[int]bool{}
		for i := 2; i < len(at); i++ {
			if at[i].Sub(at[i-2]) < 20*time.Second {
				in[i-2], in[i-1], in[i] = true, true, true
			}
		}
		if len(in) > 0 {
			found[key] = len(in)
		}
	}
	return found
}

// outliers groups values as of says (the group that they are compared in, and that they are told in).
func outliers(list []row, of func(*row) (group, told string, v float64), k, ratio float64, sample int) map[string]int {
	groups := map[string][]float64{}
	for i := range list {
		if g, _, v := of(&list[i]); g != "" {
			groups[g] = append(groups[g], math.Log(v))
		}
	}
	found := map[string]int{}
	for i := range list {
		g, told, v := of(&list[i])
		if g == "" || !list[i].today || len(groups[g]) < sample {
			continue
		}
		mid := median(groups[g])
		away := make([]float64, len(groups[g]))
		for i, x := range groups[g] {
			away[i] = math.Abs(x - mid)
		}
		if math.Log(v) > max(mid+k*1.4826*median(away), mid+math.Log(ratio)) {
			found[told]++
		}
	}
	return found
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func recountDrift(list []row) map[string]int {
	counts := map[string]map[string][2]float64{}
	for i := range list {
		if r := &list[i]; r.is("tool_call") && r.tool != "" && r.agent != "" {
			if counts[r.agent] == nil {
				counts[r.agent] = map[string][2]float64{}
			}
			c := counts[r.agent][r.tool]
			c[map[bool]int{false: 0, true: 1}[r.today]]++
			counts[r.agent][r.tool] = c
		}
	}
	found := map[string]int{}
	for agent, tools := range counts {
		var n [2]float64
		for _, c := range tools {
			n[0], n[1] = n[0]+c[0], n[1]+c[1]
		}
		var divergence, gain float64
		var gained [2]float64
		for _, c := range tools {
			q, p := c[0]/n[0], c[1]/n[1]
			for _, share := range []float64{p, q} {
				if share > 0 {
					divergence += share * math.Log2(share/((p+q)/2)) / 2
				}
			}
			if p-q > gain {
				gain, gained = p-q, c
			}
		}
		if n[0] >= 10 && n[1] >= 10 && divergence > 0.01 {
			found[agent] = int(gained[1])
		}
	}
	return found
}

func recountCosts(list []row) map[string]int {
	type session struct{ agent, run string }
	costs, events := map[session]float64{}, map[session]int{}
	for i := range list {
		if r := &list[i]; r.is("token_usage") && r.cost > 0 {
			s := session{r.agent, r.run()}
			costs[s] += r.cost
			if r.today {
				events[s]++
			}
		}
	}
	byAgent := map[string][]float64{}
	for s, cost := range costs {
		byAgent[s.agent] = append(byAgent[s.agent], math.Log(cost))
	}
	found := map[string]int{}
	for s, cost := range costs {
		logs := byAgent[s.agent]
		mid := median(logs)
		away := make([]float64, len(logs))
		for i, x := range logs {
			away[i] = math.Abs(x - mid)
		}
		if events[s] > 0 && len(logs) >= 10 && math.Log(cost) > max(mid+0.5*1.4826*median(away), mid+math.Log(1.1)) {
			found[s.agent+"|"+s.run] = events[s]
		}
	}
	return found
}

// recountFirstUses counts those of tools.
func recountFirstUses(list []row) map[string]int {
	before, days, found := map[string]bool{}, map[string]map[string]bool{}, map[string]int{}
	uses := func(r *row) bool {
		return (r.is("tool_call") || r.is("data_access") || r.is("data_modify")) && r.outcome != "denied" && r.agent != ""
	}
	for i := range list {
		if r := &list[i]; uses(r) && !r.today {
			if r.is("tool_call") {
				before[r.agent+"|"+r.tool] = true
			}
			if days[r.agent] == nil {
				days[r.agent] = map[string]bool{}
			}
			days[r.agent][r.at.UTC().Format(time.DateOnly)] = true
		}
	}
	for i := range list {
		if r := &list[i]; uses(r) && r.is("tool_call") && r.today && r.tool != "" && !before[r.agent+"|"+r.tool] && len(days[r.agent]) >= 1 {
			found[r.agent+"|"+r.tool]++
		}
	}
	return found
}

// told says whom a finding is about, as the recount of its rule does.
func told(f *anomaly.Finding, when string) string {
	run := cmp.Or(f.Session, f.Trace)
	switch f.Rule {
	case "failures":
		return f.Agent + "|" + when
	case "duration_outlier", "first_use":
		return f.Agent + "|" + f.Tool
	case "tool_drift":
		return f.Agent
	}
	return f.Agent + "|" + run
}

// TestRecount has plain loops find what the SQL found.
func TestRecount(t *testing.T) {
	store := generate.NewMemory()
	_, err := generate.Write(t.Context(), generate.Spec{Seed: 3, Events: 12_000, Days: 4, Start: today.AddDate(0, 0, -3), Agents: 40, Tools: 60, ErrorRate: 0.15}, store, 2)
	require.NoError(t, err)
	l, err := lake.Open(t.Context(), store, lake.Options{
		Dir: t.TempDir(), Since: today, Until: today.AddDate(0, 0, 1), History: anomaly.History, Now: today.Add(72 * time.Hour),
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	v, err := l.View(t.Context(), lake.Filter{})
	require.NoError(t, err)
	defer v.Close()
	list := rows(t, v)
	p, err := anomaly.ParsePolicy([]byte(lowPolicy))
	require.NoError(t, err)
	result, err := anomaly.Run(t.Context(), v, anomaly.Options{Policy: p, Since: v.Since, MaxFindings: 9000})
	require.NoError(t, err)
	require.Empty(t, result.More)
	got := map[string]map[string]int{}
	for i := range result.Findings {
		f := &result.Findings[i]
		if f.Rule == "first_use" && f.Tool == "" {
			continue // of a resource
		}
		if got[f.Rule] == nil {
			got[f.Rule] = map[string]int{}
		}
		key := told(f, "")
		switch f.Rule {
		case "failures":
			hour := f.FirstAt.UTC().Format("2006-01-02T15")
			if strings.Contains(f.Seen, "in the day") {
				hour = hour[:10]
			}
			key = told(f, hour)
		case "retry_storm":
			key = ""
		}
		got[f.Rule][key] += int(f.Events)
	}
	for name, recount := range recounts {
		want := recount(list)
		assert.NotEmpty(t, want, "%s: these days have nothing to find", name)
		if name == "retry_storm" { // told by hash; the sum must do
			sum := 0
			for _, n := range want {
				sum += n
			}
			want = map[string]int{"": sum}
		}
		assert.Equal(t, fmt.Sprint(want), fmt.Sprint(got[name]), name)
	}
}
