package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hooks is an Alertmanager that keeps the labels of what it gets.
type hooks struct {
	mu     sync.Mutex
	labels []map[string]string
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var alerts []struct{ Labels map[string]string }
	if err := json.NewDecoder(r.Body).Decode(&alerts); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range alerts {
		h.labels = append(h.labels, a.Labels)
	}
}

func (h *hooks) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.labels)
}

func TestWatchOnce(t *testing.T) {
	events := loopingEvents("searcher")
	bucket, dir := writeBucket(t, events), t.TempDir()
	h := &hooks{}
	server := httptest.NewServer(h)
	defer server.Close()
	window := time.Since(anomalyDay) + 24*time.Hour // whenever the test runs
	out := filepath.Join(dir, "told")
	script := filepath.Join(dir, "notify")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\ncat >> \"$1\"\n"), 0o700)) //nolint:gosec // to be run
	args := []string{
		"watch", "--bucket", bucket, "--cache", filepath.Join(dir, "cache"), "--state", filepath.Join(dir, "state"), "--trust", filepath.Join(dir, "trust"), "--window", max(window, time.Hour).String(),
		"--once", "--alertmanager", server.URL, "--command", script, "--command-arg", out,
	}
	text, _ := ranWith(t, exitFinding, args...)
	assert.Contains(t, text, "loop: searcher: the same call 8 times")
	require.Equal(t, 1, h.count())
	assert.Equal(t, "loop", h.labels[0]["rule"])
	told, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(told), "\n"))

	text, _ = ranWith(t, exitOK, args...)
	assert.Empty(t, text)
	assert.Equal(t, 1, h.count())

	_, stderr := ranWith(t, exitFailed, "watch", "--bucket", bucket, "--once", "--alertmanager", server.URL)
	assert.Contains(t, stderr, "--state is missing")
	_, stderr = ranWith(t, exitFailed, "watch", "--bucket", bucket, "--no-verify", "--window", "0")
	assert.Contains(t, stderr, "nothing to look for")
	_, stderr = ranWith(t, exitFailed, append(args, "--alertmanager", "http://user:pa55@alerts.example.com")...)
	assert.Contains(t, stderr, "without TLS")
	assert.NotContains(t, stderr, "pa55")
}

// TestWatchUndelivered: what nobody took is exit code 2, and told by the next run.
func TestWatchUndelivered(t *testing.T) {
	bucket, dir := writeBucket(t, loopingEvents("searcher")), t.TempDir()
	h := &hooks{}
	var away sync.Mutex
	refuse := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		away.Lock()
		defer away.Unlock()
		if refuse {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(w, r)
	}))
	defer server.Close()
	args := []string{
		"watch", "--bucket", bucket, "--cache", filepath.Join(dir, "cache"), "--state", filepath.Join(dir, "state"), "--window",
		(time.Since(anomalyDay) + 24*time.Hour).String(), "--once", "--patience", "10ms", "--no-verify", "--rule", "loop", "--alertmanager", server.URL,
	}
	_, stderr := ranWith(t, exitFailed, args...)
	assert.Contains(t, stderr, "1 alert wait for a receiver")
	assert.Contains(t, stderr, "status 503")
	away.Lock()
	refuse = false
	away.Unlock()
	ranWith(t, exitOK, args...)
	assert.Equal(t, 1, h.count())
}

// TestWatchEnds has the watcher run until it is told to end.
func TestWatchEnds(t *testing.T) {
	bucket, dir := writeBucket(t, loopingEvents("searcher")), t.TempDir()
	h := &hooks{}
	server := httptest.NewServer(h)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		var stdout, stderr bytes.Buffer
		cmd := watchCommand(newOutput(&stdout, &stderr))
		cmd.SetArgs([]string{
			"--bucket", bucket, "--cache", filepath.Join(dir, "cache"), "--state", filepath.Join(dir, "state"), "--window",
			(time.Since(anomalyDay) + 24*time.Hour).String(), "--every", "1s", "--alertmanager", server.URL,
		})
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		ended <- cmd.ExecuteContext(ctx)
	}()
	require.Eventually(t, func() bool { return h.count() == 1 }, 30*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
}
