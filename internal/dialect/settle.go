package dialect

import "go.opentelemetry.io/collector/pdata/pcommon"

// ends says which fields Input and Output are for an operation. Of the others they are messages.
var ends = [NumOps]struct{ input, output Field }{
	ToolRun:         {ToolArguments, ToolResult},
	Handoff:         {ToolArguments, ToolResult},
	ApprovalAsked:   {ToolArguments, ToolResult},
	ApprovalDecided: {ToolArguments, ToolResult},
	DataRead:        {Query, Found},
	DataWrite:       {Query, Found},
	Rerank:          {Query, Found},
}

// settle gives Input and Output to the fields that they are for this operation, and messages the form of
// the OTel schemas. What is known better already stays: the input of a model call repeats its messages.
func (f *Facts) settle() {
	e := ends[f.Op]
	if e.input == Ignored {
		e.input, e.output = InputMessages, OutputMessages
	}
	f.move(Input, e.input)
	f.move(Output, e.output)
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
	if !f.Has(to) && !isVoid(kinds[to], s.value) {
		f.slots[to] = s
	}
}

func (f *Facts) convert(field Field, role string, tail bool) {
	if !f.Has(field) {
		return
	}
	s := &f.slots[field]
	before := contentText(s.value)
	if after := toMessages(before, role, tail); after != before || s.value.Type() == pcommon.ValueTypeBytes {
		s.value = pcommon.NewValueStr(after)
	}
}
