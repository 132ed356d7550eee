package agentaudits3exporter

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadatatest"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/trail"
)

const (
	ok          = componentstatus.StatusOK
	recoverable = componentstatus.StatusRecoverableError
)

func eventually(t *testing.T, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, 10*time.Second, 5*time.Millisecond, what)
}

// canceled is a context for a shutdown that may not upload anything any more.
func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestBucketDownAndUpAgain(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	w.store = store
	w.config.Seal.Age = 10 * time.Millisecond
	e := w.run()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 5)))
	w.requireStored(0, 5)

	store.set(func() { store.down = errDown })
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(5, 10)), "the journal has room")
	eventually(t, func() bool { return len(w.host.statuses()) == 1 }, "trouble is reported")
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(10, 15)))
	eventually(t, func() bool { return len(e.journal.Sealed()) >= 2 }, "sealing goes on during an outage")

	store.set(func() { store.down, store.lossy = nil, 2 })
	w.requireStored(0, 15)
	eventually(t, func() bool { return len(w.host.statuses()) == 2 && e.journal.Stats().Bytes == 0 }, "and its end")
	assert.Equal(t, []componentstatus.Status{recoverable, ok}, w.host.statuses(), "on transitions only")

	puts, err := w.telemetry.GetMetric("otelcol_agent_audit_s3_puts")
	require.NoError(t, err)
	byResult := map[string]int64{}
	for _, p := range puts.Data.(metricdata.Sum[int64]).DataPoints {
		result, _ := p.Attributes.Value("result")
		byResult[result.AsString()] += p.Value
	}
	assert.EqualValues(t, len(store.objects)-2, byResult["created"])
	assert.EqualValues(t, 2, byResult["existed"], "the two whose answer was lost")
	assert.Greater(t, byResult["failed"], int64(2))
}

func TestBucketUnreachableAtStart(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.down = objstore.ErrNoBucket
	w.store = store
	e := w.run()
	require.NoError(t, e.consumeLogs(t.Context(), logsOf(0, 3)))
	assert.Equal(t, []componentstatus.Status{recoverable}, w.host.statuses())
	store.set(func() { store.down = nil })
	eventually(t, func() bool { return len(w.host.statuses()) == 2 }, "healthy again without a single upload")
	require.NoError(t, e.shutdown(t.Context()))
	w.requireStored(0, 3)
	assert.Equal(t, []componentstatus.Status{recoverable, ok}, w.host.statuses())
}

// A policy may allow to put and not to look.
func TestCheckDenied(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.checkAs = func() error { return objstore.ErrDenied }
	w.store = store
	e := w.run()
	require.NoError(t, e.consumeLogs(t.Context(), logsOf(0, 3)))
	require.NoError(t, e.shutdown(t.Context()))
	w.requireStored(0, 3)
}

func TestBucketThatCannotLockIsRefused(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.checkAs = func() error { return objstore.ErrUnsupported }
	w.config.Bucket, w.config.ObjectLock.Mode = "s3://bucket?region=x", "compliance"
	e, err := newExporter(w.config, w.settings())
	require.NoError(t, err)
	e.openStore = func(context.Context, string) (objstore.Store, error) { return store, nil }
	err = e.start(t.Context())
	require.ErrorIs(t, err, objstore.ErrUnsupported)
	require.ErrorContains(t, err, `"object_lock.mode"`)
	assert.True(t, store.closed)
	require.ErrorIs(t, e.consumeLogs(t.Context(), logsOf(0, 1)), errNotRunning)
	require.NoError(t, e.shutdown(t.Context()))
}

func TestBackPressure(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.block = make(chan struct{})
	w.store = store
	w.config.Journal.MaxSizeMiB, w.config.Seal.SizeMiB = 1, 1
	e := w.run()
	var err error
	sent := 0
	for ; err == nil; sent += 100 {
		err = e.consumeTraces(t.Context(), tracesOf(sent, sent+100))
	}
	refused := sent - 100
	require.ErrorIs(t, err, journal.ErrFull)
	require.ErrorContains(t, err, "journal is full")
	require.ErrorContains(t, err, "should retry")
	require.False(t, consumererror.IsPermanent(err))
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 100)), "duplicates take no room")

	close(store.block) // the full journal is sealed although it is neither old nor large enough
	eventually(t, func() bool { return e.consumeTraces(t.Context(), tracesOf(refused, refused+100)) == nil }, "room comes back")
	require.NoError(t, e.shutdown(t.Context()))
	w.requireStored(0, refused+100)
	metadatatest.AssertEqualAgentAuditS3EventsDuplicate(t, w.telemetry, sum(100), ignore...)
}

