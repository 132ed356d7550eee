package timeline

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agentaudit/agentaudit/internal/event"
)

var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

// ev is an event of a span, written short: at is in milliseconds.
func ev(t event.Type, at int, span, parent, action string) Event {
	return Event{
		ID: fmt.Sprintf("%s@%d#%s", t, at, span), Type: t, At: monday.Add(time.Duration(at) * time.Millisecond),
		TraceID: "t1", SpanID: span, ParentSpanID: parent, Agent: "a", Action: action, Outcome: event.OutcomeSuccess,
	}
}

// with changes an event in a list.
func with(e Event, change func(*Event)) Event {
	change(&e)
	return e
}

// tree writes a tree as text: action(children…) with flaws.
func tree(t *Timeline) string {
	var node func(int) string
	node = func(i int) string {
		s := &t.Steps[i]
		text := s.Action
		for _, f := range s.Flaws {
			text += "!" + string(f)
		}
		if len(s.Children) == 0 {
			return text
		}
		text += "("
		for n, child := range s.Children {
			if n > 0 {
				text += " "
			}
			text += node(child)
		}
		return text + ")"
	}
	text := ""
	for n, root := range t.Roots {
		if n > 0 {
			text += " | "
		}
		text += node(root)
	}
	return text
}

func TestTree(t *testing.T) {
	t.Parallel()
	call := func(at int, span, parent, action string) Event { return ev(event.ToolCall, at, span, parent, action) }
	run := func(at int, span, parent, action string) Event { return ev(event.Invocation, at, span, parent, action) }
	for name, test := range map[string]struct {
		events []Event
		want   string
	}{
		"nothing":  {nil, ""},
		"one":      {[]Event{run(0, "r", "", "run")}, "run"},
		"a tree":   {[]Event{run(0, "r", "", "run"), call(2, "y", "r", "y"), call(1, "x", "r", "x")}, "run(x y)"},
		"two runs": {[]Event{run(0, "r", "", "one"), run(1, "q", "", "two"), call(2, "x", "q", "x")}, "one | two(x)"},
		"events of one span": {
			[]Event{call(1, "x", "r", "call"), ev(event.ToolResult, 5, "x", "r", "result"), run(0, "r", "", "run"), ev(event.FinalOutput, 9, "r", "", "out")},
			"run(call)",
		},
		"several things in one span": {
			[]Event{
				run(0, "r", "", "run"), ev(event.LLMResponse, 1, "r", "", "llm"), ev(event.TokenUsage, 1, "r", "", "llm"),
				with(call(2, "r", "", "x"), func(e *Event) { e.CallID = "1" }), with(call(2, "r", "", "y"), func(e *Event) { e.CallID = "2" }),
				with(ev(event.ToolResult, 3, "r", "", "x result"), func(e *Event) { e.CallID = "1" }),
			},
			"run(llm x y)",
		},
		"the same call twice in one span": {
			[]Event{
				with(call(1, "s", "", "x"), func(e *Event) { e.Tool = "x" }), with(ev(event.ToolResult, 2, "s", "", "x"), func(e *Event) { e.Tool = "x" }),
				with(call(3, "s", "", "x"), func(e *Event) { e.Tool = "x" }), with(ev(event.ToolResult, 4, "s", "", "x"), func(e *Event) { e.Tool = "x" }),
			},
			"x(x)",
		},
		"missing parent": {[]Event{run(0, "r", "", "run"), call(1, "x", "gone", "x"), call(2, "y", "x", "y")}, "run | x!missing_parent(y)"},
		"the nearest ancestor that was seen": {
			[]Event{run(0, "r", "", "run"), with(call(1, "x", "gone", "x"), func(e *Event) { e.ParentEventID = "agent.invocation@0#r" })},
			"run(x)",
		},
		"its own parent":  {[]Event{call(1, "x", "x", "x"), call(2, "y", "x", "y")}, "x!cycle(y)"},
		"a circle":        {[]Event{call(2, "x", "z", "x"), call(1, "y", "x", "y"), call(3, "z", "y", "z"), call(4, "w", "z", "w")}, "y!cycle(z(x w))"},
		"two circles":     {[]Event{call(1, "a", "b", "a"), call(2, "b", "a", "b"), call(3, "c", "d", "c"), call(4, "d", "c", "d")}, "a!cycle(b) | c!cycle(d)"},
		"child first":     {[]Event{run(100, "r", "", "run"), call(1, "x", "r", "x")}, "run(x!clock_skew)"},
		"a hair before":   {[]Event{run(2, "r", "", "run"), call(1, "x", "r", "x")}, "run(x)"},
		"without a span":  {[]Event{ev(event.SessionStart, 0, "", "", "start"), run(1, "r", "", "run"), ev(event.UserFeedback, 2, "", "", "thumbs")}, "start | run | thumbs"},
		"other traces":    {[]Event{run(0, "r", "", "one"), with(call(1, "x", "r", "x"), func(e *Event) { e.TraceID = "t2" })}, "one | x!missing_parent"},
		"same event id":   {[]Event{run(0, "r", "", "run"), run(0, "r", "", "run")}, "run(run)"},
		"an unknown type": {[]Event{ev("agent.new", 0, "s", "", "what")}, "what"},
		"no action":       {[]Event{ev(event.Compliance, 0, "s", "", "")}, "agent.compliance"},
		"approval by log record": {
			[]Event{
				with(call(5, "x", "", "pay"), func(e *Event) { e.CallID = "c1" }),
				with(ev(event.HumanIntervention, 1, "", "", "approve"), func(e *Event) { e.CallID = "c1" }),
			},
			"pay(approve)",
		},
		"a call by log records": {
			[]Event{
				with(call(1, "", "", "pay"), func(e *Event) { e.CallID = "c1" }),
				with(ev(event.ToolResult, 2, "", "", "paid"), func(e *Event) { e.CallID = "c1" }),
				with(call(3, "", "", "pay"), func(e *Event) { e.CallID = "c2" }),
			},
			"pay | pay",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, tree(Build(test.events)))
		})
	}
}

