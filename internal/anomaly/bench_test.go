package anomaly_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/anomaly"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
)

// BenchmarkRules asks each rule about a generated day.
func BenchmarkRules(b *testing.B) {
	const events = 100_000
	store := generate.NewMemory()
	_, err := generate.Write(b.Context(), generate.Spec{Seed: 1, Events: events, Start: today}, store, 1)
	require.NoError(b, err)
	l, err := lake.Open(b.Context(), store, lake.Options{Dir: b.TempDir(), Since: today, Now: today.Add(72 * time.Hour)})
	require.NoError(b, err)
	defer func() { require.NoError(b, l.Close()) }()
	v, err := l.View(b.Context(), lake.Filter{})
	require.NoError(b, err)
	defer v.Close()
	policy := testPolicy(b)
	for _, name := range anomaly.RuleNames() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := anomaly.Run(b.Context(), v, anomaly.Options{Policy: policy, Rules: []string{name}, Since: today.Add(12 * time.Hour)})
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
		})
	}
}
