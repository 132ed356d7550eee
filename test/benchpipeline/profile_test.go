package main

import (
	"os"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/redact"
)

// A program that does nothing but redact has time there, and none in the other parts of the collector. How much of it the runtime takes
// depends on the machine.
func TestSharesOfAProfile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cpu.pprof")
	file, err := os.Create(name)
	require.NoError(t, err)
	r, err := redact.New(redact.Config{})
	require.NoError(t, err)
	require.NoError(t, pprof.StartCPUProfile(file))
	var l redact.Log
	for used := cpuTime(t); cpuTime(t)-used < 500*time.Millisecond; {
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
	assert.Positive(t, got[0])
	for i, p := range parts[1:4] {
		assert.Zero(t, got[i+1], p.name)
	}
}

// cpuTime is what this process has used so far: a profile has a sample for each hundredth of a second of that, not of a clock's.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func TestNoProfileIsAnError(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x")
	_, err := shares(name)
	require.Error(t, err)
	require.NoError(t, os.WriteFile(name, []byte("no profile"), 0o600))
	_, err = shares(name)
	require.Error(t, err)
}
