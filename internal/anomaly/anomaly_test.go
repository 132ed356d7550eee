package anomaly_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/anomaly"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScenarios wants each scenario to be found for what it is and nothing else in it, but for those that say what is found instead.
func TestScenarios(t *testing.T) {
	l := stageAll(t, scenarios)
	result := run(t, l, lake.Filter{}, anomaly.Options{Policy: testPolicy(t)})
	got := map[string][]string{}
	for _, f := range result.Findings {
		assert.NotEmpty(t, f.EventIDs, "%v", f)
		assert.Len(t, f.Fingerprint, 32)
		assert.LessOrEqual(t, int64(len(f.EventIDs)), f.Events)
		assert.False(t, f.LastAt.Before(f.FirstAt))
		if !slices.Contains(got[f.Agent], f.Rule) {
			got[f.Agent] = append(got[f.Agent], f.Rule)
		}
	}
	for _, sc := range scenarios {
		assert.ElementsMatch(t, sc.found(), got[sc.name], sc.name)
		delete(got, sc.name)
	}
	assert.Empty(t, got, "findings about nobody's agents")
	for _, r := range anomaly.Rules {
		assert.True(t, slices.ContainsFunc(result.Findings, func(f anomaly.Finding) bool { return f.Rule == r.Name }), "no scenario for %s", r.Name)
	}
	writeDoc(t, result)
}

// TestSameAgain wants the same bytes from the same events, however they are asked.
func TestSameAgain(t *testing.T) {
	l := stageAll(t, scenarios)
	print := func(d *report.Document, format string) string {
		var b bytes.Buffer
		require.NoError(t, report.Print(&b, d, format))
		return b.String()
	}
	first := run(t, l, lake.Filter{}, anomaly.Options{Policy: testPolicy(t)})
	second := run(t, l, lake.Filter{}, anomaly.Options{Policy: testPolicy(t)})
	for _, format := range report.Formats {
		assert.Equal(t, print(first.Document(), format), print(second.Document(), format))
	}
	var together []anomaly.Finding
	for _, name := range anomaly.RuleNames() {
		r := run(t, l, lake.Filter{}, anomaly.Options{Policy: testPolicy(t), Rules: []string{name}})
		assert.Equal(t, []string{name}, r.Rules)
		together = append(together, r.Findings...)
	}
	assert.ElementsMatch(t, first.Findings, together)
	assert.Contains(t, print(first.Data(), "csv"), "severity,rule,last_at,agent,")
}

// TestFingerprintsLast wants what is found again in another period to have the fingerprint that it had.
func TestFingerprintsLast(t *testing.T) {
	l := stageAll(t, scenarios)
	whole := run(t, l, lake.Filter{}, anomaly.Options{Policy: testPolicy(t)})
	seen := map[string]string{}
	for _, f := range whole.Findings {
		assert.Empty(t, seen[f.Fingerprint], "two findings with one fingerprint: %v", f)
		seen[f.Fingerprint] = f.Rule
	}
	later := run(t, l, lake.Filter{Since: today.Add(8 * time.Hour)}, anomaly.Options{Policy: testPolicy(t)})
	assert.NotEmpty(t, later.Findings)
	for _, f := range later.Findings {
		assert.Equal(t, f.Rule, seen[f.Fingerprint], "%v", f)
	}
}

func TestWhatCannotBeDecided(t *testing.T) {
	l := stageAll(t, scenarios[:3])
	v, err := l.View(t.Context(), lake.Filter{})
	require.NoError(t, err)
	defer v.Close()
	r, err := anomaly.Run(t.Context(), v, anomaly.Options{Partial: "--agent"})
	require.NoError(t, err)
	why := map[string]string{}
	for _, u := range r.Undecided {
		why[u.Rule] = u.Why
	}
	assert.Contains(t, why["unapproved"], "names no tools whose calls need an approval")
	assert.Contains(t, why["orphans"], "--agent")
	for _, rule := range []string{"first_use", "unusual_hours", "tool_drift"} {
		assert.Contains(t, why[rule], "no beginning")
	}
	_, err = anomaly.Run(t.Context(), v, anomaly.Options{Rules: []string{"nonsense"}})
	require.ErrorContains(t, err, `no rule "nonsense"`)

	r, err = anomaly.Run(t.Context(), v, anomaly.Options{MinSeverity: anomaly.Critical})
	require.NoError(t, err)
	assert.Equal(t, []string{"unapproved", "altered"}, r.Rules)
}

func TestNothingInAnEmptyBucket(t *testing.T) {
	l := open(t, nil)
	r := run(t, l, lake.Filter{}, anomaly.Options{Policy: testPolicy(t)})
	assert.Empty(t, r.Findings)
	assert.Empty(t, r.Undecided)
	assert.Len(t, r.Rules, len(anomaly.Rules))
}

// TestManyFindings wants the bound of findings to be told.
func TestManyFindings(t *testing.T) {
	s := generate.NewScenario(today)
	st := &stage{Scenario: s, agent: "many", user: "u"}
	for i := range 9 {
		st.at(9, i).Turn("refund").Call(refund)
	}
	l := open(t, s.Events())
	r := run(t, l, lake.Filter{}, anomaly.Options{Policy: testPolicy(t), MaxFindings: 5})
	assert.Len(t, r.Findings, 5)
	assert.Equal(t, []string{"unapproved"}, r.More)
	r = run(t, l, lake.Filter{}, anomaly.Options{Policy: testPolicy(t), MaxFindings: 9})
	assert.Len(t, r.Findings, 9)
	assert.Empty(t, r.More)
}

// TestHostileText wants what events say to stay text.
func TestHostileText(t *testing.T) {
	const evil = "</td><script>alert(1)</script>\x1b[2J|`='\""
	s := generate.NewScenario(today)
	r := (&stage{Scenario: s, agent: evil, user: evil}).at(9, 0).Turn("go")
	for range 7 {
		r.Call(generate.Call{Tool: evil, Args: "{}", Error: evil, ErrorType: evil})
	}
	result := run(t, open(t, s.Events()), lake.Filter{}, anomaly.Options{})
	require.NotEmpty(t, result.Findings)
	for _, format := range report.Formats {
		var b bytes.Buffer
		require.NoError(t, report.Print(&b, result.Document(), format))
		if format == "html" || format == "md" {
			assert.NotContains(t, b.String(), "<script>")
		}
		if format != "csv" { // csv is for programs
			assert.NotContains(t, b.String(), "\x1b")
		}
	}
}
