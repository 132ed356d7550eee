package agentauditprocessor

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.uber.org/zap"

	"github.com/agentaudit/agentaudit/internal/derive"
	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/redact"
)

// batch is the working memory of one request, used again for later ones.
type batch struct {
	*pipeline
	ctx    context.Context //nolint:containedctx // of this request, set by begin
	at     time.Time
	facts  []*dialect.Facts
	used   int
	tree   derive.Tree
	events []event.Event
	log    redact.Log
	met    redact.Met // conditions that hold for the event at hand
	cut    []string   // JSON pointers of the event at hand that were cut short
	buf    []byte
	counts counts
	clean  *cleanTexts
}

func (p *pipeline) begin(ctx context.Context) *batch {
	b := p.batches.Get().(*batch)
	b.ctx, b.at, b.used = ctx, p.now(), 0
	b.tree.Reset()
	return b
}

// end reports what was counted and gives the memory back. The facts are cleared, lest they keep the
// request's telemetry from being freed.
func (b *batch) end() {
	b.report(b.ctx, &b.counts, time.Since(b.at))
	for _, f := range b.facts[:b.used] {
		f.Reset()
	}
	clear(b.events)
	b.tree.Reset()
	b.ctx = nil
	b.batches.Put(b)
}

// readFacts reads one source. A panic costs what the dialect would have made of it, not the collector, and is
// counted; what was read until then is kept.
func (b *batch) readFacts(read func(*dialect.Facts)) *dialect.Facts {
	if b.used == len(b.facts) {
		b.facts = append(b.facts, &dialect.Facts{})
	}
	b.used++
	facts := b.facts[b.used-1]
	func() {
		defer func() {
			if r := recover(); r != nil {
				b.panicked("could not read telemetry", facts.Name, r)
			}
		}()
		read(facts)
	}()
	b.checkTimes(facts)
	return facts
}

// panicked counts and logs a panic. Both the source's name and what the panic says may hold what came from outside.
func (b *batch) panicked(what, source string, why any) {
	b.counts.drop("panic")
	b.logger.Error(what, zap.String("source", b.forLog(source)), zap.String("panic", b.forLog(fmt.Sprint(why))), zap.Stack("stack"))
}

// forLog redacts a text for the collector's own log.
func (b *batch) forLog(text string) string {
	var unnoted redact.Log
	unnoted.ResetFor(everyCondition)
	return b.redactor.Text(&unnoted, "", "", text)
}

// derive makes the events of a node and of the facts inside it, raw. A panic costs the node, not the
// collector, and is counted.
func (b *batch) derive(n *derive.Node) (events []event.Event) {
	defer func() {
		if r := recover(); r != nil {
			b.panicked("could not derive audit events", n.Name, r)
			events = nil
		}
	}()
	b.events = b.events[:0]
	b.addEvents(n)
	for _, inner := range n.Inner {
		b.checkTimes(inner.Facts)
		b.addEvents(inner)
	}
	return b.events
}

func (b *batch) addEvents(n *derive.Node) {
	first := len(b.events)
	b.events = b.deriver.Events(b.events, n)
	for i := first; i < len(b.events); i++ {
		e := &b.events[i]
		b.cut = b.cut[:0]
		if i == first && len(n.Rest) > 0 {
			var cut bool
			if e.Attributes, cut = b.attributes(n.Facts); cut {
				b.cut = append(b.cut, "/attributes")
			}
		}
		for _, c := range cuttable {
			if n.WasCut(c.field) && c.in(e) {
				b.cut = append(b.cut, c.pointer)
			}
		}
		if len(b.cut) > 0 {
			e.Truncated = event.TrustedJSON(pointers(b.cut))
		}
	}
}

// cuttable says where an event shows what its source lost for its size.
var cuttable = []struct {
	field   dialect.Field
	pointer string
	in      func(*event.Event) bool
}{
	{dialect.InputMessages, "/input", func(e *event.Event) bool { return !e.Input.IsZero() }},
	{dialect.OutputMessages, "/output", func(e *event.Event) bool { return !e.Output.IsZero() }},
	{dialect.Found, "/result", func(e *event.Event) bool { return !e.Result.IsZero() && e.Operation != "" }},
	{dialect.ToolDefinitions, "/tool_definitions_hash", func(e *event.Event) bool { return e.ToolDefinitionsHash != "" }},
	{dialect.Judgements, "/feedback", func(e *event.Event) bool { return e.Type == event.UserFeedback }},
}

// oldest is the earliest time taken for true: there were no agents before it, and clocks that
// were never set show 1970.
var oldest = pcommon.NewTimestampFromTime(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))

// checkTimes replaces times that can't be: by the source's other time, else by now. The original is
// kept among the attributes.
func (b *batch) checkTimes(f *dialect.Facts) {
	latest := pcommon.NewTimestampFromTime(b.at.Add(b.config.Limits.Future))
	fine := func(t pcommon.Timestamp) bool { return t >= oldest && t <= latest }
	start, end := f.Start, f.End
	switch {
	case fine(start) && fine(end):
	case fine(start):
		f.End = start
	case fine(end):
		f.Start = end
	default:
		f.Start = pcommon.NewTimestampFromTime(b.at)
		f.End = f.Start
	}
	if f.Observed > latest {
		f.Observed = 0
	}
	if absurd := start != 0 && !fine(start) || end != 0 && !fine(end); absurd {
		b.counts.timestamps++
		f.Rest = append(f.Rest,
			dialect.Attribute{Key: "agent_audit.original_start_unix_nano", Value: pcommon.NewValueStr(fmt.Sprint(uint64(start)))},
			dialect.Attribute{Key: "agent_audit.original_end_unix_nano", Value: pcommon.NewValueStr(fmt.Sprint(uint64(end)))})
	}
}
