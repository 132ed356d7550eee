package agentauditprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/agentaudit/agentaudit/internal/redact"
)

// What goes on to other exporters is redacted in place. Each text of OTLP has its line here, TestForwardedTextsAreClean
// counts them: names, versions and URLs of schemas as well as values, since all of them come from outside.

// everyCondition is for what stands beside no span or record: what can't be evaluated counts as met.
const everyCondition = ^redact.Met(0)

// redactTraces redacts the agents' spans with their resources and scopes, or all. Resources and scopes come after all
// spans, since conditions may look at them; a rule applies to them if it does to one of their spans.
func (b *batch) redactTraces(td ptrace.Traces, sources []spanSource) {
	all := b.config.Redaction.AllSpans
	if all {
		sources = allSpans(td)
	}
	for i := range sources {
		if s := &sources[i]; all || !s.node.Dialects.Empty() {
			s.met = b.spanConditions(s.resource, s.scope, s.span)
			b.redactSpan(s.span, s.met)
			s.redacted = true
		}
	}
	var last spanSource
	for _, s := range sources {
		if !s.redacted {
			continue
		}
		b.log.ResetFor(s.met)
		if s.resource != last.resource || s.met != last.met {
			b.redactResource(s.resource.Resource(), s.resource)
		}
		if s.scope != last.scope || s.met != last.met {
			b.redactScope(s.scope.Scope(), s.scope)
		}
		last = s
	}
	if all {
		b.redactBareTraces(td)
	}
}

func allSpans(td ptrace.Traces) (sources []spanSource) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				sources = append(sources, spanSource{span: span, scope: ss, resource: rs})
			}
		}
	}
	return sources
}

// redactBareTraces redacts resources and scopes that have no span.
func (b *batch) redactBareTraces(td ptrace.Traces) {
	b.log.ResetFor(everyCondition)
	for _, rs := range td.ResourceSpans().All() {
		bare := true
		for _, ss := range rs.ScopeSpans().All() {
			bare = bare && ss.Spans().Len() == 0
			if ss.Spans().Len() == 0 {
				b.redactScope(ss.Scope(), ss)
			}
		}
		if bare {
			b.redactResource(rs.Resource(), rs)
		}
	}
}

func (b *batch) redactSpan(span ptrace.Span, met redact.Met) {
	b.log.ResetFor(met)
	b.redactText(span.Name(), span.SetName)
	b.redactText(span.Status().Message(), span.Status().SetMessage)
	b.redactText(span.TraceState().AsRaw(), span.TraceState().FromRaw)
	b.redactMap(span.Attributes())
	for _, link := range span.Links().All() {
		b.redactText(link.TraceState().AsRaw(), link.TraceState().FromRaw)
		b.redactMap(link.Attributes())
	}
	for _, se := range span.Events().All() {
		if !isAudit(se) {
			b.redactText(se.Name(), se.SetName)
			b.redactMap(se.Attributes())
		}
	}
}

// redactLogs redacts the records that go on to other exporters, with their resources and scopes, as redactTraces does.
func (b *batch) redactLogs(ld plog.Logs, sources []logSource) {
	all := b.config.Redaction.AllSpans
	if all {
		sources = allLogs(ld)
	}
	mets := make([]redact.Met, len(sources))
	for i := range sources {
		mets[i] = b.logConditions(&sources[i])
		b.redactRecord(sources[i].record, mets[i])
	}
	for i := range sources {
		s := &sources[i]
		fresh := i == 0 || mets[i] != mets[i-1]
		b.log.ResetFor(mets[i])
		if fresh || s.resource != sources[i-1].resource {
			b.redactResource(s.resource.Resource(), s.resource)
		}
		if fresh || s.scope != sources[i-1].scope {
			b.redactScope(s.scope.Scope(), s.scope)
		}
	}
	if all {
		b.redactBareLogs(ld)
	}
}

// allLogs are all records but the audit events.
func allLogs(ld plog.Logs) (sources []logSource) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, record := range sl.LogRecords().All() {
				if !isAuditLog(record) {
					sources = append(sources, logSource{nil, record, sl, rl})
				}
			}
		}
	}
	return sources
}

// redactBareLogs redacts resources and scopes that have no record.
func (b *batch) redactBareLogs(ld plog.Logs) {
	b.log.ResetFor(everyCondition)
	for _, rl := range ld.ResourceLogs().All() {
		bare := true
		for _, sl := range rl.ScopeLogs().All() {
			bare = bare && sl.LogRecords().Len() == 0
			if sl.LogRecords().Len() == 0 {
				b.redactScope(sl.Scope(), sl)
			}
		}
		if bare {
			b.redactResource(rl.Resource(), rl)
		}
	}
}

func (b *batch) redactRecord(record plog.LogRecord, met redact.Met) {
	b.log.ResetFor(met)
	b.redactText(record.EventName(), record.SetEventName)
	b.redactText(record.SeverityText(), record.SetSeverityText)
	b.redactMap(record.Attributes())
	b.redactor.Value(&b.log, "", "", record.Body())
}

// schema is what resources and scopes of both signals have beside their attributes.
type schema interface {
	SchemaUrl() string
	SetSchemaUrl(url string)
}

func (b *batch) redactResource(resource pcommon.Resource, s schema) {
	b.redactMap(resource.Attributes())
	b.redactText(s.SchemaUrl(), s.SetSchemaUrl)
}

func (b *batch) redactScope(scope pcommon.InstrumentationScope, s schema) {
	b.redactText(scope.Name(), scope.SetName)
	if version := scope.Version(); version != "" { // 1.2.3.4 is no address
		scope.SetVersion(b.redactor.Structure(&b.log, "", "version", version))
	}
	b.redactMap(scope.Attributes())
	b.redactText(s.SchemaUrl(), s.SetSchemaUrl)
}

func (b *batch) redactText(text string, set func(string)) {
	if out := b.redactor.Text(&b.log, "", "", text); out != text {
		set(out)
	}
}

func (b *batch) redactMap(m pcommon.Map) { b.redactor.Map(&b.log, "", m) }
