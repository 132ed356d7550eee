package dialect

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// ends says which fields Input, Output and Subject are for an operation.
var ends = func() (e [NumOps]struct{ input, output, subject Field }) {
	for op := range e {
		e[op].input, e[op].output = InputMessages, OutputMessages
	}
	for _, op := range []Op{ToolRun, ToolStart, ToolEnd, Handoff, ApprovalAsked, ApprovalDecided} {
		e[op].input, e[op].output, e[op].subject = ToolArguments, ToolResult, ToolName
	}
	for _, op := range []Op{DataRead, DataWrite, Rerank} {
		e[op].input, e[op].output, e[op].subject = Query, Found, Resource
	}
	for _, op := range []Op{AgentRun, AgentStart, AgentEnd, AgentCreate, Plan} {
		e[op].subject = AgentName
	}
	e[WorkflowRun].subject = WorkflowName
	e[Guardrail].subject = GuardrailName
	e[Evaluation].subject = FeedbackName
	e[Handoff].subject = HandoffTo
	return e
}()

// settle gives Input, Output and Subject to the fields that they are for this operation, and messages the
// form of the OTel schemas. What is known better already stays: the input of a model call repeats
// its messages.
func (f *Facts) settle() {
	e := ends[f.Op]
	f.move(Input, e.input)
	f.move(Output, e.output)
	f.move(Subject, e.subject)
	if f.Op == Glue {
		return // tells nothing
	}
	f.convert(InputMessages, "user", false)
	f.convert(OutputMessages, "assistant", true)
}

func (f *Facts) move(from, to Field) {
	s := f.slots[from]
	if s.rank == 0 {
		return
	}
	f.slots[from] = slot{}
	if to != Ignored && !f.Has(to) && !isVoid(kinds[to], s.value) {
		f.slots[to] = s
	}
}

func (f *Facts) convert(field Field, role string, tail bool) {
	if !f.Has(field) {
		return
	}
	s := &f.slots[field]
	before := contentText(s.value)
	if isTorn(before) {
		f.Cut(field)
	}
	if after := toMessages(before, role, tail); after != before || s.value.Type() == pcommon.ValueTypeBytes {
		s.value = pcommon.NewValueStr(after)
	}
}

// isTorn says that a text which began as a JSON document has lost its end: SDKs cut long attributes.
func isTorn(text string) bool {
	switch jsontext.KindOf(text) {
	case jsontext.Array, jsontext.Object:
	default:
		return false
	}
	if last := text[len(text)-1]; last == ']' || last == '}' || last == '\n' || last == ' ' {
		return false
	}
	_, err := jsontext.Check(text)
	return err != nil
}

// usage are the fields of a model call that an agent without spans of its model calls has itself.
var usage = []Field{
	Provider, Model, ResponseID, InputTokens, OutputTokens, TotalTokens, ReasoningTokens,
	CacheReadTokens, CacheWriteTokens, CostUSD,
}

// tellUsage makes a model call of the usage that stands on the span of an agent and nowhere else.
func (f *Facts) tellUsage() {
	g := &Facts{Source: f.Source, Dialects: f.Dialects, Op: ModelCall}
	g.Failed, g.StatusMessage, g.HasLinks = false, "", false
	for _, field := range usage {
		g.slots[field] = f.slots[field]
	}
	f.More = append(f.More, g)
}
