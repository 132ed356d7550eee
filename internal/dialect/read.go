package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// maxSpanEvents bounds how many events of one span are read; the OTel SDKs keep 128.
const maxSpanEvents = 1024

// Reset makes f ready to read another source, keeping its memory.
func (f *Facts) Reset() {
	*f = Facts{Rest: f.Rest[:0], More: f.More[:0], leaves: f.leaves[:0], cut: f.cut[:0]}
}

// ReadSpan reads a span that speaks the dialects of set.
func (f *Facts) ReadSpan(span ptrace.Span, scope string, resource pcommon.Map, set Set) {
	f.Reset()
	f.Source = spanSource(span, scope, resource)
	f.Dialects = set
	f.readAttributes(span.Attributes())
	for i := range min(span.Events().Len(), maxSpanEvents) {
		f.readSpanEvent(span.Events().At(i))
	}
	f.finish()
}

// ReadLog reads a log record that speaks the dialects of set.
func (f *Facts) ReadLog(record plog.LogRecord, scope string, resource pcommon.Map, set Set) {
	f.Reset()
	f.Source = logSource(record, scope, resource)
	f.Dialects = set
	f.readAttributes(record.Attributes())
	if e, ok := f.event(f.Name); ok {
		f.Op = e.Op
		if e.Read != nil {
			e.Read(f, record.Attributes(), record.Body())
		}
	}
	f.finish()
}

// event returns what an event of some name means to the first dialect that knows it.
func (f *Facts) event(name string) (Event, bool) {
	for i, d := range Dialects {
		if f.Dialects.has(i) {
			if e, ok := d.Events[name]; ok {
				return e, true
			}
		}
	}
	return Event{}, false
}

func (f *Facts) readSpanEvent(se ptrace.SpanEvent) {
	if se.Name() == "exception" {
		f.readException(se.Attributes())
		return
	}
	e, ok := f.event(se.Name())
	if !ok {
		return
	}
	target := f
	if e.Own {
		target = &Facts{Source: f.eventSource(se), Dialects: f.Dialects, Op: e.Op}
		f.More = append(f.More, target)
	}
	rest := len(target.Rest)
	target.readAttributes(se.Attributes())
	if e.Read != nil {
		e.Read(target, se.Attributes(), pcommon.NewValueEmpty())
		if e.Op == Messages {
			target.Rest = target.Rest[:rest] // the message has it all
		}
	}
	if target != f {
		target.finish()
	}
}

// readException takes the last exception, which is the one that ended the span. It
// says more than error.type, so it goes first for the message and the stack, but not
// for the type, which is the classified one.
func (f *Facts) readException(attributes pcommon.Map) {
	for field, key := range map[Field]string{ErrorMessage: "exception.message", ErrorStack: "exception.stacktrace"} {
		if v, ok := attributes.Get(key); ok && v.AsString() != "" {
			f.slots[field] = slot{v, 1, ""}
		}
	}
	if v, ok := attributes.Get("exception.type"); ok && f.Text(ErrorType) == "" {
		f.Set(ErrorType, v.AsString())
	}
}

// finish decides the operation and lets the dialects have their say.
func (f *Facts) finish() {
	f.readLeaves()
	if f.Op == Unknown {
		f.Op = f.operation()
	}
	for i, d := range Dialects {
		if d.Refine != nil && f.Dialects.has(i) {
			d.Refine(f)
		}
	}
	f.settle()
	f.readStatus()
	f.readApprovals()
	f.readServerTools()
	normaliseProvider(f)
	for _, k := range resourceKeys {
		f.Take(k.Field, f.Resource, k.Name)
	}
}

// resourceKeys hold identity that command-line agents put on the resource (gotcha 16).
var resourceKeys = []Key{
	{"user.id", UserID},
	{"enduser.id", UserID},
	{"user.email", UserID},
	{"session.id", SessionID},
	{"tenant.id", TenantID},
	{"organization.id", TenantID},
	{"gen_ai.agent.name", AgentName},
	{"gen_ai.agent.id", AgentID},
}

// operation finds out what was done: by its name, by the span's name, by what it has.
func (f *Facts) operation() Op {
	for _, field := range [...]Field{Kind, Operation, Method} {
		if op, ok := f.lookup(strings.ToLower(f.Text(field))); ok {
			return op
		}
	}
	if f.Signal == SignalSpan {
		if op, ok := f.byName(); ok {
			return op
		}
	}
	switch {
	case f.Has(ToolName) || f.Has(ToolCallID):
		return ToolRun
	case f.Has(Operation) || f.Has(Method):
		return Unknown
	case f.Has(Model) || f.Has(OutputMessages):
		return ModelCall
	}
	if f.Dialects&loose != 0 {
		return Unknown
	}
	// Only marks of identity: a span in an agent's context, such as an HTTP call.
	return Glue
}

func (f *Facts) lookup(operation string) (Op, bool) {
	if operation == "" {
		return Unknown, false
	}
	for i, d := range Dialects {
		if f.Dialects.has(i) {
			if op, ok := d.Operations[operation]; ok {
				return op, true
			}
		}
	}
	return Unknown, false
}

func (f *Facts) byName() (Op, bool) {
	for i, d := range Dialects {
		if !f.Dialects.has(i) {
			continue
		}
		for _, n := range d.Names {
			rest, ok := strings.CutPrefix(f.Name, n.Prefix)
			if !ok || rest != "" && rest[0] != ' ' {
				continue
			}
			if n.Rest != Ignored {
				f.Set(n.Rest, strings.TrimSpace(rest))
			}
			return n.Op, true
		}
		for _, n := range d.Suffixes {
			rest, ok := strings.CutSuffix(f.Name, n.Prefix)
			if !ok || rest == "" {
				continue
			}
			if n.Rest != Ignored {
				f.Set(n.Rest, rest)
			}
			return n.Op, true
		}
	}
	return Unknown, false
}

// providers maps old and wild spellings to OTel's (conventions 4.2).
var providers = map[string]string{
	"az.ai.openai": "azure.ai.openai", "az.ai.inference": "azure.ai.inference", "azure_openai": "azure.ai.openai",
	"vertex_ai": "gcp.vertex_ai", "vertexai": "gcp.vertex_ai", "gemini": "gcp.gemini", "google": "gcp.gen_ai",
	"xai": "x_ai", "aws bedrock": "aws.bedrock", "bedrock": "aws.bedrock", "mistralai": "mistral_ai", "mistral": "mistral_ai",
	"azure": "azure.ai.openai", "aws": "aws.bedrock", "amazon": "aws.bedrock", "openai.responses": "openai", "openai.chat": "openai", "moonshot": "moonshot_ai",
}

func normaliseProvider(f *Facts) {
	p := f.Text(Provider)
	if p == "" {
		return
	}
	known, ok := providers[strings.ToLower(p)]
	if !ok {
		known = strings.ToLower(p)
	}
	if known != p {
		f.Replace(Provider, known)
	}
}
