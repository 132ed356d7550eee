package agentaudits3exporter

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/agentaudit/agentaudit/internal/journal"
)

var (
	errNotRunning = errors.New("the audit exporter is not running: the sender should retry")
	errFull       = errors.New("the audit journal is full because the bucket doesn't take objects fast enough: the sender should retry")
)

func (e *auditExporter) consumeTraces(ctx context.Context, traces ptrace.Traces) error {
	b := newBatch()
	defer b.release()
	b.addTraces(traces)
	return e.consume(ctx, b)
}

func (e *auditExporter) consumeLogs(ctx context.Context, logs plog.Logs) error {
	b := newBatch()
	defer b.release()
	b.addLogs(logs)
	return e.consume(ctx, b)
}

// consume returns nil when every event of the batch that can be stored is as safe as the configuration wants it.
func (e *auditExporter) consume(ctx context.Context, b *batch) error {
	if !e.running.Load() {
		return errNotRunning
	}
	if err := e.sealer.stopped(); err != nil {
		return err
	}
	receipt, err := e.journal.Append(ctx, b.lines)
	switch {
	case errors.Is(err, journal.ErrFull):
		e.sealer.press()
		e.refuse(ctx, len(b.lines), "journal_full")
		return fmt.Errorf("%w: %w", errFull, err)
	case errors.Is(err, journal.ErrTooLarge), errors.Is(err, journal.ErrMalformed):
		e.drop(ctx, len(b.lines), "too_large", err)
		return consumererror.NewPermanent(err)
	case ctx.Err() != nil:
		return err // the sender gave up
	case err != nil:
		e.refuse(ctx, len(b.lines), "disk")
		return err
	}
	e.count(ctx, b, receipt)
	if receipt.Written > 0 && e.journal.Stats().Active.Size >= e.config.Seal.SizeMiB*mib {
		e.sealer.wakeRotate()
	}
	if e.config.Acknowledge == ackBucket {
		return e.sealer.wait(ctx, receipt.Segment)
	}
	return nil
}

// count records what became of a batch. What is refused is counted when it comes again.
func (e *auditExporter) count(ctx context.Context, b *batch, r journal.Receipt) {
	add := func(counter metric.Int64Counter, n int, what string) {
		if n > 0 {
			counter.Add(ctx, int64(n))
			if what != "" {
				e.sealer.trail.Count(what, uint64(n))
			}
		}
	}
	add(e.metrics.AgentAuditS3EventsWritten, r.Written, "")
	add(e.metrics.AgentAuditS3EventsDuplicate, r.Duplicates, "duplicate")
	add(e.metrics.AgentAuditS3EventsConflicting, r.Conflicts, "conflicting")
	add(e.metrics.AgentAuditS3AttributesIgnored, b.ignored, "ignored_attributes")
	if b.malformed > 0 {
		e.drop(ctx, b.malformed, "malformed", b.reason)
	}
}

// refuse accounts for events that the sender is told to send again.
func (e *auditExporter) refuse(ctx context.Context, n int, reason string) {
	e.sealer.trail.Count("refused."+reason, uint64(n))
	e.metrics.AgentAuditS3EventsRefused.Add(ctx, int64(n), metric.WithAttributes(attribute.String("reason", reason)))
}

// drop accounts for events that no retry can save.
func (e *auditExporter) drop(ctx context.Context, n int, reason string, err error) {
	e.sealer.trail.Count("dropped."+reason, uint64(n))
	e.metrics.AgentAuditS3EventsDropped.Add(ctx, int64(n), metric.WithAttributes(attribute.String("reason", reason)))
	if e.drops.now() {
		e.log.Error("Dropped audit events that can't be stored; see the metric agent_audit_s3_events_dropped",
			zap.Int("events", n), zap.String("reason", reason), zap.Error(err))
	}
}
