package forensics

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

// TestAnyEvents draws events of any kind and wants what the package comment says of the answer: every failed step in one incident, the first
// cause among an incident's failures, the branch from a root to it, and nobody's cause recovered unless all are.
func TestAnyEvents(t *testing.T) {
	t.Parallel()
	ids := []string{"", "a", "b", "c", "d"}
	outcomes := []string{"", event.OutcomeSuccess, event.OutcomeError, event.OutcomeTimeout, event.OutcomeDenied, event.OutcomeCancelled, event.OutcomePending}
	statuses := []string{"", event.ApprovalPending, event.ApprovalApproved, event.ApprovalRejected}
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) timeline.Event {
			return timeline.Event{
				ID: rapid.SampledFrom(ids).Draw(t, "id"), Type: rapid.SampledFrom(event.Types).Draw(t, "type"),
				At:      monday.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, "at")) * time.Millisecond),
				TraceID: rapid.SampledFrom(ids[:3]).Draw(t, "trace"), SpanID: rapid.SampledFrom(ids).Draw(t, "span"),
				ParentSpanID: rapid.SampledFrom(ids).Draw(t, "parent"), CallID: rapid.SampledFrom(ids[:3]).Draw(t, "call"),
				Tool: rapid.SampledFrom(ids[:3]).Draw(t, "tool"), ActionHash: rapid.SampledFrom(ids[:3]).Draw(t, "hash"),
				Outcome: rapid.SampledFrom(outcomes).Draw(t, "outcome"), Error: rapid.SampledFrom([]string{"", "it went wrong", "not found"}).Draw(t, "error"),
				ApprovalStatus: rapid.SampledFrom(statuses).Draw(t, "approval"), Operation: rapid.SampledFrom([]string{"", event.Read, event.Write}).Draw(t, "operation"),
			}
		}), 0, 30).Draw(t, "events")
		a := Analyze(timeline.Build(events))
		in := map[int]int{}
		for i := range a.Incidents {
			x := &a.Incidents[i]
			among, open := false, false
			for _, f := range x.Failures {
				in[f.Step.Number]++
				among = among || f.Step == x.Cause
				open = open || !f.Recovered
			}
			require.True(t, among, "the cause is one of the failures")
			require.Equal(t, -1, x.Branch[0].Parent, "the branch begins at a root")
			require.Equal(t, x.Cause, x.Branch[len(x.Branch)-1])
			for _, f := range x.Failures {
				require.False(t, f.Step == x.Cause && f.Recovered && open && x.Standing != Recovered, "what was recovered is no cause")
			}
		}
		for i := range a.Timeline.Steps {
			s := &a.Timeline.Steps[i]
			if s.Failed() {
				require.Equal(t, 1, in[s.Number], "%v is in one incident", s)
			}
			require.LessOrEqual(t, in[s.Number], 1)
		}
		for _, format := range report.Formats {
			require.NoError(t, report.Print(io.Discard, a.Document("x"), format))
		}
	})
}
