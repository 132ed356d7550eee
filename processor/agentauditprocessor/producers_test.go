package agentauditprocessor

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
)

// TestEveryEventTypeHasAProducer finds each event type in the golden files: none is only a promise.
func TestEveryEventTypeHasAProducer(t *testing.T) {
	produced := map[event.Type]bool{}
	for _, pattern := range []string{"../../testdata/golden/*.jsonl", "../../testdata/golden/dialects/*.jsonl"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for line := range bytes.Lines(text) {
				if line = bytes.TrimSpace(line); len(line) == 0 {
					continue // a recording of which nothing is an agent's
				}
				var e event.Event
				require.NoError(t, event.Decode(line, &e))
				produced[e.Type] = true
			}
		}
	}
	for _, kind := range event.Types {
		assert.True(t, produced[kind], "no dialect gives %s", kind)
	}
}
