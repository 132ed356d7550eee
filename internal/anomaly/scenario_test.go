package anomaly_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/anomaly"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
)

// today is the period that is asked about; what scenarios need of history lies before it.
var today = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)

// scenario is a day in the life of one agent, with what must be found there and nothing else.
type scenario struct {
	name  string
	about string
	want  []string // rules; none for a clean look-alike
	play  func(*stage)
}

// found is what the rules name today.
func (s *scenario) found() []string {
	if rules, ok := instead[s.name]; ok {
		return rules
	}
	return s.want
}

// stage is where a scenario plays: an agent and a user of its own.
type stage struct {
	*generate.Scenario

	agent, user string
	sessions    int
}

// at opens a session of today.
func (s *stage) at(hour, minute int) *generate.Run { return s.on(0, hour, minute) }

// on opens a session so many days before today.
func (s *stage) on(daysAgo, hour, minute int) *generate.Run {
	s.sessions++
	return s.Silent(fmt.Sprintf("%s-%d", s.agent, s.sessions), s.user, s.agent).
		At(today.AddDate(0, 0, -daysAgo).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute))
}

// work is one ordinary turn: two model calls and one look into the orders. No two are quite alike.
func (s *stage) work(r *generate.Run) *generate.Run {
	n := s.sessions
	model := generate.Model{In: int64(800 + n*137%400), Out: 50, CostUSD: 0.002 + float64(n*31%17)/1e4}
	return r.Turn("where is my order?").Model(model).
		Call(order(n)).Model(model).Answer("on its way")
}

func order(n int) generate.Call {
	return generate.Call{
		Tool: "get_order", Args: fmt.Sprintf(`{"id":%d}`, n), Result: fmt.Sprintf(`{"id":%d,"state":"sent"}`, n), Operation: event.Read, Resource: "db:orders",
		Took: time.Duration(150+n*71%100) * time.Millisecond,
	}
}

// usually has the agent do its ordinary work twice a day, at 9 and at 14 hours, for 16 days.
func (s *stage) usually() { s.usuallyAt(9, 14) }

func (s *stage) usuallyAt(hours ...int) {
	for day := 16; day > 0; day-- {
		for _, h := range hours {
			s.work(s.on(day, h, day))
		}
	}
}

const policyText = `
version: 1
approvals: {tools: [issue_refund, "delete_*"], by: [human, policy]}
anomalies:
  burst: {actions: 10}
`

func testPolicy(t testing.TB) *anomaly.Policy {
	t.Helper()
	p, err := anomaly.ParsePolicy([]byte(policyText))
	require.NoError(t, err)
	return p
}

// stageAll plays scenarios into one bucket and opens it: each has its own agent, by which findings are told apart.
func stageAll(t testing.TB, list []scenario) *lake.Lake {
	t.Helper()
	whole := generate.NewScenario(today)
	for _, sc := range list {
		sc.play(&stage{Scenario: whole, agent: sc.name, user: "user-of-" + sc.name})
	}
	return open(t, whole.Events())
}

func open(t testing.TB, events []event.Event) *lake.Lake {
	t.Helper()
	store := generate.NewMemory()
	_, err := generate.WriteEvents(t.Context(), store, events)
	require.NoError(t, err)
	l, err := lake.Open(t.Context(), store, lake.Options{
		Dir: t.TempDir(), Since: today, Until: today.AddDate(0, 0, 1), History: anomaly.History, Now: today.AddDate(0, 0, 2),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	require.Empty(t, l.Provenance().Findings)
	return l
}

func run(t testing.TB, l *lake.Lake, f lake.Filter, opts anomaly.Options) *anomaly.Result {
	t.Helper()
	v, err := l.View(t.Context(), f)
	require.NoError(t, err)
	defer v.Close()
	opts.Since = v.Since
	r, err := anomaly.Run(t.Context(), v, opts)
	require.NoError(t, err)
	return r
}