func TestBatchThatNeverFits(t *testing.T) {
	w := newWorld(t)
	w.config.Journal.MaxSizeMiB, w.config.Seal.SizeMiB = 1, 1
	e := w.run()
	err := e.consumeTraces(t.Context(), tracesOf(0, 5000))
	require.ErrorIs(t, err, journal.ErrTooLarge)
	require.True(t, consumererror.IsPermanent(err))
	metadatatest.AssertEqualAgentAuditS3EventsDropped(t, w.telemetry, sum(5000, attribute.String("reason", "too_large")), ignore...)
}

func TestShutdownWithDeadBucketLeavesTheJournalToTheNextStart(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.down = errDown
	w.store = store
	first := w.run()
	require.NoError(t, first.consumeTraces(t.Context(), tracesOf(0, 7)))
	require.NoError(t, first.shutdown(canceled()))
	require.NoError(t, first.shutdown(canceled()), "twice")
	require.ErrorIs(t, first.consumeTraces(t.Context(), tracesOf(7, 8)), errNotRunning)
	require.Empty(t, store.objects)

	store.down, store.closed = nil, false
	second := w.run()
	require.NoError(t, second.consumeTraces(t.Context(), tracesOf(0, 7)), "sent again after the restart")
	require.NoError(t, second.shutdown(t.Context()))
	w.requireStored(0, 7)
	metadatatest.AssertEqualAgentAuditS3EventsDuplicate(t, w.telemetry, sum(7), ignore...)
}

func TestShutdownGivesUpInTime(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.block = make(chan struct{})
	w.store = store
	e := w.run()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 1)))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	require.NoError(t, e.shutdown(ctx))
	assert.Less(t, time.Since(begun), 5*time.Second)
}

// A crash between the last put and the removal of the segment: the next start puts the same bytes again.
func TestCrashBeforeRemoval(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	w.store = store
	var told [][]seal.Object
	w.hook = func(_ context.Context, segment seal.Segment, objects []seal.Object) error {
		assert.EqualValues(t, 1, segment.Seal)
		told = append(told, objects)
		if len(told) == 1 {
			return errors.New("crash")
		}
		return nil
	}
	w.config.Upload.RetryInitial = time.Hour // what failed once isn't tried again by this process
	w.config.Upload.RetryMax = time.Hour
	w.config.Seal.Age = 10 * time.Millisecond
	first := w.run()
	require.NoError(t, first.consumeTraces(t.Context(), tracesOf(0, 8)))
	eventually(t, func() bool { return len(w.host.statuses()) == 1 }, "the hook has failed")
	require.NoError(t, first.shutdown(canceled()))

	store.closed = false
	second := w.run()
	eventually(t, func() bool { return second.journal.Stats().Segments == 0 }, "replayed")
	require.NoError(t, second.shutdown(t.Context()))
	require.Len(t, told, 2)
	for i := range told[1] {
		assert.True(t, told[1][i].Existed)
		told[1][i].Existed = false
	}
	assert.Equal(t, told[0], told[1])
	w.requireStored(0, 8)
}

func TestConflictStopsTheWriter(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.objects["events/tier=debug/date=2026-11-21/w-0000000001.jsonl.zst"] = []byte("somebody else's")
	w.store = store
	w.config.Seal.Age = 10 * time.Millisecond
	exp := w.run()
	require.NoError(t, exp.consumeTraces(t.Context(), tracesOf(0, 8)))
	eventually(t, func() bool { return exp.sealer.stopped() != nil }, "the writer stops")

	err := exp.consumeTraces(t.Context(), tracesOf(8, 9))
	require.ErrorIs(t, err, objstore.ErrConflict)
	require.False(t, consumererror.IsPermanent(err), "another collector may take it")
	assert.Equal(t, []componentstatus.Status{recoverable}, w.host.statuses())
	assert.Len(t, exp.journal.Sealed(), 1, "the segment stays as evidence")
	require.NoError(t, exp.shutdown(t.Context()))
	metadatatest.AssertEqualAgentAuditS3Puts(t, w.telemetry, []metricdata.DataPoint[int64]{
		{Value: 3 + 4, Attributes: attribute.NewSet(attribute.String("result", "created"))}, // the trail's start: entry, checkpoint, tile, bundle
		{Value: 1, Attributes: attribute.NewSet(attribute.String("result", "conflict"))},
	}, ignore...)
}

