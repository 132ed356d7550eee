package e2e

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/test/load"
)

const exporterKey = "exporters::agent_audit_s3::"

// impatient has uploads tried again soon, and objects small.
var impatient = []string{
	exporterKey + "upload::retry_initial: 50ms", exporterKey + "upload::retry_max: 500ms", exporterKey + "seal::size_mib: 1",
}

// TestBucketDown takes the bucket away under load. Senders notice nothing while the journal has room; then they are
// told to come again; and when the bucket is back everything arrives.
func TestBucketDown(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{Buckets: []string{"audit"}})
	c := startCollector(t, setup{
		bucket: server.URL("audit", ""), env: map[string]string{"AGENTAUDIT_SEAL_AGE": "100ms"},
		config: append([]string{exporterKey + "journal::max_size_mib: 8"}, impatient...),
	})
	var mu sync.Mutex
	var refusals []string
	refused := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		refusals = append(refusals, err.Error())
	}
	f := &fleet{t: t, load: load.New(load.Options{Seed: 5}), spans: 50, onRetry: refused}
	f.start(c, newHTTP, newGRPC)
	eventually(t, 20*time.Second, "objects while all is well", func() bool { return c.metric("agent_audit_s3_seals") >= 3 })
	require.Zero(t, f.retried.Load(), "nothing is refused while all is well")

	server.Stop()
	atOutage := f.acked.Load()
	eventually(t, 20*time.Second, "refusals once the journal is full", func() bool { return f.retried.Load() > 20 })
	inJournal := f.acked.Load() - atOutage
	assert.Greater(t, inJournal, uint64(20), "batches taken while the bucket was away")
	assert.Positive(t, c.metric("agent_audit_s3_puts", `result="failed"`))
	assert.Greater(t, c.metric("agent_audit_s3_journal_size"), 0.8*c.metric("agent_audit_s3_journal_limit"))
	assert.LessOrEqual(t, journalSize(t, c.journal), int64(2*8<<20), "journal and spool on disk")
	assert.Contains(t, string(c.log()), "events wait in the journal")
	code, _ := c.get(c.health, "/")
	assert.Equal(t, http.StatusOK, code, "a restart would mend nothing, so it must not look dead")
	td := f.load.Traces(1<<40, 100)
	for _, p := range []protocol{newHTTP(c), newGRPC(c)} {
		err := p.send(t.Context(), td)
		p.close()
		require.ErrorIs(t, err, errAgain)
		refused(err)
	}

	server.Restart()
	eventually(t, 20*time.Second, "senders go on", func() bool { return f.acked.Load() > atOutage+inJournal+20 })
	f.stop()
	eventually(t, 20*time.Second, "an empty journal", func() bool { return c.metric("agent_audit_s3_journal_age") == 0 })
	assert.Contains(t, string(c.log()), "Audit bucket can be used again")
	c.stop()
	journalIsEmpty(t, c.journal)
	w := (&world{}).read(t, c.bucket)
	w.holds(f.load, f.spans, f.done)
	t.Logf("%d batches taken before the journal was full, %d refusals, %d acknowledged in all", inJournal, f.retried.Load(), len(f.done))

	all := strings.Join(refusals, "\n")
	assert.Contains(t, all, "503", "OTLP/HTTP")
	assert.Contains(t, all, "code = Unavailable", "OTLP/gRPC")
	assert.Contains(t, all, "journal is full", "says why")
	for _, r := range refusals {
		if !strings.Contains(r, "503") && !strings.Contains(r, "code = Unavailable") {
			t.Errorf("a refusal that no sender repeats: %s", r)
		}
	}
}

