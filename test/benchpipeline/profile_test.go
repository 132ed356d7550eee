package main

import (
	"os"
	"path/filepath"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/redact"
)

// A program that does nothing but redact has nearly all of its time there.
func TestSharesOfAProfile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cpu.pprof")
	file, err := os.Create(name)
	require.NoError(t, err)
	r, err := redact.New(redact.Config{})
	require.NoError(t, err)
	require.NoError(t, pprof.StartCPUProfile(file))
	var l redact.Log
	for start := time.Now(); time.Since(start) < 300*time.Millisecond; {
		r.JSON(&l, "", "", `{"text":"What is found in a text that holds nothing to hide, again and again?"}`)
	}
	pprof.StopCPUProfile()
	require.NoError(t, file.Close())
	got, err := shares(name)
	require.NoError(t, err)
	sum := 0.0
	for _, share := range got {
		sum += share
	}
	assert.InDelta(t, 1, sum, 1e-9)
	assert.Greater(t, got[0], 0.7)
}

func TestNoProfileIsAnError(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x")
	_, err := shares(name)
	require.Error(t, err)
	require.NoError(t, os.WriteFile(name, []byte("no profile"), 0o600))
	_, err = shares(name)
	require.Error(t, err)
}
