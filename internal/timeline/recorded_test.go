package timeline

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
)

// TestRecordedRuns puts together what real agents sent: each event once, and every call of a tool one step with its result.
func TestRecordedRuns(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "golden", "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var events []Event
		for line := range bytes.Lines(data) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue // that run told of nothing
			}
			var e event.Event
			require.NoError(t, event.Decode(line, &e), file)
			events = append(events, FromEvent(&e))
		}
		tl := Build(events)
		seen := 0
		for s := range tl.Walk() {
			seen += len(s.Events)
			calls, results := 0, 0
			for _, n := range s.Events {
				switch tl.Events[n].Type {
				case event.ToolCall:
					calls++
				case event.ToolResult:
					results++
				default:
				}
			}
			assert.LessOrEqual(t, calls, 1, "%s: %v", file, s)
			assert.LessOrEqual(t, results, 1, "%s: %v %s", file, s, s.Action)
			for _, f := range s.Flaws {
				assert.NotEqual(t, Cycle, f, "%s: %v", file, s)
			}
		}
		assert.Equal(t, len(events), seen, file)
		assertTurns(t, tl, file)
	}
}

// assertTurns wants what names no parent inside the run of its turn, when there is one.
func assertTurns(t *testing.T, tl *Timeline, file string) {
	t.Helper()
	runs := map[string]bool{}
	for i := range tl.Events {
		if e := &tl.Events[i]; e.Type == event.Invocation && e.TurnID != "" {
			runs[e.TurnID] = true
		}
	}
	for i := range tl.Steps {
		s := &tl.Steps[i]
		if e := &tl.Events[s.Events[0]]; runs[e.TurnID] && s.Kind != Run && s.Kind != Session && len(s.Flaws) == 0 {
			assert.GreaterOrEqual(t, s.Parent, 0, "%s: %v, %s", file, s, s.Action)
		}
	}
}
