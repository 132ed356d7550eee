package agentaudits3exporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/agentaudit/agentaudit/internal/trail"
)

// observe registers what is asked for when metrics are collected: the state of the journal, of the trail and of the writer. They end
// with the exporter.
func (e *auditExporter) observe() error {
	begun := e.now()
	m := e.metrics
	return errors.Join(
		m.RegisterAgentAuditS3JournalSizeCallback(whole(func() int64 { return e.journal.Stats().Bytes })),
		m.RegisterAgentAuditS3JournalLimitCallback(whole(func() int64 { return e.config.Journal.MaxSizeMiB * mib })),
		m.RegisterAgentAuditS3JournalAgeCallback(e.since(func() time.Time { return e.journal.Stats().Oldest })),
		m.RegisterAgentAuditS3SegmentsWaitingCallback(whole(func() int64 { return int64(len(e.journal.Sealed())) })),
		m.RegisterAgentAuditS3StoppedCallback(whole(e.stoppedAsNumber)),
		m.RegisterAgentAuditS3TrailAgeCallback(e.since(func() time.Time {
			if at := e.trailStats().Committed; !at.IsZero() {
				return at
			}
			return begun
		})),
		m.RegisterAgentAuditS3TrailSizeCallback(whole(func() int64 { return count(e.trailStats().Size) })),
		m.RegisterAgentAuditS3TrailWritersSeenCallback(whole(func() int64 { return int64(e.trailStats().Others) })),
		m.RegisterAgentAuditS3TrailDaysWaitingCallback(whole(func() int64 { return int64(e.trailStats().WaitingDays) })),
		m.RegisterAgentAuditS3DayObjectsCallback(whole(func() int64 { return count(e.trailStats().DayObjects) })),
		m.RegisterAgentAuditS3SegmentsExpiredCallback(whole(func() int64 { return count(e.trailStats().Expired) })),
		m.RegisterAgentAuditS3TrailEntriesCallback(func(_ context.Context, o metric.Int64Observer) error {
			for kind, n := range e.trailStats().Entries {
				o.Observe(count(n), metric.WithAttributes(attribute.String("kind", kind)))
			}
			return nil
		}),
	)
}

func (e *auditExporter) trailStats() trail.Stats { return e.sealer.trail.Stats() }

func (e *auditExporter) stoppedAsNumber() int64 {
	if err := e.sealer.stopped(); err != nil && !errors.Is(err, errNotRunning) {
		return 1
	}
	return 0
}

// since observes the age of something in seconds, 0 if there is nothing.
func (e *auditExporter) since(when func() time.Time) metric.Float64Callback {
	return func(_ context.Context, o metric.Float64Observer) error {
		age := 0.0
		if at := when(); !at.IsZero() {
			age = max(0, e.now().Sub(at).Seconds())
		}
		o.Observe(age)
		return nil
	}
}

func whole(now func() int64) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(now())
		return nil
	}
}

// count is n as metrics have it.
func count(n uint64) int64 { return int64(n) } //nolint:gosec // beyond 2^63 there is nothing to count
