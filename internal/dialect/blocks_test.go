package dialect

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestBlocks has one call, its result and a thought in the spelling of each API.
func TestBlocks(t *testing.T) {
	t.Parallel()
	const (
		call    = `{"type":"tool_call","id":"c","name":"rm","arguments":{"f":1}}`
		result  = `{"type":"tool_call_response","id":"c","response":"gone"}`
		named   = `{"type":"tool_call_response","id":"c","name":"rm","response":"gone"}`
		thought = `{"type":"reasoning","content":"hm"}`
		text    = `{"type":"text","content":"hi"}`
	)
	for block, want := range map[string]string{
		`{"text":"hi"}`:                                                                                              text,
		`{"type":"text","text":"hi"}`:                                                                                text,
		`{"type":"output_text","text":"hi"}`:                                                                         text,
		`{"type":"text","content":"hi"}`:                                                                             text,
		`{"text":"hm","thought":true}`:                                                                               thought,
		`{"type":"reasoning","text":"hm"}`:                                                                           thought,
		`{"type":"thinking","thinking":"hm"}`:                                                                        thought,
		`{"reasoning":{"text":"hm"}}`:                                                                                thought,
		`{"reasoningContent":{"reasoningText":{"text":"hm"}}}`:                                                       thought,
		`{"functionCall":{"id":"c","name":"rm","args":{"f":1}}}`:                                                     call,
		`{"function_call":{"id":"c","name":"rm","args":{"f":1}}}`:                                                    call,
		`{"toolUse":{"toolUseId":"c","name":"rm","input":{"f":1}}}`:                                                  call,
		`{"type":"toolUse","toolUseId":"c","name":"rm","input":{"f":1}}`:                                             call,
		`{"type":"tool_use","id":"c","name":"rm","input":{"f":1}}`:                                                   call,
		`{"type":"tool-call","toolCallId":"c","toolName":"rm","input":{"f":1}}`:                                      call,
		`{"type":"tool-call","toolCallId":"c","toolName":"rm","args":{"f":1}}`:                                       call,
		`{"toolCallType":"function","type":"tool-call","toolCallId":"c","toolName":"rm","args":"{\"f\":1}"}`:         call,
		`{"toolResult":{"toolUseId":"c","status":"success","content":"gone"}}`:                                       result,
		`{"type":"tool_result","tool_use_id":"c","content":"gone"}`:                                                  result,
		`{"functionResponse":{"id":"c","name":"rm","response":"gone"}}`:                                              named,
		`{"type":"tool-result","toolCallId":"c","toolName":"rm","output":{"type":"text","value":"gone"}}`:            named,
		`{"type":"tool-result","toolCallId":"c","toolName":"rm","output":{"type":"execution-denied","reason":"no"}}`: `{"type":"tool_call_response","id":"c","name":"rm","response":{"denied":true,"reason":"no"}}`,
		`{"type":"tool-approval-response","approvalId":"a","approved":false,"reason":"no"}`:                          `{"type":"tool_approval_response","approval_id":"a","approved":false,"reason":"no"}`,
		`{"type":"image","data":"…"}`:                                                                                `{"type":"image","data":"…"}`,
	} {
		got := otelPart(block)
		assert.Equal(t, want, got, block)
		assert.True(t, json.Valid([]byte(got)), got)
	}
}

func TestOTelMessages(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `[{"role":"assistant","parts":[{"type":"text","content":"hi"}]}]`, otelMessages(`[{"role":"model","parts":[{"text":"hi"}]}]`))
	assert.Equal(t, `[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`, otelMessages(`[{"role":"user","content":"hi"}]`))
	for _, other := range []string{``, `hi`, `[]`, `["a"]`, `{"a":1}`, `[1,{"role":"user"}]`} {
		assert.Equal(t, other, otelMessages(other), "no messages: as they are")
	}
}
