package forensics

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

var (
	update = flag.Bool("update", false, "write the golden files")
	monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
)

func analyze(s *generate.Scenario) *Analysis {
	list := s.Events()
	events := make([]timeline.Event, len(list))
	for i := range list {
		events[i] = timeline.FromEvent(&list[i])
	}
	return Analyze(timeline.Build(events))
}

// failing makes the run that was answered last a failed one.
func failing(message string) func(*event.Event) {
	return func(e *event.Event) { e.Outcome, e.Error = event.OutcomeError, message }
}

var (
	order  = generate.Call{Tool: "get_order", Args: `{"id":1}`, Operation: event.Read, Resource: "db:orders"}
	refund = generate.Call{Tool: "issue_refund", CallID: "c-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:refunds"}
)

func failed(c generate.Call, message string) generate.Call {
	c.Error, c.ErrorType = message, "ToolError"
	return c
}

func withID(c generate.Call, id string) generate.Call {
	c.CallID = id
	return c
}

func resulting(c generate.Call, result string) generate.Call {
	c.Result = result
	return c
}

// labelled is a run of which we know what went wrong.
type labelled struct {
	name     string
	play     func(*generate.Run)
	cause    string // action of the first cause of the worst incident; empty when nothing failed
	standing Standing
	failures int // of that incident
	others   int // incidents beside it
	repeats  string
	wrong    string
	advice   string // rules, in order
}

