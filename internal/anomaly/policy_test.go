package anomaly_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/anomaly"
)

func TestPolicy(t *testing.T) {
	p, err := anomaly.ParsePolicy([]byte("version: 1\napprovals: {tools: [pay, \"delete_*\"], by: [hook]}\nanomalies:\n  burst: {actions: 25, severity: high}\n  orphans: {off: true}\n"))
	require.NoError(t, err)
	burst, err := anomaly.FindRule("burst")
	require.NoError(t, err)
	assert.Equal(t, int64(25), p.Value(burst, &burst.Params[0]))
	assert.InDelta(t, 1.0, p.Value(burst, &burst.Params[1]), 0)
	assert.Equal(t, anomaly.High, p.Severity(burst))
	orphans, err := anomaly.FindRule("orphans")
	require.NoError(t, err)
	assert.True(t, p.Off(orphans))
	unapproved, err := anomaly.FindRule("unapproved")
	require.NoError(t, err)
	assert.Equal(t, []string{"pay", "delete_*"}, p.Value(unapproved, &unapproved.Params[0]))
	assert.Equal(t, []string{"hook"}, p.Value(unapproved, &unapproved.Params[1]))
	p, err = anomaly.ParsePolicy([]byte("version: 1\napprovals: {tools: [pay]}\nanomalies: {unapproved: {tools: [other], actors: [model]}}\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"other"}, p.Value(unapproved, &unapproved.Params[0]))
	assert.Equal(t, []string{"model"}, p.Value(unapproved, &unapproved.Params[1]))
}

func TestPolicyWithoutTheSection(t *testing.T) {
	for _, text := range []string{"", "trail: {heartbeats: true}\n", "anomalies:\n", "anomalies: {}\n"} {
		_, err := anomaly.ParsePolicy([]byte("version: 1\n" + text))
		assert.NoError(t, err, text)
	}
}

func TestBadPolicy(t *testing.T) {
	for text, want := range map[string]string{
		"anomalies: {bursts: {}}":                      `no rule "bursts"`,
		"anomalies: {burst: {action: 3}}":              `no setting "action": settings are off, severity, actions, seconds`,
		"anomalies: {burst: {actions: 1}}":             "1 is not between 2 and",
		"anomalies: {burst: {actions: 2.5}}":           "not a whole number",
		"anomalies: {burst: {actions: many}}":          `"many" is not a number`,
		"anomalies: {burst: {seconds: .nan}}":          "not between",
		"anomalies: {burst: {severity: awful}}":        `no severity "awful"`,
		"anomalies: {burst: [1]}":                      "not a mapping",
		"anomalies: 3":                                 "not a mapping",
		"anomalies: {unapproved: {tools: pay}}":        "not a list of patterns",
		"anomalies: {unapproved: {tools: ['']}}":       "is empty",
		"anomalies:\n  burst: {}\n  burst: {}":         "burst",
		"- a list":                                     "",
		"anomalies: {burst: {actions: 3, actions: 4}}": "actions",
	} {
		_, err := anomaly.ParsePolicy([]byte("version: 1\n" + text))
		assert.ErrorContains(t, err, want, text)
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte(policyText))
	f.Add([]byte("version: 1\nanomalies: &a {burst: *a}"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		p, err := anomaly.ParsePolicy(data)
		if err == nil {
			for i := range anomaly.Rules {
				for j := range anomaly.Rules[i].Params {
					_ = p.Value(&anomaly.Rules[i], &anomaly.Rules[i].Params[j])
				}
			}
		}
	})
}
