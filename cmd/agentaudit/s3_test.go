package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

// TestLogOnS3 reads from a real server, where listing, seeking and errors are not what a directory does.
func TestLogOnS3(t *testing.T) {
	s3test.Setenv(t)
	server := s3test.Start(t, s3test.Options{Buckets: []string{"audit"}})
	bucket := server.URL("audit", "team/a")
	store, err := objstore.Open(t.Context(), bucket)
	require.NoError(t, err)
	defer store.Close()

	const days = 5
	for tier := range 2 {
		for d := range days {
			s := spec{Time: fmt.Sprintf("2026-11-%02dT10:00:00Z", 21+d), Type: "tool_call", Seq: 1}
			tier := event.Tiers[tier]
			line := event.AppendStamp(s.event(tier).AppendBody(nil), "w", 1, time.Now(), false)
			key := layout.Segment{Tier: tier, Date: layout.Date{Year: 2026, Month: 11, Day: 21 + d}, Writer: "w", Seal: 1}.Key()
			_, err := store.Put(t.Context(), key, objstore.BytesBody(append(line, '\n')), objstore.PutOptions{})
			require.NoError(t, err)
		}
	}

	for _, c := range []struct {
		name  string
		flags []string
		lines int
	}{
		{"all", nil, 2 * days},
		{"from a day on", []string{"--since", "2026-11-24"}, 4},
		{"one day", []string{"--since", "2026-11-22", "--until", "2026-11-22"}, 2},
		{"one tier", []string{"--tier", "info"}, days},
		{"before all", []string{"--until", "2026-01-01"}, 0},
		{"after all", []string{"--since", "2027-01-01"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(append([]string{"log", "--bucket", bucket}, c.flags...), nil, &stdout, &stderr)
			assert.Equal(t, exitOK, code, stderr.String())
			assert.Equal(t, c.lines, strings.Count(stdout.String(), "\n"), stdout.String())
		})
	}

	server.Stop()
	var stdout, stderr bytes.Buffer
	assert.Equal(t, exitFailed, run([]string{"log", "--bucket", bucket}, nil, &stdout, &stderr))
	assert.Contains(t, stderr.String(), "agentaudit: couldn't open the bucket: ")
	assert.Empty(t, stdout.String())
}
