package agentauditprocessor

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestCleanTextsAreKnownInTheirPlaceOnly(t *testing.T) {
	c := newCleanTexts()
	c.slot("a").put("/tool/name", "a", 0)
	assert.True(t, c.slot("a").has("/tool/name", "a", 0))
	assert.False(t, c.slot("a").has("/origin/name", "a", 0))
	assert.False(t, c.slot("a").has("/tool/name", "a", 1), "under another condition it may not be")
	assert.False(t, c.slot("b").has("/tool/name", "b", 0))
	long := strings.Repeat("x", maxCleanText+1)
	c.slot(long).put("/tool/name", long, 0)
	assert.False(t, c.slot(long).has("/tool/name", long, 0))
}

func TestSecretsAreFoundEachTime(t *testing.T) {
	p := testPipeline(t, testConfig())
	for range 3 {
		td := ptrace.NewTraces()
		toolSpan(td, 1, map[string]any{"gen_ai.agent.name": "ann password=hunter2hunter2"})
		for _, line := range auditTraces(t, p, td) {
			require.NotContains(t, string(line), "hunter2")
		}
	}
}
