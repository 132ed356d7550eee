package agentauditprocessor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDialects runs what conventions say that emitters send, where no recording of a real one exists.
func TestDialects(t *testing.T) {
	files, err := filepath.Glob("../../testdata/dialects/*.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	if *update {
		require.NoError(t, os.MkdirAll("../../testdata/golden/dialects", 0o755))
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			lines := auditFile(t, testPipeline(t, testConfig()), file)
			require.NotEmpty(t, lines)
			requireGolden(t, filepath.Join("../../testdata/golden/dialects", name), lines)
		})
	}
}