// TestBucketDownAtStart finds no bucket at first. That is no reason to refuse telemetry.
func TestBucketDownAtStart(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{Buckets: []string{"audit"}})
	server.Stop()
	c := startCollector(t, setup{bucket: server.URL("audit", ""), env: map[string]string{"AGENTAUDIT_SEAL_AGE": "50ms"}, config: impatient})
	f := &fleet{t: t, load: load.New(load.Options{}), spans: 20, batches: 50}
	f.start(c, newHTTP, newGRPC)
	f.wait()
	server.Restart()
	eventually(t, 20*time.Second, "an empty journal", func() bool { return c.metric("agent_audit_s3_journal_age") == 0 })
	c.stop()
	w := (&world{}).read(t, c.bucket)
	assert.Equal(t, w.holds(f.load, f.spans, f.done), w.distinct())
}

// TestShutdownDrains stops the collector in the midst of its work: what it took is in the bucket when it has ended.
func TestShutdownDrains(t *testing.T) {
	t.Parallel()
	c := startCollector(t, setup{env: map[string]string{"AGENTAUDIT_SEAL_AGE": "1h"}, config: impatient})
	f := &fleet{t: t, load: load.New(load.Options{Seed: 6}), spans: 50}
	f.start(c, newHTTP, newGRPC, newHTTP, newGRPC)
	eventually(t, 20*time.Second, "load", func() bool { return f.acked.Load() > 200 })
	c.stop()
	f.stop()
	journalIsEmpty(t, c.journal)
	w := (&world{}).read(t, c.bucket)
	w.holds(f.load, f.spans, f.done)
}

// TestShutdownWithoutBucket stops it while the bucket is away. The journal keeps the rest, and the next start delivers it.
func TestShutdownWithoutBucket(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{Buckets: []string{"audit"}})
	c := startCollector(t, setup{
		bucket: server.URL("audit", "a/b"), env: map[string]string{"AGENTAUDIT_SEAL_AGE": "100ms"},
		config: append([]string{exporterKey + "upload::timeout: 1s"}, impatient...),
	})
	f := &fleet{t: t, load: load.New(load.Options{Seed: 7}), spans: 50}
	f.start(c, newHTTP, newGRPC)
	eventually(t, 20*time.Second, "load", func() bool { return f.acked.Load() > 50 })
	server.Stop()
	had := f.acked.Load()
	eventually(t, 20*time.Second, "more load", func() bool { return f.acked.Load() > had+50 })
	c.stop()
	f.stop()
	assert.Positive(t, journalSize(t, c.journal), "bytes in the journal")
	assert.Contains(t, string(c.log()), "Audit events stay in the journal")

	server.Restart()
	c.start()
	eventually(t, 20*time.Second, "an empty journal", func() bool { return c.metric("agent_audit_s3_journal_age") == 0 })
	c.stop()
	journalIsEmpty(t, c.journal)
	w := (&world{}).read(t, c.bucket)
	w.holds(f.load, f.spans, f.done)
	require.Len(t, w.seqs, 1, "the writer kept its name")
}

// TestAcknowledgeBucket answers only when the events are in objects, which makes the journal's disk dispensable.
func TestAcknowledgeBucket(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{Buckets: []string{"audit"}})
	c := startCollector(t, setup{
		bucket: server.URL("audit", ""), env: map[string]string{"AGENTAUDIT_SEAL_AGE": "10m"},
		config: append([]string{exporterKey + "acknowledge: bucket"}, impatient...),
	})
	f := &fleet{t: t, load: load.New(load.Options{Seed: 8}), spans: 20, batches: 40}
	f.start(c, newHTTP, newGRPC, newHTTP, newGRPC)
	f.wait()
	c.kill() // with all that it had on disk
	w := (&world{}).read(t, c.bucket)
	w.holds(f.load, f.spans, f.done)

	c.start()
	server.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	p := newGRPC(c)
	defer p.close()
	err := p.send(ctx, f.load.Traces(100, 20))
	require.ErrorIs(t, err, errAgain, "no success without a bucket")
	var grpcError interface{ GRPCStatus() *status.Status }
	require.ErrorAs(t, err, &grpcError)
	assert.Contains(t, []codes.Code{codes.DeadlineExceeded, codes.Unavailable}, grpcError.GRPCStatus().Code())
}