// TestEveryEventOnce draws events with any parents and wants each in one step, and each step in one place.
func TestEveryEventOnce(t *testing.T) {
	t.Parallel()
	ids := []string{"", "a", "b", "c", "d", "e"}
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Event {
			return Event{
				ID: rapid.SampledFrom(ids).Draw(t, "id"), Type: rapid.SampledFrom(event.Types).Draw(t, "type"),
				At:      monday.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, "at")) * time.Millisecond),
				TraceID: rapid.SampledFrom(ids[:3]).Draw(t, "trace"), SpanID: rapid.SampledFrom(ids).Draw(t, "span"),
				ParentSpanID: rapid.SampledFrom(ids).Draw(t, "parent span"), ParentEventID: rapid.SampledFrom(ids).Draw(t, "parent event"),
				CallID: rapid.SampledFrom(ids[:3]).Draw(t, "call"), Tool: rapid.SampledFrom(ids[:2]).Draw(t, "tool"), Agent: rapid.SampledFrom(ids[:2]).Draw(t, "agent"),
			}
		}), 0, 40).Draw(t, "events")
		tl := Build(slices.Clone(events))
		require.Len(t, tl.Events, len(events))

		steps, seen := map[int]int{}, map[int]bool{}
		for i, s := range tl.Steps {
			require.Equal(t, i+1, s.Number)
			for _, n := range s.Events {
				require.False(t, seen[n], "event %d is in two steps", n)
				require.Equal(t, s.Number, tl.Events[n].Step)
				seen[n] = true
			}
			if i > 0 {
				require.False(t, s.Start.Before(tl.Steps[i-1].Start), "steps are in order")
			}
		}
		require.Len(t, seen, len(events))
		for s := range tl.Walk() {
			steps[s.Number]++
			if s.Parent >= 0 {
				require.Equal(t, 1, steps[s.Parent+1], "parents come first")
				require.Equal(t, tl.Steps[s.Parent].Depth+1, s.Depth)
				require.True(t, tl.Inside(s, &tl.Steps[s.Parent]))
				require.False(t, tl.Inside(&tl.Steps[s.Parent], s))
			}
		}
		require.Len(t, steps, len(tl.Steps), "each step has a place")
		for _, n := range steps {
			require.Equal(t, 1, n)
		}
	})
}

