package agentaudits3exporter

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/exporter"
	"go.uber.org/zap"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadata"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/trail"
)

const (
	// checkTimeout bounds how long a bucket that doesn't answer holds up the start.
	checkTimeout = 5 * time.Second
	// drainTimeout bounds a shutdown whose context has no end. What is not uploaded by then waits in the journal.
	drainTimeout = 20 * time.Second
	spoolDir     = "spool"
)

// auditExporter is one journal on its way into one bucket. All pipelines of a configuration share it.
type auditExporter struct {
	config  *Config
	version string // of the program
	log     *zap.Logger
	metrics *metadata.TelemetryBuilder
	status  *status

	// What tests and the trail replace before start.
	openStore func(ctx context.Context, url string) (objstore.Store, error)
	hook      seal.Hook  // nil: the trail
	fs        journal.FS // of the journal's directory; nil: the real one
	now       func() time.Time

	// Set by start.
	store     objstore.Store
	journal   *journal.Journal
	recovered trail.Recovered // what opening the journal found
	sealer    *sealer
	beside    sync.WaitGroup // the trail's long work

	running atomic.Bool // whether requests are taken
	closed  sync.Once
	drops   seldom // complaints about dropped events
}

func newExporter(cfg *Config, set exporter.Settings) (*auditExporter, error) {
	metrics, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, fmt.Errorf("couldn't make the metrics: %w", err)
	}
	return &auditExporter{
		config: cfg, version: set.BuildInfo.Version, log: set.Logger, metrics: metrics, status: &status{},
		openStore: objstore.Open, now: time.Now,
	}, nil
}

// start opens bucket and journal and begins to upload what an earlier process left. A bucket that can't be reached is
// no reason to refuse: the journal has room.
func (e *auditExporter) start(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
		}
	}()
	if e.store, err = e.openStore(ctx, e.config.Bucket); err != nil {
		return fmt.Errorf(`couldn't open "bucket": %w`, err)
	}
	checked, err := e.checkBucket(ctx)
	if err != nil {
		return err
	}
	writer, err := e.openJournal()
	if err != nil {
		return err
	}
	compression, err := layout.ParseCompression(e.config.Compression)
	if err != nil {
		return err
	}
	spool := filepath.Join(e.config.Journal.Directory, spoolDir)
	if err := seal.ClearSpool(spool); err != nil {
		return err
	}
	objects, err := seal.New(seal.Options{Spool: spool, Compression: compression, LockMode: e.config.requirements().LockMode})
	if err != nil {
		return err
	}
	s := newSealer(e, writer, objects, checked)
	if s.trail, err = e.openTrail(writer, patient{e.store, s}); err != nil {
		return err
	}
	if s.hook == nil {
		s.hook = trailHook{s.trail, e.config.requirements().LockMode}
	}
	e.sealer = s
	if err := e.observe(); err != nil {
		return fmt.Errorf("couldn't register the metrics: %w", err)
	}
	e.sealer.start()
	e.running.Store(true)
	return nil
}

// checkBucket refuses a bucket that can't do what the configuration asks for, if the bucket can be asked.
func (e *auditExporter) checkBucket(ctx context.Context) (checked bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	found, err := e.store.Check(ctx, e.config.requirements())
	switch {
	case err == nil:
		e.log.Info("Audit bucket is ready", zap.String("bucket", found))
		return true, nil
	case errors.Is(err, objstore.ErrUnsupported):
		return false, fmt.Errorf(`"bucket" can't do what "object_lock.mode": %q asks for: %w`, e.config.ObjectLock.Mode, err)
	default:
		e.status.set(err)
		e.log.Warn("Audit bucket can't be used yet; events wait in the journal", zap.Error(err))
		return false, nil
	}
}

// openJournal opens the journal and returns its writer.
func (e *auditExporter) openJournal() (writer string, err error) {
	writer, err = journal.WriterID(e.fs, e.config.Journal.Directory, e.config.Writer)
	if err != nil {
		return "", fmt.Errorf(`couldn't settle "writer": %w`, err)
	}
	j, found, err := journal.Open(journal.Options{
		Dir:      e.config.Journal.Directory,
		MaxBytes: e.config.Journal.MaxSizeMiB * mib,
		Window:   e.config.Journal.DuplicateWindow,
		NoSync:   e.config.Acknowledge == ackBucket,
		FS:       e.fs,
		Identify: identify,
		Stamp: func(dst []byte, seq uint64, conflict bool) []byte {
			return event.AppendStamp(dst, writer, seq, e.now(), conflict)
		},
	})
	if err != nil {
		return "", fmt.Errorf(`couldn't open "journal.directory": %w`, err)
	}
	e.journal, e.recovered = j, recoveredFrom(found)
	e.logRecovery(writer, found)
	return writer, nil
}

func (e *auditExporter) logRecovery(writer string, found journal.Recovery) {
	log := e.log.Info
	if found.DamagedLines > 0 || found.MissingLines > 0 || found.MissingSeals > 0 {
		log = e.log.Error
	}
	log("Audit journal is open", zap.String("writer", writer), zap.Int("segments", found.Segments), zap.Int("events", found.Lines),
		zap.Int64("bytes", found.Bytes), zap.Int64("torn_bytes", found.TornBytes), zap.Int("damaged_events", found.DamagedLines),
		zap.Strings("damaged_files", found.DamagedFiles), zap.Uint64("missing_events", found.MissingLines), zap.Uint64("missing_segments", found.MissingSeals),
		zap.Int("remembered_events", found.Remembered))
	if found.RecentErr != nil || found.RecentLost > 0 {
		e.log.Warn("Some of the memory of events that were uploaded can't be read; if a sender sends them again, they are stored again",
			zap.Int64("bytes", found.RecentLost), zap.Error(found.RecentErr))
	}
}

// shutdown takes no more requests, uploads what it can until ctx ends, and leaves the rest to the next start. Calling
// it again does nothing.
func (e *auditExporter) shutdown(ctx context.Context) (err error) {
	e.closed.Do(func() { err = e.drain(ctx) })
	return err
}

func (e *auditExporter) drain(ctx context.Context) error {
	e.running.Store(false)
	if e.sealer != nil {
		if _, bounded := ctx.Deadline(); !bounded {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, drainTimeout)
			defer cancel()
		}
		e.sealer.shutdown(ctx)
		e.beside.Wait()
		e.logLeft()
	}
	return e.close()
}

func (e *auditExporter) logLeft() {
	if left := e.journal.Stats(); left.Segments > 0 {
		e.log.Warn("Audit events stay in the journal; the next start uploads them",
			zap.Int("segments", left.Segments), zap.Int64("bytes", left.Bytes))
	}
}

// close lets go of everything that start took hold of. It can be called again.
func (e *auditExporter) close() error {
	e.metrics.Shutdown()
	var errs []error
	if e.journal != nil {
		errs = append(errs, e.journal.Close())
	}
	if e.store != nil {
		errs = append(errs, e.store.Close())
		e.store = nil
	}
	return errors.Join(errs...)
}