func TestAcknowledgeBucket(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.block = make(chan struct{})
	w.store = store
	w.config.Acknowledge = ackBucket
	e := w.run()

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := e.consumeTraces(ctx, tracesOf(0, 4))
	require.ErrorIs(t, err, context.DeadlineExceeded, "not in the bucket, not acknowledged")
	require.False(t, consumererror.IsPermanent(err))

	const senders = 20
	results := make(chan error, senders)
	for n := range senders {
		go func() { results <- e.consumeTraces(t.Context(), tracesOf(n*4, n*4+4)) }()
	}
	eventually(t, func() bool { return e.sealer.waiters.Load() == senders }, "they wait")
	assert.Empty(t, store.objects)
	close(store.block)
	for range senders {
		require.NoError(t, <-results)
	}
	assert.Len(t, w.stored(), senders*4, "all there when the last answer is")
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 4)), "known and in the bucket: at once")
	w.requireStored(0, senders*4)
	objects := slices.DeleteFunc(slices.Collect(maps.Keys(store.objects)), func(key string) bool { return !strings.HasPrefix(key, layout.EventsRoot) })
	assert.LessOrEqual(t, len(objects), 3*len(event.Tiers), "those that wait share objects")
}

func TestAcknowledgeBucketEndsWithTheExporter(t *testing.T) {
	w := newWorld(t)
	store := newFakeStore(t)
	store.block = make(chan struct{})
	w.store = store
	w.config.Acknowledge = ackBucket
	e := w.run()
	result := make(chan error)
	go func() { result <- e.consumeTraces(t.Context(), tracesOf(0, 4)) }()
	eventually(t, func() bool { return e.sealer.waiters.Load() == 1 }, "it waits")
	require.NoError(t, e.shutdown(canceled()))
	require.ErrorIs(t, <-result, errNotRunning)
}

// The same against a real server that goes away and comes back, with locks.
func TestRealServerDownAndUpAgain(t *testing.T) {
	server := s3test.Start(t, s3test.Options{Locked: []string{"audit"}})
	s3test.Setenv(t)
	w := newWorld(t)
	w.config.Bucket = server.URL("audit", "prefix")
	w.config.ObjectLock.Mode = "governance"
	w.config.Seal.Age = 20 * time.Millisecond
	e := w.run()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 10)))
	w.requireStored(0, 10)

	server.Stop()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(10, 20)))
	eventually(t, func() bool { return len(w.host.statuses()) == 1 }, "trouble is reported")
	require.NoError(t, e.shutdown(canceled()))

	e = w.run() // while the bucket is down
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(20, 30)))
	server.Restart()
	w.requireStored(0, 30)
	eventually(t, func() bool { return e.journal.Stats().Segments == 0 }, "the journal empties")
	assert.Equal(t, []componentstatus.Status{recoverable, recoverable, ok}, w.host.statuses(), "one of the first exporter, two of the second")

	store, err := objstore.Open(t.Context(), w.config.Bucket)
	require.NoError(t, err)
	defer store.Close()
	for info, err := range store.List(t.Context(), "", "") {
		require.NoError(t, err)
		if info.Key == "trail/w/"+trail.PointerPath {
			continue // which is there to be replaced
		}
		found, err := store.Stat(t.Context(), info.Key)
		require.NoError(t, err)
		assert.Equal(t, objstore.LockGovernance, found.LockMode)
		assert.True(t, found.RetainUntil.After(time.Now().AddDate(0, 0, 29)), "%s: %v", info.Key, found.RetainUntil)
	}
	left, err := os.ReadDir(filepath.Join(w.config.Journal.Directory, spoolDir))
	require.NoError(t, err)
	assert.Empty(t, left)
}