func TestStartAndEnd(t *testing.T) {
	t.Parallel()
	ms := func(v float64) *float64 { return &v }
	tl := Build([]Event{
		with(ev(event.Invocation, 0, "r", "", "run"), func(e *Event) { e.DurationMS = ms(100) }),
		with(ev(event.LLMResponse, 40, "m", "r", "llm"), func(e *Event) { e.DurationMS = ms(30) }),
		with(ev(event.TokenUsage, 40, "m", "r", "llm"), func(e *Event) { e.TotalTokens, e.CostUSD = new(int64), ms(0.5); *e.TotalTokens = 7 }),
		with(ev(event.LLMResponse, 60, "n", "r", "llm"), func(e *Event) { e.DurationMS = ms(-5) }),
		with(ev(event.TokenUsage, 60, "n", "r", "llm"), func(e *Event) { e.TotalTokens = new(int64); *e.TotalTokens = 3 }),
	})
	require.Len(t, tl.Steps, 3)
	assert.Equal(t, 100*time.Millisecond, tl.Steps[0].Took())
	assert.Equal(t, monday.Add(10*time.Millisecond), tl.Steps[1].Start)
	assert.Equal(t, monday.Add(60*time.Millisecond), tl.Steps[2].Start, "a duration below nought is none")
	tokens, cost := tl.Running()
	assert.Equal(t, []int64{0, 7, 10}, tokens)
	assert.Equal(t, []float64{0, 0.5, 0.5}, cost)
	sum := tl.Summary()
	assert.Equal(t, int64(10), sum.Tokens)
	assert.Equal(t, monday.Add(100*time.Millisecond), sum.Last)
}

func TestState(t *testing.T) {
	t.Parallel()
	open := []Event{ev(event.SessionStart, 0, "", "", "start"), ev(event.Invocation, 1000, "r", "", "run")}
	for _, test := range []struct {
		events []Event
		edge   time.Duration
		want   State
	}{
		{open, time.Minute, Open},
		{open, time.Hour, TimedOut},
		{append(slices.Clone(open), ev(event.SessionEnd, 2000, "", "", "end")), time.Hour, Ended},
	} {
		sum := Build(slices.Clone(test.events)).Summary()
		assert.Equal(t, test.want, sum.State(monday.Add(test.edge), 30*time.Minute))
	}
}

// large are 50,000 events: shape decides who is whose parent.
func large(n int, parent func(i int) int) []Event {
	events := make([]Event, n)
	for i := range events {
		p := ""
		if at := parent(i); at >= 0 {
			p = strconv.Itoa(at)
		}
		events[i] = ev(event.ToolCall, i, strconv.Itoa(i), p, "tool_call:x")
		events[i].Agent = "agent-" + strconv.Itoa(i%7)
	}
	return events
}

var shapes = map[string]func(int) int{
	"chain":  func(i int) int { return i - 1 },
	"star":   func(i int) int { return min(i-1, 0) },
	"binary": func(i int) int { return (i+1)/2 - 1 },
	"circle": func(i int) int { return (i + 1) % 50_000 },
	"orphan": func(i int) int { return 1_000_000 + i },
}

func TestLargeTraces(t *testing.T) {
	t.Parallel()
	for name, shape := range shapes {
		events := large(50_000, shape)
		start := time.Now()
		tl := Build(events)
		for _, format := range GraphFormats {
			if name != "chain" && name != "orphan" {
				continue
			}
			var size counter
			require.NoError(t, tl.Graph(&size, format, reportStyle))
			assert.Less(t, int(size), 60<<20, "%s as %s", name, format)
		}
		assert.Less(t, time.Since(start), 20*time.Second, "%s: nothing quadratic", name)
		assert.Len(t, tl.Steps, 50_000)
	}
}

func BenchmarkBuild(b *testing.B) {
	for name, shape := range shapes {
		b.Run(name, func(b *testing.B) {
			events := large(50_000, shape)
			b.ReportAllocs()
			for b.Loop() {
				Build(slices.Clone(events))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/50_000, "ns/event")
		})
	}
}

// counter counts bytes.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
