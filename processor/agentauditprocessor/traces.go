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
	"github.com/agentaudit/agentaudit/internal/redact"
)

// spanSource is an agent's span, or one that the user's rules look at, with its place.
type spanSource struct {
	node     *derive.Node
	span     ptrace.Span
	scope    ptrace.ScopeSpans
	resource ptrace.ResourceSpans

	met      redact.Met // set as it is redacted
	redacted bool
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
				s := spanSource{node: b.tree.Add(span.TraceID(), span.SpanID(), span.ParentSpanID(), facts), span: span, scope: ss, resource: rs}
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
		rs.ScopeSpans().RemoveIf(func(ss ptrace.ScopeSpans) bool {
			ss.Spans().RemoveIf(func(span ptrace.Span) bool { return !b.strip(rs, ss, span) })
			pcommon.NewInstrumentationScope().CopyTo(ss.Scope()) // its name is among the facts
			ss.SetSchemaUrl("")
			return ss.Spans().Len() == 0
		})
		rs.Resource().Attributes().Clear() // last: a redaction rule's condition may look at it
		rs.SetSchemaUrl("")
		return rs.ScopeSpans().Len() == 0
	})
}

// strip leaves of a span its identity, times and audit events, and says whether it has any of those.
func (b *batch) strip(rs ptrace.ResourceSpans, ss ptrace.ScopeSpans, span ptrace.Span) bool {
	if span.Events().Len() == 0 {
		return false
	}
	span.Events().RemoveIf(func(se ptrace.SpanEvent) bool { return !isAudit(se) })
	if span.Events().Len() == 0 {
		return false
	}
	b.log.ResetFor(b.spanConditions(rs, ss, span))
	b.redactText(span.Name(), span.SetName)
	span.Status().SetMessage("")
	span.TraceState().FromRaw("")
	span.Attributes().Clear()
	span.Links().RemoveIf(func(ptrace.SpanLink) bool { return true })
	return true
}

// spanConditions says which of the redaction rules' conditions hold for a span.
func (b *batch) spanConditions(rs ptrace.ResourceSpans, ss ptrace.ScopeSpans, span ptrace.Span) redact.Met {
	if !b.rules.Spans.Conditional() {
		return 0
	}
	source := ottlspan.NewTransformContext(rs, ss, span)
	defer source.Close()
	return conditions(b, b.rules.Spans, source)
}
