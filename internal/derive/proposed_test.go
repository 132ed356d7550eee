package derive

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/dialect"
)

// plant puts a source with the given fields into the tree, as a span of one trace.
func plant(t *Tree, op dialect.Op, fields map[dialect.Field]string) *Node {
	f := &dialect.Facts{Op: op}
	f.Signal = dialect.SignalSpan
	f.TraceID = pcommon.TraceID{1}
	for field, value := range fields {
		f.Set(field, value)
	}
	return t.node(f, nil)
}

func TestProposalsCompleteCalls(t *testing.T) {
	const proposed = `[{"role":"assistant","parts":[` +
		`{"type":"tool_call","id":"c1","name":"pay","arguments":{"eur":5}},` +
		`{"type":"tool_call","id":"c2","name":"mail","arguments":{"to":"x"}},` +
		`{"type":"tool_call","id":"c3","name":"ping","arguments":{}},` +
		`{"type":"tool_call","id":"c4","name":"same","arguments":{"a":1}},` +
		`{"type":"tool_call","id":"c5","name":"same","arguments":{"a":1}}]}]`
	var tree Tree
	plant(&tree, dialect.ModelCall, map[dialect.Field]string{dialect.OutputMessages: proposed})
	refused := plant(&tree, dialect.ApprovalDecided, map[dialect.Field]string{dialect.ToolCallID: "c1"})
	other := plant(&tree, dialect.ToolRun, map[dialect.Field]string{dialect.ToolCallID: "c1", dialect.ToolName: "other"})
	none := plant(&tree, dialect.ToolRun, map[dialect.Field]string{dialect.ToolCallID: "c3"})
	run := plant(&tree, dialect.ToolRun, map[dialect.Field]string{dialect.ToolName: "mail", dialect.ToolArguments: `{ "to": "x" }`})
	again := plant(&tree, dialect.ToolRun, map[dialect.Field]string{dialect.ToolName: "mail", dialect.ToolArguments: `{"to":"x"}`})
	ambiguous := plant(&tree, dialect.ToolRun, map[dialect.Field]string{dialect.ToolName: "same", dialect.ToolArguments: `{"a":1}`})
	unknown := plant(&tree, dialect.ToolRun, map[dialect.Field]string{dialect.ToolName: "mail", dialect.ToolArguments: `{"to":"y"}`})
	tree.proposedCalls()

	assert.Equal(t, "pay", refused.Text(dialect.ToolName))
	assert.JSONEq(t, `{"eur":5}`, refused.Content(dialect.ToolArguments))
	assert.False(t, other.Has(dialect.ToolArguments), "an id that is used for another tool says nothing")
	assert.Equal(t, "ping", none.Text(dialect.ToolName))
	assert.False(t, none.Has(dialect.ToolArguments), "no arguments are told as none")
	assert.Equal(t, "c2", run.Text(dialect.ToolCallID))
	assert.False(t, again.Has(dialect.ToolCallID), "the same once more is another call")
	assert.False(t, ambiguous.Has(dialect.ToolCallID), "which of two, nobody knows")
	assert.False(t, unknown.Has(dialect.ToolCallID))
}
