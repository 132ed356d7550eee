package agentaudits3exporter

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/journal/journaltest"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/internal/trail"
	"github.com/agentaudit/agentaudit/internal/verify"
	"github.com/agentaudit/agentaudit/test/faultproxy"
)

// The table of docs/durability.md, as far as it is the exporter's; what is more than one of its rows is in the simulation.

// runWith starts an exporter that a test has changed before.
func (w *world) runWith(change func(*auditExporter)) *auditExporter {
	w.t.Helper()
	e, err := newExporter(w.config, w.settings())
	require.NoError(w.t, err)
	change(e)
	e.status.attach(w.host)
	require.NoError(w.t, e.start(w.t.Context()))
	w.t.Cleanup(func() { assert.NoError(w.t, e.shutdown(canceled())) })
	return e
}

// verified returns what the auditor finds, with the keys that the journals hold.
func (w *world) verified(now time.Time, journals ...string) verify.Report {
	w.t.Helper()
	var keys []ed25519.PublicKey
	for _, dir := range journals {
		text, err := os.ReadFile(filepath.Join(dir, trailKey))
		require.NoError(w.t, err)
		private, err := trail.ParsePrivateKeys(text)
		require.NoError(w.t, err)
		keys = append(keys, private[0].Public().(ed25519.PublicKey))
	}
	store, err := objstore.Open(w.t.Context(), w.config.Bucket)
	require.NoError(w.t, err)
	defer store.Close()
	report, err := verify.Run(w.t.Context(), store, verify.Options{Keys: keys, Now: now})
	require.NoError(w.t, err)
	return report
}

// sickDisk is the real one, where writing fails with an error while there is one.
type sickDisk struct {
	journal.FS
	err atomic.Pointer[error]
}

func newSickDisk() *sickDisk { return &sickDisk{FS: journal.OS()} }

func (d *sickDisk) set(err error) { d.err.Store(&err) }

func (d *sickDisk) failure() error {
	if err := d.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (d *sickDisk) Open(name string, flag int) (journal.File, error) {
	if err := d.failure(); err != nil && flag != os.O_RDONLY && errors.Is(err, syscall.EROFS) {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	f, err := d.FS.Open(name, flag)
	return sickFile{f, d}, err
}

func (d *sickDisk) Remove(name string) error {
	if err := d.failure(); errors.Is(err, syscall.EROFS) {
		return err
	}
	return d.FS.Remove(name)
}

type sickFile struct {
	journal.File
	disk *sickDisk
}

func (f sickFile) WriteAt(b []byte, off int64) (int, error) {
	if err := f.disk.failure(); err != nil {
		return 0, err
	}
	return f.File.WriteAt(b, off)
}

// TestFullAndReadOnlyDisk has the disk fill up, or become read-only, under way: senders are refused, retryably; nothing that was acknowledged
// is lost; and all goes on when the disk is well again.
func TestFullAndReadOnlyDisk(t *testing.T) {
	for _, failure := range []error{syscall.ENOSPC, syscall.EROFS, syscall.EIO} {
		t.Run(failure.Error(), func(t *testing.T) {
			w := newWorld(t)
			w.config.Seal.Age = 20 * time.Millisecond
			disk := newSickDisk()
			e := w.runWith(func(e *auditExporter) { e.fs = disk })
			require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 10)))
			disk.set(failure)
			err := e.consumeTraces(t.Context(), tracesOf(10, 20))
			require.ErrorIs(t, err, failure)
			require.False(t, consumererror.IsPermanent(err), "the sender keeps it")
			disk.set(nil)
			eventually(t, func() bool { return e.consumeTraces(t.Context(), tracesOf(10, 20)) == nil }, "it goes on")
			require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 10)), "sent again")
			require.NoError(t, e.shutdown(t.Context()))
			w.requireStored(0, 20)
			assert.Empty(t, w.verified(time.Time{}, w.config.Journal.Directory).Findings)
		})
	}
}

// TestStartOnAReadOnlyDisk is refused, by name.
func TestStartOnAReadOnlyDisk(t *testing.T) {
	w := newWorld(t)
	disk := newSickDisk()
	disk.set(syscall.EROFS)
	e, err := newExporter(w.config, w.settings())
	require.NoError(t, err)
	e.fs = disk
	err = e.start(t.Context())
	require.ErrorIs(t, err, syscall.EROFS)
	require.ErrorContains(t, err, w.config.Journal.Directory)
}

