package agentauditprocessor

import (
	"context"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/agentaudit/agentaudit/internal/derive"
	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

// spanSource is an agent's span, or one that the user's rules look at, with its place.
type spanSource struct {
	node     *derive.Node
	span     ptrace.Span
	scope    ptrace.ScopeSpans
	resource ptrace.ResourceSpans
}

func (p *pipeline) processTraces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	b := p.begin(ctx)
	defer b.end()
	sources := b.readSpans(td)
	b.tree.Link()
	for i := range sources {
		b.auditSpan(&sources[i])
	}
	b.cleanTraces(td, sources)
	if p.eventsOnly() && td.ResourceSpans().Len() == 0 {
		return td, processorhelper.ErrSkipProcessingData
	}
	return td, nil
}

// readSpans recognises and reads the spans of a request into the tree, and returns those that may
// make events.
func (b *batch) readSpans(td ptrace.Traces) (sources []spanSource) {
	var around []spanSource
	adds := b.rules.Spans.Adds()
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			scope, resource := ss.Scope().Name(), rs.Resource().Attributes()
			marks := dialect.Marks(scope, resource)
			for _, span := range ss.Spans().All() {
				b.removeForged(span)
				set := dialect.RecogniseSpan(span, marks)
				var facts *dialect.Facts
				if !set.Empty() || adds {
					facts = b.readFacts(func(f *dialect.Facts) { f.ReadSpan(span, scope, resource, set) })
				}
				s := spanSource{b.tree.Add(span.TraceID(), span.SpanID(), span.ParentSpanID(), facts), span, ss, rs}
				switch {
				case set.Empty() && dialect.Surrounds(span):
					around = append(around, s)
				case facts != nil:
					sources = append(sources, s)
				}
			}
		}
	}
	return append(sources, b.readSurroundings(around, adds)...)
}

// readSurroundings reads those spans that are no agent's but inside one's, and the others if the user's
// rules look at all.
func (b *batch) readSurroundings(around []spanSource, adds bool) (sources []spanSource) {
	for _, s := range around {
		inside := b.tree.Inside(s.span.TraceID(), s.span.ParentSpanID())
		if inside {
			facts := b.readFacts(func(f *dialect.Facts) {
				f.ReadSurroundings(s.span, s.scope.Scope().Name(), s.resource.Resource().Attributes())
			})
			s.node = b.tree.Add(s.span.TraceID(), s.span.SpanID(), s.span.ParentSpanID(), facts)
		}
		if inside || adds {
			sources = append(sources, s)
		}
	}
	return sources
}

// removeForged takes away span events that look like the processor's own.
func (b *batch) removeForged(span ptrace.Span) {
	if b.config.TrustIncoming || span.Events().Len() == 0 {
		return
	}
	span.Events().RemoveIf(func(se ptrace.SpanEvent) bool {
		if !isAudit(se) {
			return false
		}
		b.counts.drop("forged")
		return true
	})
}

func isAudit(se ptrace.SpanEvent) bool {
	if !event.IsType(se.Name()) {
		return false
	}
	_, ok := se.Attributes().Get(event.AttributePrefix + "event_id")
	return ok
}

// auditSpan makes the audit events of one span and attaches them to it.
func (b *batch) auditSpan(s *spanSource) {
	engine := b.rules.Spans
	source := ottlspan.NewTransformContext(s.resource, s.scope, s.span)
	defer source.Close()
	if drop, err := engine.Drops(b.ctx, source); err != nil {
		b.ruleError(err)
	} else if drop {
		b.counts.drop("rule")
		return
	}
	events := finish(b, engine, source, b.derive(s.node), func() event.Event { return b.deriver.Base(s.node) })
	for i := range events {
		event.ToSpanEvent(&events[i], s.span)
	}
}

// cleanTraces redacts what goes on besides the audit events, or removes it. It comes last: until
// then the facts refer to the telemetry.
func (b *batch) cleanTraces(td ptrace.Traces, sources []spanSource) {
	if !b.eventsOnly() {
		b.redactTraces(td, sources)
		return
	}
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		rs.Resource().Attributes().Clear()
		rs.ScopeSpans().RemoveIf(func(ss ptrace.ScopeSpans) bool {
			ss.Scope().Attributes().Clear()
			ss.Spans().RemoveIf(func(span ptrace.Span) bool { return !b.strip(span) })
			return ss.Spans().Len() == 0
		})
		return rs.ScopeSpans().Len() == 0
	})
}

// strip leaves of a span its identity, times and audit events, and says whether it has any of those.
func (b *batch) strip(span ptrace.Span) bool {
	if span.Events().Len() == 0 {
		return false
	}
	span.Events().RemoveIf(func(se ptrace.SpanEvent) bool { return !isAudit(se) })
	if span.Events().Len() == 0 {
		return false
	}
	b.log.Reset()
	span.SetName(b.redactor.Text(&b.log, "", "name", span.Name()))
	span.Status().SetMessage("")
	span.TraceState().FromRaw("")
	span.Attributes().Clear()
	span.Links().RemoveIf(func(ptrace.SpanLink) bool { return true })
	return true
}

// redactTraces redacts the agents' spans, or all.
func (b *batch) redactTraces(td ptrace.Traces, sources []spanSource) {
	if !b.config.Redaction.AllSpans {
		for i := range sources {
			if !sources[i].node.Dialects.Empty() {
				b.redactSpan(sources[i].span)
			}
		}
		return
	}
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				b.redactSpan(span)
			}
		}
	}
}

// redactSpan redacts a span that goes on to other exporters.
func (b *batch) redactSpan(span ptrace.Span) {
	b.log.Reset()
	text := func(s string) string { return b.redactor.Text(&b.log, "", "", s) }
	span.SetName(text(span.Name()))
	if message := span.Status().Message(); message != "" {
		span.Status().SetMessage(text(message))
	}
	b.redactMap(span.Attributes())
	for _, link := range span.Links().All() {
		b.redactMap(link.Attributes())
	}
	for _, se := range span.Events().All() {
		if !isAudit(se) {
			se.SetName(text(se.Name()))
			b.redactMap(se.Attributes())
		}
	}
}

func (b *batch) redactMap(m pcommon.Map) { b.redactor.Map(&b.log, "", m) }
