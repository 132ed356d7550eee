package dialect

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// told is what the facts inside a model call say, one line each.
type told struct {
	op                           Op
	call, tool, status, by, text string
}

func tell(t *testing.T, attributes map[string]any) (all []told) {
	t.Helper()
	span := ptrace.NewSpan()
	span.SetName("chat m")
	require.NoError(t, span.Attributes().FromRaw(attributes))
	f := &Facts{}
	f.ReadSpan(span, "", pcommon.NewMap(), RecogniseSpan(span, 0))
	for _, g := range f.More {
		text := g.Text(ApprovalReason)
		if g.Op == ToolRun {
			text = g.Content(ToolResult)
		}
		all = append(all, told{g.Op, g.Text(ToolCallID), g.Text(ToolName), g.Text(ApprovalStatus), g.Text(ApprovalActor), text})
	}
	return all
}

const (
	userTurn = `{"role":"user","parts":[{"type":"text","content":"delete it"}]}`
	asking   = `{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"rm","arguments":{"f":"x"}},{"type":"tool-approval-request"}]}`
	silent   = `{"role":"tool","parts":[{"type":"tool-approval-response"}]}`
)

func TestApprovalsInMessages(t *testing.T) {
	t.Parallel()
	result := func(response string) string {
		return `{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":` + response + `}]}`
	}
	for name, c := range map[string]struct {
		operation, input, output string
		want                     []told
	}{
		"a person refused": {
			input: userTurn + "," + asking + "," + silent + "," + result(`{"denied":true,"reason":"no"}`),
			want:  []told{{ApprovalDecided, "c1", "rm", event.ApprovalRejected, event.ActorHuman, "no"}},
		},
		"a person agreed, and the tool ran": {
			input: userTurn + "," + asking + "," + silent + "," + result(`"done"`),
			want:  []told{{ApprovalDecided, "c1", "rm", event.ApprovalApproved, event.ActorHuman, ""}},
		},
		"a policy refused: the answer is in the message of the result": {
			input: userTurn + "," + asking + `,{"role":"tool","parts":[{"type":"tool-approval-response"},{"type":"tool_call_response","id":"c1","response":{"denied":true,"reason":"rule"}}]}`,
			want:  []told{{ApprovalDecided, "c1", "rm", event.ApprovalRejected, event.ActorPolicy, "rule"}},
		},
		"refused, nobody knows by whom": {
			input: userTurn + "," + asking + "," + result(`{"denied":true}`),
			want:  []told{{ApprovalDecided, "c1", "rm", event.ApprovalRejected, event.ActorUnknown, ""}},
		},
		"an earlier turn's refusal is history": {
			input: userTurn + "," + asking + "," + silent + "," + result(`{"denied":true}`) + `,{"role":"assistant","parts":[{"type":"text","content":"ok"}]},` + userTurn,
		},
		"a tool's result without any approval is none": {
			input: userTurn + `,{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"rm"}]},` + result(`"denied"`),
		},
		"the agent's run repeats what its model calls tell": {
			operation: "invoke_agent",
			input:     userTurn + "," + asking + "," + silent + "," + result(`{"denied":true,"reason":"no"}`),
		},
		"Agent Framework asks": {
			output: `{"role":"assistant","parts":[{"type":"function_approval_request","id":"a1","function_call":{"call_id":"c1","name":"rm","arguments":"{}"}}]}`,
			want:   []told{{ApprovalAsked, "c1", "rm", "", "", ""}},
		},
		"Agent Framework's answer": {
			operation: "invoke_agent",
			input:     `{"role":"user","parts":[{"type":"function_approval_response","id":"a1","approved":true,"function_call":{"call_id":"c1","name":"rm"}}]}`,
			want:      []told{{ApprovalDecided, "c1", "rm", event.ApprovalApproved, event.ActorHuman, ""}},
		},
		"a provider asks whether it may call an MCP server": {
			output: `{"role":"assistant","parts":[{"type":"tool_call","id":"m1","name":"mcp_approval_request: rm","arguments":"{}","server":"files"}]}`,
			want:   []told{{ApprovalAsked, "m1", "rm", "", "", ""}},
		},
		"and is told no, without an id": {
			input: userTurn + `,{"role":"assistant","parts":[{"type":"tool_call","id":"m1","name":"mcp_approval_request: rm","arguments":"{}"}]},{"role":"user","parts":[{"type":"tool_call_response","response":false}]}`,
			want:  []told{{ApprovalDecided, "m1", "rm", event.ApprovalRejected, event.ActorUnknown, ""}},
		},
		"Strands: an answer that only the application understands": {
			input: `{"role":"user","parts":[{"type":"interrupt_response","id":"i1","response":{"maybe":1}}]}`,
			want:  []told{{ApprovalDecided, "i1", "", "", event.ActorHuman, `{"maybe":1}`}},
		},
		"a tool that the provider ran itself": {
			output: `{"role":"assistant","parts":[{"type":"tool_call","id":"s1","name":"rm","arguments":"rm({})","server":"files"},{"type":"tool_call_response","id":"s1","response":"gone"}]}`,
			want:   []told{{ToolRun, "s1", "rm", "", "", "gone"}},
		},
		"a list of tools is no run": {
			output: `{"role":"assistant","parts":[{"type":"tool_call_response","id":"l1","response":[]}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attributes := map[string]any{"gen_ai.operation.name": "chat"}
			if c.operation != "" {
				attributes["gen_ai.operation.name"] = c.operation
			}
			if c.input != "" {
				attributes["gen_ai.input.messages"] = "[" + c.input + "]"
			}
			if c.output != "" {
				attributes["gen_ai.output.messages"] = "[" + c.output + "]"
			}
			assert.Equal(t, c.want, tell(t, attributes))
		})
	}
}

func TestRefusalsOfTheirDialectOnly(t *testing.T) {
	t.Parallel()
	input := `[` + userTurn + `,{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"rm"}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":[{"text":"DENIED: by rule"}]}]}]`
	attributes := map[string]any{"gen_ai.operation.name": "chat", "gen_ai.input.messages": input}
	assert.Empty(t, tell(t, attributes), "any tool may say that")
	attributes["gen_ai.event.start_time"] = "2026-11-21T00:00:00Z" // Strands
	assert.Equal(t, []told{{ApprovalDecided, "c1", "rm", event.ApprovalRejected, event.ActorPolicy, "DENIED: by rule"}}, tell(t, attributes))
}

func TestHostileApprovalsAreBounded(t *testing.T) {
	t.Parallel()
	part := `{"type":"function_approval_request","id":"a","function_call":{"call_id":"c","name":"rm"}},`
	span := ptrace.NewSpan()
	span.Attributes().PutStr("gen_ai.operation.name", "chat")
	span.Attributes().PutStr("gen_ai.output.messages", `[{"role":"assistant","parts":[`+strings.Repeat(part, 10*maxInner)+`{}]}]`)
	f := &Facts{}
	f.ReadSpan(span, "", pcommon.NewMap(), RecogniseSpan(span, 0))
	assert.Len(t, f.More, maxInner)
	assert.True(t, f.WasCut(InputMessages))
}

// FuzzMessages feeds hostile messages: whatever they are, reading them ends and makes valid facts.
func FuzzMessages(f *testing.F) {
	f.Add(`[` + userTurn + `,` + asking + `,` + silent + `]`)
	f.Add(`[{"role":"model","parts":[{"functionCall":{"id":"a","name":"b","args":{}}},{"text":"x","thought":true}]}]`)
	f.Add(`[{"role":"assistant","content":[{"type":"tool-call","toolCallId":"a","toolName":"b","input":{}},{"type":"tool-approval-request","approvalId":"z","toolCallId":"a"}]}]`)
	f.Add(`[{"role":"tool","content":[{"toolResult":{"toolUseId":"a","content":[{"text":"DENIED: x"}]}}]}]`)
	f.Add(`[{"role":"assistant","parts":[{"type":"tool_call","id":"m","name":"mcp_approval_request: rm"}]},{"parts":[{"type":"tool_call_response","response":true}]}]`)
	f.Fuzz(func(t *testing.T, messages string) {
		for _, key := range []string{"gen_ai.input.messages", "gen_ai.output.messages", "ai.prompt.messages", "gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response"} {
			span := ptrace.NewSpan()
			span.Attributes().PutStr("gen_ai.operation.name", "chat")
			span.Attributes().PutStr("gen_ai.event.start_time", "x")
			span.Attributes().PutStr(key, messages)
			var facts Facts
			facts.ReadSpan(span, "", pcommon.NewMap(), RecogniseSpan(span, 0))
			if json.Valid([]byte(messages)) && jsontext.KindOf(messages) == jsontext.Array {
				for _, field := range []Field{InputMessages, OutputMessages} {
					got := facts.Content(field)
					require.True(t, got == "" || json.Valid([]byte(got)), "%s became %s", messages, got)
				}
			}
			for _, g := range facts.More {
				for field := range numFields {
					_ = g.Content(field)
				}
			}
		}
	})
}

func TestHintsAreFoundAsContainsFindsThem(t *testing.T) {
	for _, h := range hints {
		for _, text := range []string{"", h.word, h.word[1:], h.word[:len(h.word)-1], "x" + h.word, h.word + "x", h.word[1:] + h.word, h.word[:3] + h.word[:h.rare+1] + h.word, "v_\"" + h.word[:h.rare+1], strings.Repeat(h.word[h.rare:h.rare+1], 40) + h.word} {
			assert.Equal(t, strings.Contains(text, h.word), h.in(text), "%s in %s", h.word, text)
		}
	}
}
