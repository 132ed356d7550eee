package agentaudits3exporter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/seal"
)

// upload brings one segment into the bucket and out of the journal, however long that takes. It fails only when ctx
// ends and when the writer must stop.
//
// A crash before Remove leaves the segment: the next start does the same again, finds its objects and tells the
// hook once more.
func (s *sealer) upload(ctx context.Context, segment journal.Segment) error {
	var objects []seal.Object
	err := s.retry(ctx, func() (err error) {
		objects, err = s.commit(ctx, segment)
		return err
	})
	if err == nil {
		// Apart, since a removal that fails halfway leaves nothing to commit again.
		err = s.retry(ctx, func() error { return s.journal.Remove(segment.Seal) })
	}
	if errors.Is(err, objstore.ErrConflict) {
		s.alarm(err, zap.Uint64("segment", segment.Seal), zap.String("journal_file", segment.Path))
		return err
	}
	if err != nil {
		return err
	}
	if n := s.journal.Stats().Forgotten; n > 0 && s.forgets.now() {
		s.log.Warn("The disk has no room to remember which events were uploaded; if this process dies and a sender sends them again, they are stored again", zap.Int("events", n))
	}
	s.record(ctx, segment, objects)
	s.advance(segment.Seal)
	s.recovered()
	return nil
}

func (s *sealer) recovered() {
	if s.status.set(nil) {
		s.log.Info("Audit bucket can be used again")
	}
}

// commit brings it into the bucket, once.
func (s *sealer) commit(ctx context.Context, segment journal.Segment) ([]seal.Object, error) {
	lines, err := segment.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = lines.Close() }() // read only
	sealed := seal.Segment{
		Writer: s.writer, Seal: segment.Seal, Lines: lines, Size: segment.Size, Replayed: segment.Seal <= s.replay,
	}
	objects, err := s.objects.Seal(ctx, sealed, patient{s.store, s})
	if err != nil {
		return nil, err
	}
	if err := s.hook.Committed(ctx, sealed, objects); err != nil {
		return nil, fmt.Errorf("couldn't finish segment %d: %w", segment.Seal, err)
	}
	return objects, nil
}

// ready waits until the bucket passes the check that it could not be asked for at the start.
func (s *sealer) ready(ctx context.Context) error {
	if s.checked {
		return nil
	}
	err := s.retry(ctx, func() error {
		ctx, cancel := context.WithTimeout(ctx, s.config.Upload.Timeout)
		defer cancel()
		_, err := s.store.Check(ctx, s.config.requirements())
		if errors.Is(err, objstore.ErrDenied) {
			return nil // a policy may allow to put and not to look; the first put will tell
		}
		return err
	})
	if err == nil {
		s.recovered()
	}
	return err
}

// retry calls do until it succeeds, ctx ends, or an object conflicts. Nothing else is final: what can't work today,
// a permission, a full disk, even a bucket without locks, may be mended tomorrow.
func (s *sealer) retry(ctx context.Context, do func() error) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval, pause.Multiplier = s.config.Upload.RetryInitial, s.config.Upload.RetryMax, 2
	pause.RandomizationFactor = s.jitter
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := do()
		if errors.Is(err, objstore.ErrConflict) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(0), backoff.WithNotify(s.complain))
	return err
}

// complain reports a failed attempt.
func (s *sealer) complain(err error, next time.Duration) {
	changed := s.status.set(err)
	if s.failures.now() || changed {
		s.log.Warn("Couldn't upload audit objects; events wait in the journal", zap.Error(err),
			zap.String("reason", objstore.Reason(err)), zap.Duration("next_attempt", next))
	}
}

// alarm stops this writer: going on would mix two histories under one name.
func (s *sealer) alarm(err error, where ...zap.Field) {
	err = fmt.Errorf("%w: %w", errStopped, err)
	s.log.Error("ALARM: audit object conflicts; this writer takes no more events. Keep the journal and the bucket as they are and find out who wrote the object",
		append(where, zap.String("writer", s.writer), zap.Error(err))...)
	s.status.set(err)
	s.halt(err)
}

// countPut counts an attempt. A conflict counts as such even if the lines turn out to be the same.
func (s *sealer) countPut(ctx context.Context, result objstore.Result, err error) {
	outcome := "created"
	switch {
	case errors.Is(err, objstore.ErrConflict):
		outcome = "conflict"
	case err != nil:
		outcome = "failed"
	case result.Existed:
		outcome = "existed"
	}
	attributes := []attribute.KeyValue{attribute.String("result", outcome)}
	if outcome == "failed" {
		attributes = append(attributes, attribute.String("reason", objstore.Reason(err)))
	}
	s.metrics.AgentAuditS3Puts.Add(ctx, 1, metric.WithAttributes(attributes...))
}

// record counts a segment that is in the bucket.
func (s *sealer) record(ctx context.Context, segment journal.Segment, objects []seal.Object) {
	s.metrics.AgentAuditS3Seals.Add(ctx, 1)
	s.metrics.AgentAuditS3UploadLag.Record(ctx, max(0, time.Since(segment.Opened).Seconds()))
	var events, damaged int
	for _, o := range objects {
		tier := metric.WithAttributes(attribute.String("tier", o.Tier))
		s.metrics.AgentAuditS3ObjectEvents.Add(ctx, int64(o.Lines), tier)
		s.metrics.AgentAuditS3ObjectSize.Add(ctx, o.Stored, tier)
		events, damaged = events+o.Lines, damaged+o.Damaged
	}
	if damaged > 0 {
		s.log.Error("A sealed audit segment has damaged lines; they are stored as they are, as critical",
			zap.Uint64("segment", segment.Seal), zap.Int("lines", damaged))
	}
	s.log.Debug("Audit segment is in the bucket", zap.Uint64("segment", segment.Seal), zap.Int("objects", len(objects)), zap.Int("events", events))
}