var runs = []labelled{
	{name: "clean", play: func(r *generate.Run) {
		r.Turn("hi").Model(generate.Model{In: 1}).Call(order).Answer("done")
	}},
	{name: "clean: an approved chain", play: func(r *generate.Run) {
		r.Turn("hi").Ask(refund).After(time.Minute).Approve(refund, "bob").Call(refund.Approved("bob")).Answer("done")
	}},
	{name: "clean: refused, and the agent stopped", play: func(r *generate.Run) {
		r.Turn("hi").Ask(refund).Reject(refund, "bob", "no").Answer("sorry")
	}},
	{name: "clean: polling", repeats: "polling", play: func(r *generate.Run) {
		r.Turn("hi").Call(resulting(order, "1")).Call(resulting(order, "2")).Call(resulting(order, "3")).Answer("done")
	}},
	{name: "clean: the same asked twice", play: func(r *generate.Run) {
		r.Turn("hi").Call(order).Call(order).Answer("done")
	}},
	{name: "a loop", repeats: "loop", advice: "loop", play: func(r *generate.Run) {
		r.Turn("hi").Call(order).Call(order).Call(order).Call(order).Answer("done")
	}},
	{name: "a tool that fails its run", cause: "tool_call:get_order", standing: Lasting, failures: 2, advice: "connection lasting", play: func(r *generate.Run) {
		r.Turn("hi").Call(failed(order, "connection refused")).Answer("").Edit(failing("agent failed"))
	}},
	{name: "retried and recovered", cause: "tool_call:get_order", standing: Recovered, failures: 1, repeats: "retry", advice: "rate_limit", play: func(r *generate.Run) {
		r.Turn("hi").Call(failed(order, "429 too many requests")).Call(order).Answer("done")
	}},
	{name: "the recovered one is no cause", cause: "tool_call:issue_refund", standing: Lasting, failures: 2, others: 1, repeats: "retry", advice: "rate_limit not_found lasting", play: func(r *generate.Run) {
		r.Turn("hi").Call(failed(order, "429 too many requests")).Call(order).Call(failed(refund, "customer not found")).Answer("").Edit(failing("gave up"))
	}},
	{name: "a retry storm", cause: "tool_call:get_order", standing: Lasting, failures: 7, repeats: "retry storm", advice: "timeout lasting retry_storm", play: func(r *generate.Run) {
		r.Turn("hi")
		for range 6 {
			r.Call(failed(order, "deadline exceeded"))
		}
		r.Answer("").Edit(failing("deadline exceeded"))
	}},
	{name: "the message names the cause", cause: "tool_call:issue_refund", standing: Lasting, failures: 3, advice: "credentials lasting half_done", play: func(r *generate.Run) {
		r.Turn("hi").Call(withID(refund, "c-0").Approved("x")).Edit(func(e *event.Event) { e.ActionHash = "" }).
			Call(failed(order, "cache was cold")).Call(failed(refund, "401 unauthorized")).Answer("").Edit(failing("refund failed: 401 Unauthorized"))
	}},
	{name: "contained", cause: "tool_call:get_order", standing: Contained, failures: 1, advice: "arguments contained", play: func(r *generate.Run) {
		r.Turn("hi").Call(failed(order, "validation: id missing")).Answer("I could not")
	}},
	{name: "a model that fails", cause: "llm_call:gpt-4.1", standing: Lasting, failures: 2, advice: "context_length model lasting", play: func(r *generate.Run) {
		r.Turn("hi").Model(generate.Model{Error: "maximum context length exceeded", ErrorType: "BadRequest"}).Answer("").Edit(failing("stopped"))
	}},
	{name: "a model that is asked again", cause: "llm_call:gpt-4.1", standing: Recovered, failures: 2, repeats: "retry", advice: "rate_limit model", play: func(r *generate.Run) {
		r.Turn("hi").Model(generate.Model{Error: "rate limited", ErrorType: "RateLimitError"}).Model(generate.Model{Error: "rate limited", ErrorType: "RateLimitError"}).
			Model(generate.Model{In: 1}).Model(generate.Model{In: 2}).Answer("done")
	}},
	{name: "through a handoff", cause: "tool_call:issue_refund", standing: Lasting, failures: 3, advice: "permission lasting", play: func(r *generate.Run) {
		r.Turn("hi").Handoff("refunds", "{}").Call(failed(refund, "access denied")).Return("").Edit(failing("x")).Answer("").Edit(failing("y"))
	}},
	{name: "the inner run saved it", cause: "error:Other", standing: Lasting, failures: 2, others: 1, advice: "permission lasting contained", play: func(r *generate.Run) {
		r.Turn("hi").Handoff("refunds", "{}").Call(failed(refund, "access denied")).Return("ok").Fail("Other", "whatever went").Answer("").Edit(failing("y"))
	}},
	{name: "a denial that ends in an error", cause: "tool_call:issue_refund", standing: Lasting, failures: 2, advice: "permission lasting", play: func(r *generate.Run) {
		r.Turn("hi").Deny(refund, "no-refunds", "never").Answer("").Edit(failing("not allowed"))
	}},
	{name: "the parent's clock is ahead", cause: "tool_call:get_order", standing: Lasting, failures: 2, advice: "not_found lasting clocks", play: func(r *generate.Run) {
		r.Turn("hi").After(-time.Hour).Call(failed(order, "404")).After(time.Hour).Answer("").Edit(failing("x"))
	}},
	{name: "ran in spite of a refusal", wrong: wrongUnapproved, advice: "unapproved", play: func(r *generate.Run) {
		r.Turn("hi").Ask(refund).Reject(refund, "bob", "no").After(time.Second).Call(refund).Answer("done")
	}},
	{name: "asked, and nobody answered", wrong: wrongUnanswered, advice: "unanswered", play: func(r *generate.Run) {
		r.Turn("hi").Ask(refund).After(time.Minute).Call(refund).Answer("done")
	}},
	{name: "clean: refused once, approved the next time", play: func(r *generate.Run) {
		again := withID(refund, "c-2")
		r.Turn("hi").Ask(refund).Reject(refund, "bob", "not yet").Answer("sorry").
			Turn("now").Ask(again).Approve(again, "bob").Call(again.Approved("bob")).Answer("done")
	}},
	{name: "clean: the approval knows the arguments alone", play: func(r *generate.Run) {
		unnamed := withID(refund, "")
		r.Turn("hi").Reject(unnamed, "bob", "not yet").After(time.Minute).Approve(unnamed, "bob").After(time.Second).Call(refund).Answer("done")
	}},
	{name: "ran something else", wrong: wrongOther, advice: "other_than_approved", play: func(r *generate.Run) {
		other := refund
		other.Args = `{"amount":9000}`
		r.Turn("hi").Ask(refund).Approve(refund, "bob").Call(other).Answer("done")
	}},
	{name: "ran before it was approved", wrong: wrongEarly, advice: "approved_late", play: func(r *generate.Run) {
		r.Turn("hi").Ask(refund).Call(refund).After(time.Minute).Approve(refund, "bob").Answer("done")
	}},
	{name: "an error that nobody knows", cause: "error:Odd", standing: Alone, failures: 1, advice: "unknown", play: func(r *generate.Run) {
		r.Fail("Odd", "the moon is full")
	}},
}