// TestLostJournal starts with an empty directory in the place of the journal's: under a name of its own, as nobody gave it one. What
// the lost writer has stored is still proven, and its log says that it has no end.
func TestLostJournal(t *testing.T) {
	w := newWorld(t)
	w.config.Writer = ""
	w.config.Seal.Age = 10 * time.Millisecond
	first := w.config.Journal.Directory
	e := w.run()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 4)))
	w.requireStored(0, 4)
	eventually(t, func() bool { return e.journal.Stats().Segments == 0 }, "it is in the log")
	lost := e.sealer.writer
	require.NoError(t, e.sealer.journal.Close(), "as good as killed: it can't shut down in good order")
	e.sealer.cancel()

	w.config.Journal.Directory = filepath.Join(t.TempDir(), "new")
	e = w.run()
	require.NotEqual(t, lost, e.sealer.writer)
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(4, 8)))
	require.NoError(t, e.shutdown(t.Context()))
	report := w.verified(time.Now().Add(24*time.Hour), first, w.config.Journal.Directory)
	require.Equal(t, map[verify.Kind]int{verify.LogUnfinished: 1}, report.Counts, "%v", report.Findings)
	assert.Contains(t, report.Findings[0].String(), lost)
	assert.EqualValues(t, 8, report.Lines)
}

// TestClockJumps has the wall clock jump under way and between two processes. The log stays whole; only the year looks like a silence,
// which nobody can tell from one.
func TestClockJumps(t *testing.T) {
	for name, tt := range map[string]struct {
		jump time.Duration
		want map[verify.Kind]int
	}{
		"back a day":     {-24 * time.Hour, map[verify.Kind]int{}},
		"back ten years": {-3650 * 24 * time.Hour, map[verify.Kind]int{}},
		"ahead a year":   {365 * 24 * time.Hour, map[verify.Kind]int{verify.HeartbeatMissing: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config.Seal.Age = 10 * time.Millisecond
			var jump atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(jump.Load())) }
			e := w.runWith(func(e *auditExporter) { e.now = now })
			require.NoError(t, e.consumeTraces(t.Context(), tracesOf(0, 4)))
			w.requireStored(0, 4)
			jump.Store(int64(tt.jump))
			require.NoError(t, e.consumeTraces(t.Context(), tracesOf(4, 8)))
			require.NoError(t, e.shutdown(t.Context()))
			e = w.runWith(func(e *auditExporter) { e.now = now })
			require.NoError(t, e.consumeTraces(t.Context(), tracesOf(8, 12)))
			require.NoError(t, e.shutdown(t.Context()))
			w.requireStored(0, 12)
			report := w.verified(now(), w.config.Journal.Directory)
			got := map[verify.Kind]int{}
			for kind, n := range report.Counts {
				got[kind] = n
			}
			assert.Equal(t, tt.want, got, "%v", report.Findings)
		})
	}
}

// TestEachFaultOfS3 has each fault befall a good share of all requests to a real server, first puts included. Nothing is lost, nothing
// is there twice, and the trail verifies.
func TestEachFaultOfS3(t *testing.T) {
	server := s3test.Start(t, s3test.Options{Buckets: []string{"audit"}})
	s3test.Setenv(t)
	for _, fault := range faultproxy.All() {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			every, least := int64(3), int64(6)
			if fault == faultproxy.Hang || fault == faultproxy.HangAnswer {
				every, least = 12, 2 // each costs a second
			}
			proxy, err := faultproxy.Start(server.Endpoint(), faultproxy.Options{Plan: faultproxy.Plan{Decide: func(*http.Request) faultproxy.Fault {
				if n.Add(1)%every == 1 {
					return fault
				}
				return faultproxy.None
			}}})
			require.NoError(t, err)
			defer func() { require.NoError(t, proxy.Close()) }()
			w := newWorld(t)
			direct := server.URL("audit", "faults/"+string(fault))
			w.config.Bucket = strings.ReplaceAll(direct, url.QueryEscape(server.Endpoint()), url.QueryEscape(proxy.URL()))
			w.config.Seal.Age = 20 * time.Millisecond
			w.config.Upload.Timeout = time.Second
			e := w.run()
			for i := range 5 {
				require.NoError(t, e.consumeTraces(t.Context(), tracesOf(i*8, i*8+8)))
				eventually(t, func() bool { return e.journal.Stats().Segments == 0 }, "it is uploaded")
			}
			require.NoError(t, e.shutdown(t.Context()))
			befallen, _ := proxy.Counts()
			assert.GreaterOrEqual(t, befallen[fault], least)
			w.config.Bucket = direct
			w.requireStored(0, 40)
			// On a slow machine the closing entry, which a shutdown waits for only so long, may be missing: a note.
			assert.Zero(t, w.verified(time.Time{}, w.config.Journal.Directory).Violations)
		})
	}
}

