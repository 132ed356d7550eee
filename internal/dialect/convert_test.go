package dialect

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMessagesOfEveryAPITakeOneForm(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"OTel's own", `[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`, `[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`},
		{"encoded twice", `"[{\"role\":\"user\",\"content\":\"hi\"}]"`, `[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`},
		{"OpenAI chat", `[{"role":"developer","content":"be brief"},{"role":"user","content":[{"type":"text","text":"hi"}]}]`,
			`[{"role":"system","parts":[{"type":"text","content":"be brief"}]},{"role":"user","parts":[{"type":"text","content":"hi"}]}]`},
		{"OpenAI chat, a call", `[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"pay","arguments":"{\"eur\":5}"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"}]`,
			`[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"pay","arguments":{"eur":5}}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"ok"}]}]`},
		{"OpenAI chat, the response", `{"id":"r","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"hi","reasoning_content":"hm"}}]}`,
			`[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"text","content":"hi"}],"finish_reason":"stop"}]`},
		{"OpenAI responses", `{"output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"function_call","call_id":"c1","name":"pay","arguments":"{}"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hi"}]}]}`,
			`[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"}]},{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"pay","arguments":{}}]},{"role":"assistant","parts":[{"type":"text","content":"hi"}]}]`},
		{"OpenAI responses, a result", `[{"type":"function_call_output","call_id":"c1","output":"ok"}]`,
			`[{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"ok"}]}]`},
		{"Anthropic", `[{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"tool_use","id":"c1","name":"pay","input":{"eur":5}}]}]`,
			`[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"tool_call","id":"c1","name":"pay","arguments":{"eur":5}}]}]`},
		{"LangChain, constructors", `{"messages":[[{"lc":1,"type":"constructor","id":["langchain_core","messages","HumanMessage"],"kwargs":{"content":"hi"}}]]}`,
			`[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`},
		{"LangChain, Python", `{"messages":[{"type":"human","content":"hi"},{"type":"ai","content":"","tool_calls":[{"name":"pay","args":{"eur":5},"id":"c1","type":"tool_call"}]},{"type":"tool","content":"ok","tool_call_id":"c1"}]}`,
			`[{"role":"user","parts":[{"type":"text","content":"hi"}]},{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"pay","arguments":{"eur":5}}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"ok"}]}]`},
		{"a step of Mastra's", `{"text":"hi","toolCalls":[{"toolCallId":"c1","toolName":"pay","args":{"eur":5}}]}`,
			`[{"role":"assistant","parts":[{"type":"text","content":"hi"},{"type":"tool_call","id":"c1","name":"pay","arguments":{"eur":5}}]}]`},
		{"plain text", `hello`, `hello`},
		{"some document", `{"order":17}`, `{"order":17}`},
		{"some list", `["a","b"]`, `["a","b"]`},
		{"torn", `[{"role":"user","content":"hi"},{"role":"assis`, `[{"role":"user","content":"hi"},{"role":"assis`},
		{"nothing", ``, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := toMessages(test.in, "assistant", false)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.want, toMessages(got, "assistant", false), "once converted it stays as it is")
		})
	}
}

// Gotcha 7: the state of a graph is the whole conversation; its output is what follows the user's last turn.
func TestGotcha7OutputOfAStateIsItsTail(t *testing.T) {
	state := `{"messages":[{"type":"human","content":"one"},{"type":"ai","content":"1"},{"type":"human","content":"two"},{"type":"ai","content":"2"}]}`
	assert.Equal(t, `[{"role":"assistant","parts":[{"type":"text","content":"2"}]}]`, toMessages(state, "assistant", true))
}

func FuzzToMessages(f *testing.F) {
	f.Add(`[{"role":"user","content":"hi"}]`)
	f.Add(`{"messages":[[{"lc":1,"id":["x","AIMessage"],"kwargs":{"content":[{"type":"text","text":"a"}]}}]]}`)
	f.Add(`{"output":[{"type":"function_call","call_id":"c","arguments":"{"}]}`)
	f.Add(`[{"message":{"message":{"message":{"message":{"message":{"message":{"message":{}}}}}}}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		got := toMessages(text, "user", true)
		if got != text && !json.Valid([]byte(got)) {
			t.Fatalf("%q becomes %q", text, got)
		}
	})
}
