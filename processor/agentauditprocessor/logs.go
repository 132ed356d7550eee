package agentauditprocessor

import (
	"context"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/agentaudit/agentaudit/internal/derive"
	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/redact"
)

// logSource is an agent's log record, or one that the user's rules look at, with its place.
type logSource struct {
	node     *derive.Node
	record   plog.LogRecord
	scope    plog.ScopeLogs
	resource plog.ResourceLogs
}

func (p *pipeline) processLogs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	b := p.begin(ctx)
	defer b.end()
	sources, parts := b.readLogs(ld)
	b.tree.Link()
	if !p.eventsOnly() {
		b.auditLogs(sources, func(s *logSource) plog.LogRecordSlice { return s.scope.LogRecords() })
		b.redactLogs(ld, append(parts, sources...))
		return ld, nil
	}
	// Audit events go to a request of their own: the records that they are read from must stay as they are
	// until all are made.
	out := plog.NewLogs()
	b.auditLogs(sources, func(*logSource) plog.LogRecordSlice {
		if out.ResourceLogs().Len() == 0 {
			out.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
		}
		return out.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
	})
	if p.config.TrustIncoming {
		b.keepIncoming(ld, out)
	}
	if out.ResourceLogs().Len() == 0 {
		return out, processorhelper.ErrSkipProcessingData
	}
	return out, nil
}

// readLogs recognises and reads the log records of a request. Records that hold the messages of one
// model call are read as one; parts are those that the first has absorbed, and forgeries.
func (b *batch) readLogs(ld plog.Logs) (sources, parts []logSource) {
	adds := b.rules.Logs.Adds()
	type call struct {
		trace pcommon.TraceID
		span  pcommon.SpanID
	}
	calls := map[call]*dialect.Facts{}
	var read []*dialect.Facts
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			scope, resource := sl.Scope().Name(), rl.Resource().Attributes()
			marks := dialect.Marks(scope, resource)
			for _, record := range sl.LogRecords().All() {
				if isAuditLog(record) {
					if b.disarm(record) {
						parts = append(parts, logSource{nil, record, sl, rl}) // whoever forges may leak too
					}
					continue
				}
				set := dialect.RecogniseLog(record, marks)
				if set.Empty() && !adds {
					continue
				}
				facts := b.readFacts(func(f *dialect.Facts) { f.ReadLog(record, scope, resource, set) })
				if facts.Op == dialect.Messages && !record.SpanID().IsEmpty() {
					key := call{record.TraceID(), record.SpanID()}
					if earlier := calls[key]; earlier != nil {
						earlier.Absorb(facts)
						parts = append(parts, logSource{nil, record, sl, rl})
						continue
					}
					calls[key] = facts
				}
				sources = append(sources, logSource{nil, record, sl, rl})
				read = append(read, facts)
			}
		}
	}
	for i, facts := range read { // now that each has absorbed its parts
		sources[i].node = b.tree.AddLog(facts)
	}
	return sources, parts
}

func isAuditLog(record plog.LogRecord) bool {
	if !event.IsType(record.EventName()) {
		return false
	}
	_, ok := record.Attributes().Get(event.AttributePrefix + "event_id")
	return ok
}

// disarm makes a record that looks like the processor's own an ordinary one, unless such are trusted.
func (b *batch) disarm(record plog.LogRecord) bool {
	if b.config.TrustIncoming {
		return false
	}
	b.counts.drop("forged")
	// All of that name: over the wire there may be two.
	record.Attributes().RemoveIf(func(key string, _ pcommon.Value) bool { return key == event.AttributePrefix+"event_id" })
	return true
}

// auditLogs makes the audit events of the sources and appends them where target says.
func (b *batch) auditLogs(sources []logSource, target func(*logSource) plog.LogRecordSlice) {
	for i := range sources {
		s := &sources[i]
		for j, events := 0, b.auditLog(s); j < len(events); j++ {
			event.ToLogRecord(&events[j], target(s).AppendEmpty())
		}
	}
}

func (b *batch) auditLog(s *logSource) []event.Event {
	engine := b.rules.Logs
	source := ottllog.NewTransformContext(s.resource, s.scope, s.record)
	defer source.Close()
	if drop, err := engine.Drops(b.ctx, source); err != nil {
		b.ruleError(err)
	} else if drop {
		b.counts.drop("rule")
		return nil
	}
	return finish(b, engine, source, b.derive(s.node), func() event.Event { return b.deriver.Base(s.node) })
}

// logConditions says which of the redaction rules' conditions hold for a record.
func (b *batch) logConditions(s *logSource) redact.Met {
	if !b.rules.Logs.Conditional() {
		return 0
	}
	source := ottllog.NewTransformContext(s.resource, s.scope, s.record)
	defer source.Close()
	return conditions(b, b.rules.Logs, source)
}

// keepIncoming moves on the audit events that another collector made.
func (b *batch) keepIncoming(ld, out plog.Logs) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, record := range sl.LogRecords().All() {
				if !isAuditLog(record) {
					continue
				}
				if out.ResourceLogs().Len() == 0 {
					out.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
				}
				record.CopyTo(out.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().AppendEmpty())
			}
		}
	}
}