// TestADiskThatFailsDoesNotSpin: when nothing can be sealed, it is tried again at each tick and not more often. Its two goroutines used to wake each other.
func TestADiskThatFailsDoesNotSpin(t *testing.T) {
	p := newSimParts(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, p, 1, false)
		s.config.Acknowledge = ackJournal
		s.boot()
		logs, seen := observer.New(zap.ErrorLevel)
		s.e.sealer.log = zap.New(logs)
		s.send(s.fresh())
		s.disk.Pick(func(int, string) journaltest.Fault { return journaltest.FailBefore })
		s.send(s.fresh()) // spoils the segment, which then can't be repaired
		time.Sleep(time.Minute)
		complaints := seen.FilterMessageSnippet("Couldn't seal").Len()
		assert.Positive(t, complaints)
		assert.Less(t, complaints, 130, "twice a second")
		s.check()
	})
}

// TestRemovalThatFailsHalfway: the segment's file is gone, and the directory couldn't be synced. There is nothing to commit again.
func TestRemovalThatFailsHalfway(t *testing.T) {
	p := newSimParts(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, p, 1, false)
		s.config.Acknowledge = ackJournal
		s.boot()
		s.send(s.fresh())
		var removed, failed atomic.Bool // the disk is called from the exporter's goroutines
		s.disk.Pick(func(_ int, op string) journaltest.Fault {
			if strings.HasPrefix(op, "remove ") {
				removed.Store(true)
			}
			if removed.Load() && strings.HasPrefix(op, "syncdir ") && failed.CompareAndSwap(false, true) {
				return journaltest.FailBefore
			}
			return journaltest.None
		})
		time.Sleep(time.Minute)
		assert.True(t, failed.Load())
		assert.Zero(t, s.e.journal.Stats().Segments, "uploads go on")
		s.check()
	})
}

// mute is a bucket that begins to answer and then says no more.
type mute struct{ objstore.Store }

func (mute) Get(ctx context.Context, _ string) (io.ReadCloser, error) { return muteBody{ctx}, nil }

func (mute) List(ctx context.Context, _, _ string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		if yield(objstore.Info{Key: "a"}, nil) {
			<-ctx.Done()
			yield(objstore.Info{}, ctx.Err())
		}
	}
}

type muteBody struct{ ctx context.Context }

func (b muteBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}
func (muteBody) Close() error { return nil }

// TestSilentBucket: a request that makes no progress ends when an attempt may last no longer, and one that makes some does not.
func TestSilentBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := defaultConfig()
		p := patient{mute{}, &sealer{config: cfg}}
		began := time.Now()
		seen := 0
		for info, err := range p.List(t.Context(), "", "") {
			if seen++; seen == 1 {
				require.NoError(t, err)
				assert.Equal(t, "a", info.Key)
				time.Sleep(time.Hour) // the reader's own time
				continue
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.True(t, objstore.Retryable(err))
		}
		assert.Equal(t, 2, seen)
		assert.Equal(t, time.Hour+cfg.Upload.Timeout, time.Since(began))

		r, err := p.Get(t.Context(), "a")
		require.NoError(t, err)
		_, err = io.ReadAll(r)
		require.Error(t, err)
		require.NoError(t, r.Close())
		assert.Equal(t, time.Hour+2*cfg.Upload.Timeout, time.Since(began))
	})
}
