package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/test/load"
)

// TestSentAgain sends the same telemetry again and again: to one process, to the next one on the same journal, to those that find
// the journal empty, and to one whose memory of it was taken away. Only the last can't know, so there a copy is stored; readers
// leave it out.
func TestSentAgain(t *testing.T) {
	t.Parallel()
	const spans = 40
	g := load.New(load.Options{Seed: 9})
	c := startCollector(t, setup{env: map[string]string{"AGENTAUDIT_SEAL_AGE": "1h"}})
	p := newHTTP(c)
	defer p.close()
	send := func() { require.NoError(t, p.send(t.Context(), g.Traces(1, spans))) }
	send()
	send()
	assert.InDelta(t, 2*spans, c.metric("agent_audit_s3_events_written"), 0)
	assert.InDelta(t, 2*spans, c.metric("agent_audit_s3_events_duplicate"), 0)
	c.kill()
	c.start()
	send()
	assert.InDelta(t, 2*spans, c.metric("agent_audit_s3_events_duplicate"), 0)
	assert.Zero(t, c.metric("agent_audit_s3_events_written")+c.metric("agent_audit_s3_events_conflicting"))
	c.stop()
	w := readWorld(t, c.bucket)
	assert.Equal(t, w.holds(g, spans, []uint64{1}), w.lines, "each once")
	for range 2 {
		c.start()
		send()
		c.kill()
	}
	w = readWorld(t, c.bucket)
	assert.Equal(t, w.holds(g, spans, []uint64{1}), w.lines, "each once, although it is long gone from the journal")

	memory, err := filepath.Glob(filepath.Join(c.journal, "recent.*"))
	require.NoError(t, err)
	require.NotEmpty(t, memory)
	for _, name := range memory {
		require.NoError(t, os.Remove(name))
	}
	c.start()
	send()
	c.stop()
	w = readWorld(t, c.bucket)
	assert.Equal(t, 2*2*spans, w.lines)
	assert.Equal(t, 2*spans, w.repeated())
	assert.Len(t, readLog(t, c.bucket), 2*spans)
}

// TestManyWriters has collectors share a bucket, which needs no agreement but their names.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{Buckets: []string{"audit"}})
	g := load.New(load.Options{Seed: 10})
	var fleets []*fleet
	var collectors []*collector
	for i := range 3 {
		c := startCollector(t, setup{bucket: server.URL("audit", "shared"), env: map[string]string{"AGENTAUDIT_SEAL_AGE": "50ms"}})
		// Numbers far apart: no batch goes to two collectors.
		f := &fleet{t: t, load: g, spans: 20}
		f.next.Store(uint64(i) << 32) //nolint:gosec // small
		f.start(c, newGRPC)
		fleets, collectors = append(fleets, f), append(collectors, c)
	}
	for i, f := range fleets {
		eventually(t, 20*time.Second, "load", func() bool { return f.acked.Load() > 50 })
		f.stop()
		collectors[i].stop()
	}
	w := (&world{}).read(t, server.URL("audit", "shared"))
	assert.Len(t, w.seqs, 3, "writers")
	expected := 0
	for _, f := range fleets {
		expected += w.holds(g, f.spans, f.done)
	}
	assert.Equal(t, expected, w.distinct())
}

// TestTwoOfOneName gives two collectors the same name. Whoever comes second to a key is not let go on: it would mix two
// histories. It refuses, says so loudly, and changes nothing in the bucket.
func TestTwoOfOneName(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{Locked: []string{"audit"}})
	s := setup{bucket: server.URL("audit", ""), env: map[string]string{"AGENTAUDIT_WRITER": "twin", "AGENTAUDIT_SEAL_AGE": "50ms"}, config: impatient}
	first, second := startCollector(t, s), startCollector(t, s)
	g := load.New(load.Options{Seed: 11})
	p := newHTTP(first)
	defer p.close()
	require.NoError(t, p.send(t.Context(), g.Traces(1, 20)))
	first.stop()

	q := newHTTP(second)
	defer q.close()
	var refusal error // it may take some before it knows
	eventually(t, 20*time.Second, "a refusal", func() bool {
		refusal = q.send(t.Context(), g.Traces(2, 20))
		return refusal != nil
	})
	require.ErrorIs(t, refusal, errAgain, "somebody may mend it, so senders keep what they have")
	assert.ErrorContains(t, refusal, "exists with other content")
	assert.Contains(t, string(second.log()), "ALARM")
	second.stop()

	w := readWorld(t, s.bucket)
	assert.Equal(t, w.holds(g, 20, []uint64{1}), w.distinct(), "the bucket holds the first one's events alone")
	checkVersions(t, server, "audit")
}

// TestTwoOnOneJournal refuses to start the second.
func TestTwoOnOneJournal(t *testing.T) {
	t.Parallel()
	c := startCollector(t, setup{})
	code, output := collect(t, []string{
		"AGENTAUDIT_BUCKET=" + c.bucket, "AGENTAUDIT_JOURNAL=" + c.journal, "AGENTAUDIT_HEALTH=127.0.0.1:0", "AGENTAUDIT_METRICS_PORT=0",
		"AGENTAUDIT_OTLP_GRPC=127.0.0.1:0", "AGENTAUDIT_OTLP_HTTP=127.0.0.1:0",
	}, "--config", root(t, "config.yaml"))
	assert.Equal(t, 1, code)
	reason := tail(output, 1)
	assert.Contains(t, reason, "journal")
	assert.Contains(t, reason, "in use")
	p := newGRPC(c)
	defer p.close()
	require.NoError(t, p.send(t.Context(), load.New(load.Options{}).Traces(1, 5)), "the first one works on")
	code, body := c.get(c.health, "/")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, "available")
	c.stop()
}