func TestLabelledRuns(t *testing.T) {
	t.Parallel()
	for _, test := range runs {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := generate.NewScenario(monday)
			test.play(s.Session("s", "alice", "desk"))
			a := analyze(s)

			if test.cause == "" {
				assert.Empty(t, a.Incidents)
			} else if assert.NotEmpty(t, a.Incidents) {
				in := a.Main()
				assert.Equal(t, test.cause, in.Cause.Action)
				assert.Equal(t, test.standing, in.Standing)
				assert.Len(t, in.Failures, test.failures)
				assert.Len(t, a.Incidents, test.others+1)
				assert.Equal(t, in.Cause, in.Branch[len(in.Branch)-1])
				require.NotNil(t, in.Event)
				assert.Equal(t, in.Cause.Number, in.Event.Step)
			}
			var classes, wrongs, advice []string
			for _, r := range a.Repeats {
				classes = append(classes, string(r.Class))
			}
			for _, p := range a.Permissions {
				if p.Wrong != "" {
					wrongs = append(wrongs, p.Wrong)
				}
			}
			for _, x := range a.Advice {
				advice = append(advice, x.Rule)
			}
			assert.Equal(t, test.repeats, strings.Join(classes, " "))
			assert.Equal(t, test.wrong, strings.Join(wrongs, " "))
			assert.Equal(t, test.advice, strings.Join(advice, " "))
			for _, format := range report.Formats {
				require.NoError(t, report.Print(&bytes.Buffer{}, a.Document("x"), format))
			}
		})
	}
}

// incident is the run of the golden files: reads, an approval, retries, a write, a failure.
func incident() *generate.Scenario {
	s := generate.NewScenario(monday)
	s.Session("s-1", "alice", "triage").
		Turn("refund order 1").
		Model(generate.Model{In: 310, Out: 40, CostUSD: 0.002, Reasoning: "look up the order first"}).
		Call(order).
		Decide("refund", "within 30 days", 0.9).
		Handoff("refunds", `{"order":1}`).
		Ask(refund).After(40*time.Second).Approve(refund, "bob").
		Call(failed(refund.Approved("bob"), "gateway timeout")).
		After(time.Second).
		Call(failed(withID(refund, "c-2").Approved("bob"), "gateway timeout")).
		Call(generate.Call{Tool: "send_mail", Args: `{"to":"<b>alice</b>"}`}).
		Return("").Edit(failing("gateway timeout")).
		Answer("").Edit(failing("refunds failed: gateway timeout")).
		End()
	return s
}

func TestDocumentGolden(t *testing.T) {
	t.Parallel()
	for _, format := range report.Formats {
		var got, again bytes.Buffer
		require.NoError(t, report.Print(&got, analyze(incident()).Document("Forensics of session s-1"), format))
		require.NoError(t, report.Print(&again, analyze(incident()).Document("Forensics of session s-1"), format))
		assert.Equal(t, got.String(), again.String(), "the same again")
		file := filepath.Join("testdata", "incident."+format)
		if *update {
			require.NoError(t, os.MkdirAll("testdata", 0o750))
			require.NoError(t, os.WriteFile(file, got.Bytes(), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(want), got.String(), "go test -update, and read the difference")
	}
}

func TestIncidentSections(t *testing.T) {
	t.Parallel()
	a := analyze(incident())
	require.Len(t, a.Incidents, 1)
	assert.Equal(t, "tool_call:issue_refund", a.Main().Cause.Action)
	require.Len(t, a.Reads, 1)
	assert.Equal(t, "db:orders", a.resource(a.Reads[0]))
	assert.Len(t, a.Thoughts, 2)
	require.NotEmpty(t, a.Permissions)
	assert.Equal(t, "bob", a.Permissions[0].By)
	assert.Equal(t, 40*time.Second+time.Millisecond, a.Permissions[0].DecidedAt.Sub(a.Permissions[0].AskedAt))
	assert.NotNil(t, a.Permissions[0].Ran)
	var after []string
	for _, s := range a.After {
		after = append(after, s.Action)
	}
	assert.Equal(t, []string{"tool_call:send_mail", "session_end"}, after)
}

// TestLargeTraces: chains of failures of any shape cost no more than sorting.
func TestLargeTraces(t *testing.T) {
	t.Parallel()
	for name, parent := range map[string]func(int) int{
		"chain": func(i int) int { return i - 1 }, "star": func(i int) int { return min(i-1, 0) },
	} {
		events := make([]timeline.Event, 50_000)
		for i := range events {
			events[i] = timeline.Event{
				ID: strconv.Itoa(i), Type: event.ToolResult, At: monday.Add(time.Duration(i)), TraceID: "t", SpanID: strconv.Itoa(i),
				Outcome: event.OutcomeError, Tool: "x", Params: strconv.Itoa(i % 100), CallID: strconv.Itoa(i), Error: "it went wrong",
			}
			if p := parent(i); p >= 0 {
				events[i].ParentSpanID = strconv.Itoa(p)
			}
		}
		start := time.Now()
		a := Analyze(timeline.Build(events))
		assert.NotNil(t, a.Document(name))
		assert.Less(t, time.Since(start), 10*time.Second, name)
		require.NotNil(t, a.Main())
	}
}
