package agentauditprocessor

import (
	"slices"
	"unicode/utf8"

	"go.uber.org/zap"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/rules"
)

// finish takes the raw events of one source through the user's rules, redaction, tier and id.
func finish[K any](b *batch, engine *rules.Engine[K], source K, events []event.Event, base func() event.Event) []event.Event {
	if !engine.Empty() {
		var start event.Event
		if len(events) > 0 {
			start = events[0]
		} else {
			start = base()
		}
		var err error
		if events, err = engine.Apply(b.ctx, source, events, start); err != nil {
			b.ruleError(err)
		}
		b.events = events
	}
	met := conditions(b, engine, source)
	for i := range events {
		e := &events[i]
		tier := ""
		if !engine.Empty() {
			var err error
			if tier, err = engine.Tier(b.ctx, source, e.Type); err != nil {
				b.ruleError(err)
			}
		}
		b.redact(e, met)
		b.policy.Tag(e, tier)
		b.identify(events, i)
		b.counts.event(e)
	}
	return events
}

// conditions says which of the redaction rules' conditions hold for a source.
func conditions[K any](b *batch, engine *rules.Engine[K], source K) (met redact.Met) {
	if engine.Conditional() {
		if err := engine.Conditions(b.ctx, source, met.Set); err != nil {
			b.ruleError(err)
		}
	}
	return met
}

func (b *batch) ruleError(err error) {
	b.counts.ruleErrors++
	if b.logger.Core().Enabled(zap.DebugLevel) { // OTTL's errors quote the values
		b.logger.Debug("rule could not be evaluated", zap.String("error", b.forLog(err.Error())))
	}
}

// identify gives the i-th event of a source its id.
func (b *batch) identify(events []event.Event, i int) {
	e, ordinal := &events[i], 0
	for j := range i {
		if events[j].Type == e.Type {
			ordinal++
		}
	}
	if e.Origin.Signal == dialect.SignalSpan && !e.TraceID.IsEmpty() && !e.SpanID.IsEmpty() {
		e.ID = event.SpanEventID(e.TraceID, e.SpanID, e.Type, ordinal)
		return
	}
	e.ID, b.buf = event.ContentID(e, ordinal, b.buf)
}

// redact redacts the whole event, for which the conditions met hold, and notes what was done to it.
func (b *batch) redact(e *event.Event, met redact.Met) {
	b.met = met
	b.log.ResetFor(met)
	b.cut = b.cut[:0]
	for pointer := range jsontext.Elements(e.Truncated.String()) { // cut before
		if p, ok := jsontext.Unquote(pointer); ok {
			b.cut = append(b.cut, p)
		}
	}
	e.Rewrite((*rewriter)(b))
	if noted := b.log.JSON(); noted != "" {
		e.Redactions = event.TrustedJSON(noted)
		b.log.Each(b.counts.redaction)
	}
	e.RedactionVersion = b.redactor.Version()
	if len(b.cut) > 0 {
		b.counts.truncations += int64(len(b.cut))
		e.Truncated = event.TrustedJSON(pointers(b.cut))
	}
}

func pointers(paths []string) string {
	text := []byte{'['}
	for i, p := range paths {
		if i > 0 {
			text = append(text, ',')
		}
		text = jsontext.AppendQuoted(text, p)
	}
	return string(append(text, ']'))
}

// rewriter redacts and cuts the texts of an event.
type rewriter batch

// Text redacts a text.
func (r *rewriter) Text(path, key, text string) string {
	return r.text(path, key, text, (*redact.Redactor).Text)
}

// Structure redacts a text that readers join on.
func (r *rewriter) Structure(path, key, text string) string {
	return r.text(path, key, text, (*redact.Redactor).Structure)
}

func (r *rewriter) text(path, key, text string, how func(*redact.Redactor, *redact.Log, string, string, string) string) string {
	known := r.clean.slot(text)
	if known.has(path, text, r.met) {
		return text
	}
	out := how(r.redactor, &r.log, path, key, text)
	if out == text {
		known.put(path, text, r.met)
	}
	return r.fit(path, out)
}

// JSON redacts a document.
func (r *rewriter) JSON(path, key, text string) string {
	out := r.redactor.JSON(&r.log, path, key, text)
	if len(out) <= r.config.Limits.ValueBytes {
		return out
	}
	return jsontext.Quote(r.fit(path, out))
}

// fit cuts a text that is too long, between two runes, and notes it.
func (r *rewriter) fit(path, text string) string {
	limit := r.config.Limits.ValueBytes
	if len(text) <= limit {
		return text
	}
	r.cut = append(r.cut, path)
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// attributes lists what no field took, raw. The first of two attributes with one key is kept.
func (b *batch) attributes(f *dialect.Facts) (list event.JSON, cut bool) {
	text := []byte{'{'}
	kept := 0
	for i, a := range f.Rest {
		if kept == b.config.Limits.Attributes {
			cut = true
			break
		}
		if slices.ContainsFunc(f.Rest[:i], func(earlier dialect.Attribute) bool { return earlier.Key == a.Key }) {
			continue
		}
		if kept > 0 {
			text = append(text, ',')
		}
		text = append(jsontext.AppendQuoted(text, a.Key), ':')
		text = dialect.AppendJSON(text, a.Value)
		kept++
	}
	if kept == 0 {
		return event.JSON{}, cut
	}
	return event.RawJSON(string(append(text, '}'))), cut
}
