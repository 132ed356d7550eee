// Package load makes the telemetry of busy agents, for tests and benchmarks of the whole pipeline.
//
// The unit is a run: one agent works on one task, in one trace of ten spans of the OTel GenAI convention:
//
//	invoke_agent                  what was asked and answered
//	├─ chat ─ execute_tool        four times: the model asks for a tool, the tool answers
//	└─ chat                       the last answer
//
// Messages, arguments and results are JSON, as real agents emit them. About one tool call in sixteen carries an
// Authorization header, and every customer has an e-mail address.
//
// Everything follows from the options and the number of a batch: the same batch made twice, by whichever process, is
// the same telemetry with the same ids, and no two batches share an id. So whoever must send a batch again needs not keep it.
package load

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// SpansPerRun is how many spans, all of one trace, a run has.
const SpansPerRun = 10

// DefaultSpanBytes is the size of an agent's span with a moderate conversation.
const DefaultSpanBytes = 1900

// Options say what to make. The zero value is good.
type Options struct {
	// Seed tells apart worlds that must share no id.
	Seed uint64
	// SpanBytes is the size of the average span in protobuf; 1900 if zero. 800 is the least that is met.
	SpanBytes int
	// Start is when the first batch's runs began; 2026-01-02T10:00:00Z if zero. Each batch is a second later.
	Start time.Time
}

// Generator makes batches. It is safe for concurrent use.
type Generator struct {
	seed  uint64
	start time.Time
	text  int // bytes of free text in a span
}

// New returns a generator.
func New(o Options) *Generator {
	if o.SpanBytes == 0 {
		o.SpanBytes = DefaultSpanBytes
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)
	}
	return &Generator{seed: o.Seed, start: o.Start, text: max(16, o.SpanBytes-fixedBytes)}
}

// Traces returns the batch of that number, with n spans. The last run is cut short when n is no multiple of SpansPerRun.
func (g *Generator) Traces(batch uint64, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	service := rs.Resource().Attributes()
	service.PutStr("service.name", "support-desk")
	service.PutStr("service.version", "2.7.1")
	service.PutStr("service.instance.id", "support-desk-7d9f6c5b8-x2x7k")
	service.PutStr("deployment.environment.name", "production")
	service.PutStr("telemetry.sdk.language", "python")
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName("support_desk.agents")
	ss.Scope().SetVersion("2.7.1")
	ss.Spans().EnsureCapacity(n)
	for i := 0; i < n; i += SpansPerRun {
		r := g.newRun(batch, uint64(i/SpansPerRun))
		for j := range min(SpansPerRun, n-i) {
			r.fill(ss.Spans().AppendEmpty(), j)
		}
	}
	return td
}

// run is one run under way. Its spans draw from one stream of random numbers, in order.
type run struct {
	*Generator
	random *rand.Rand
	trace  pcommon.TraceID
	start  time.Time
	agent  agent
	task   string // names the session and the calls
	buf    []byte
}

func (g *Generator) newRun(batch, number uint64) *run {
	r := &run{Generator: g, random: rand.New(rand.NewPCG(g.seed^0x9e3779b97f4a7c15, batch<<20|number))} //nolint:gosec // not for secrets
	// Seed, batch and number make the id unique; a random one would only be so with luck.
	binary.BigEndian.PutUint32(r.trace[0:], uint32(g.seed)|1<<31) //nolint:gosec // tests use small seeds
	binary.BigEndian.PutUint64(r.trace[4:], batch)
	binary.BigEndian.PutUint32(r.trace[12:], uint32(number)) //nolint:gosec // bounded by the batch
	r.start = g.start.Add(time.Duration(batch)*time.Second + time.Duration(number)*7*time.Millisecond)
	r.agent = agents[r.random.IntN(len(agents))]
	r.task = r.trace.String()[8:]
	return r
}

// step is how long each span of a run takes.
const step = 100 * time.Millisecond

// fill makes the j-th span: the agent's own, then chat and tool in turn, ending in a chat.
func (r *run) fill(span ptrace.Span, j int) {
	span.SetTraceID(r.trace)
	span.SetSpanID(spanID(j))
	start, end := r.start.Add(time.Duration(j)*step), r.start.Add(time.Duration(j+1)*step)
	span.SetKind(ptrace.SpanKindInternal)
	switch {
	case j == 0:
		end = r.start.Add((SpansPerRun + 1) * step)
		r.invokeAgent(span)
	case j%2 == 1:
		span.SetParentSpanID(spanID(0))
		span.SetKind(ptrace.SpanKindClient)
		r.chat(span, j)
	default:
		span.SetParentSpanID(spanID(0))
		r.executeTool(span, j)
	}
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
}

func spanID(j int) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(j)+1) //nolint:gosec // at most SpansPerRun
	return id
}
