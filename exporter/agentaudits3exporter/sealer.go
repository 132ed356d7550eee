package agentaudits3exporter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.uber.org/zap"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadata"
	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/trail"
)

var errStopped = errors.New("the audit exporter has stopped: an object of this writer exists with other content, so somebody else writes under its name or has changed the bucket")

// sealer brings the journal into the bucket, in two goroutines: one seals the active segment when it is due, one
// uploads sealed segments. They are apart so that an outage of the bucket doesn't make one giant segment.
type sealer struct {
	config  *Config
	log     *zap.Logger
	metrics *metadata.TelemetryBuilder
	status  *status
	journal *journal.Journal
	store   objstore.Store
	hook    seal.Hook
	trail   *trail.Log // save for its counts, used by the uploading goroutine alone
	writer  string
	objects *seal.Sealer // used by the uploading goroutine alone
	checked bool         // the bucket passed its check at the start
	replay  uint64       // segments up to this were there at the start
	jitter  float64      // of the pauses between attempts, as a share of them

	failures  seldom       // complaints about the bucket
	forgets   seldom       // complaints about a disk without room for the ids of what was uploaded
	downSince atomic.Int64 // when the first put failed that none has followed with success, as Unix nanoseconds

	rotateSoon chan struct{} // looks at whether the active segment is due
	uploadSoon chan struct{} // a segment was sealed
	closing    chan struct{} // closed: seal no more
	draining   chan struct{} // closed: return when nothing is left to upload
	cancel     context.CancelFunc
	rotating   sync.WaitGroup
	uploading  sync.WaitGroup

	pressed  atomic.Bool // the journal is full: seal whatever there is
	waiters  atomic.Int64
	mu       sync.Mutex
	uploaded uint64        // guarded by mu; this segment and all before it are in the bucket
	stop     error         // guarded by mu; why nothing will be uploaded any more
	changed  chan struct{} // guarded by mu; closed when uploaded or stop changes, and replaced
}

func newSealer(e *auditExporter, writer string, objects *seal.Sealer, checked bool) *sealer {
	s := &sealer{
		config: e.config, log: e.log, metrics: e.metrics, status: e.status, journal: e.journal, store: e.store, hook: e.hook,
		writer: writer, objects: objects, checked: checked, jitter: backoff.DefaultRandomizationFactor,
		rotateSoon: make(chan struct{}, 1), uploadSoon: make(chan struct{}, 1),
		closing: make(chan struct{}), draining: make(chan struct{}), changed: make(chan struct{}),
	}
	s.replay = e.journal.Stats().Active.Seal - 1
	s.uploaded = s.replay
	if sealed := e.journal.Sealed(); len(sealed) > 0 {
		s.uploaded = sealed[0].Seal - 1
	}
	return s
}

func (s *sealer) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.rotating.Go(s.rotateLoop)
	s.uploading.Go(func() { s.uploadLoop(ctx) })
}

// shutdown seals what there is and uploads until ctx ends. Nobody may append any more.
func (s *sealer) shutdown(ctx context.Context) {
	close(s.closing)
	s.rotating.Wait()
	s.rotate()
	close(s.draining)
	if len(s.journal.Sealed()) == 0 { // it may still be waiting for a bucket that only the closing entry needs
		if s.status.failing() {
			s.cancel()
		}
		defer time.AfterFunc(closingTimeout, s.cancel).Stop()
	}
	stop := context.AfterFunc(ctx, s.cancel)
	s.uploading.Wait()
	stop()
	s.cancel()
	s.halt(errNotRunning)
}

// rotateLoop seals the active segment when it is due.
func (s *sealer) rotateLoop() {
	tick := time.NewTicker(min(max(s.config.Seal.Age/4, 5*time.Millisecond), time.Second))
	defer tick.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-tick.C:
		case <-s.rotateSoon:
		}
		if s.isDue() {
			s.rotate()
		}
	}
}

// isDue says whether the active segment is to be sealed: by size, by age, or, while nothing else is being uploaded,
// because it keeps the journal full or somebody waits for it. So requests that wait gather while an upload is on its
// way, and share the next one.
func (s *sealer) isDue() bool {
	stats := s.journal.Stats()
	if stats.Active.Lines == 0 {
		return false
	}
	idle := len(s.journal.Sealed()) == 0
	return stats.Active.Size >= s.config.Seal.SizeMiB*mib ||
		time.Since(stats.Active.Opened) >= s.config.Seal.Age ||
		idle && (s.pressed.Load() || s.waiters.Load() > 0)
}

// rotate seals the active segment. When that fails the lines stay where they are, and the next tick tries again.
func (s *sealer) rotate() {
	s.pressed.Store(false)
	if _, _, err := s.journal.Rotate(); err != nil {
		s.log.Error("Couldn't seal the audit journal's active segment; trying again", zap.Error(err))
	}
	// Not for nothing: the uploading goroutine wakes this one in turn, and a disk that fails would have them spin. A
	// failure may seal all the same, by a repair.
	if len(s.journal.Sealed()) > 0 {
		wake(s.uploadSoon)
	}
}

// uploadLoop uploads sealed segments, oldest first. Those that it finds at the start are those of a crash.
func (s *sealer) uploadLoop(ctx context.Context) {
	if s.ready(ctx) != nil || s.beginTrail(ctx) != nil {
		return
	}
	tick := time.NewTicker(trailTick)
	defer tick.Stop()
	for {
		if s.uploadAll(ctx, tick.C) != nil {
			return // ctx has ended, or the writer must stop
		}
		s.wakeRotate()
		select {
		case <-s.uploadSoon:
		case <-tick.C:
			if s.tickTrail(ctx) != nil {
				return
			}
		case <-s.draining:
			if len(s.journal.Sealed()) == 0 {
				_ = s.keepTrail(ctx, s.trail.Close) // or the log is unfinished, as after a crash
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// uploadAll uploads what is sealed. There may always be more, so it keeps the trail meanwhile.
func (s *sealer) uploadAll(ctx context.Context, tick <-chan time.Time) error {
	for sealed := s.journal.Sealed(); len(sealed) > 0; sealed = s.journal.Sealed() {
		if err := s.upload(ctx, sealed[0]); err != nil {
			return err
		}
		select {
		case <-tick:
			if err := s.tickTrail(ctx); err != nil {
				return err
			}
		default:
		}
	}
	return nil
}

// press asks for a seal because the journal is full.
func (s *sealer) press() {
	s.pressed.Store(true)
	s.wakeRotate()
}

func (s *sealer) wakeRotate() { wake(s.rotateSoon) }

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// wait returns nil when a segment, and all before it, are in the bucket.
func (s *sealer) wait(ctx context.Context, segment uint64) error {
	s.waiters.Add(1)
	defer s.waiters.Add(-1)
	s.wakeRotate()
	for {
		s.mu.Lock()
		done, stop, changed := s.uploaded >= segment, s.stop, s.changed
		s.mu.Unlock()
		switch {
		case done:
			return nil
		case stop != nil:
			return stop
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("events are not yet in the bucket: the sender should retry: %w", ctx.Err())
		}
	}
}

// stopped returns why no event may be taken any more, or nil.
func (s *sealer) stopped() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop
}

// advance tells who waits that a segment is in the bucket.
func (s *sealer) advance(segment uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uploaded = segment
	s.broadcast()
}

// halt tells who waits, and who comes, that there will be no more uploads. The first reason stays.
func (s *sealer) halt(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop == nil {
		s.stop = reason
		s.broadcast()
	}
}

// broadcast is called with mu held.
func (s *sealer) broadcast() {
	close(s.changed)
	s.changed = make(chan struct{})
}
