package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLoad is five seconds of what make load-serve does for a minute.
func TestLoad(t *testing.T) {
	binary, err := filepath.Abs(filepath.Join("..", "..", "..", "bin", "agentaudit"))
	require.NoError(t, err)
	require.FileExists(t, binary, "run `make build`")
	r, err := run(t.Context(), options{binary: binary, rate: 2000, feeds: 5, duration: 5 * time.Second})
	require.NoError(t, err)
	t.Log(r)
	assert.Greater(t, r.sent, 9000)
	assert.False(t, r.lost())
}
