package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/generate"
)

func TestRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "bucket")
	require.ErrorContains(t, run(t.Context(), generate.Spec{}, "", "", 1), "-out")
	require.ErrorContains(t, run(t.Context(), generate.Spec{}, out, "yesterday", 1), "-start")
	require.NoError(t, run(t.Context(), generate.Spec{Events: 200}, out, "2026-01-31", 1))
	require.FileExists(t, out+".pub")
	require.DirExists(t, filepath.Join(out, "events", "tier=info", "date=2026-01-31"))
	require.ErrorContains(t, run(t.Context(), generate.Spec{}, out, "", 1), "not empty")
}
