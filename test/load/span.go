package load

import (
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// fixedBytes is what the average span takes besides free text, found by measuring.
const fixedBytes = 770

// agent is one of the agents that work here.
type agent struct{ name, id, model string }

var agents = []agent{
	{"triage", "agt_triage_01", "gpt-4.1-mini"},
	{"refunds", "agt_refunds_01", "claude-sonnet-4-5"},
	{"orders", "agt_orders_02", "gpt-4.1"},
	{"search", "agt_search_01", "gemini-2.5-pro"},
}

var tools = []string{"get_order", "issue_refund", "search_kb", "send_email", "update_ticket"}

// common puts what each span of a run has.
func (r *run) common(a pcommon.Map, operation string) {
	a.PutStr("gen_ai.operation.name", operation)
	a.PutStr("gen_ai.agent.name", r.agent.name)
	a.PutStr("gen_ai.agent.id", r.agent.id)
	a.PutStr("gen_ai.conversation.id", "session-"+r.task)
	a.PutStr("user.id", "user-"+r.task[:4])
}

func (r *run) invokeAgent(span ptrace.Span) {
	span.SetName("invoke_agent " + r.agent.name)
	a := span.Attributes()
	a.EnsureCapacity(12)
	r.common(a, "invoke_agent")
	a.PutStr("gen_ai.provider.name", "openai")
	a.PutStr("gen_ai.request.model", r.agent.model)
	a.PutStr("gen_ai.system_instructions", `[{"type":"text","content":"You work for the support desk."}]`)
	a.PutStr("gen_ai.input.messages", r.messages("user", r.text/2))
	a.PutStr("gen_ai.output.messages", r.messages("assistant", r.text/2))
}

func (r *run) chat(span ptrace.Span, j int) {
	span.SetName("chat " + r.agent.model)
	a := span.Attributes()
	a.EnsureCapacity(20)
	r.common(a, "chat")
	a.PutStr("gen_ai.provider.name", "openai")
	a.PutStr("gen_ai.request.model", r.agent.model)
	a.PutStr("gen_ai.response.model", r.agent.model)
	a.PutStr("gen_ai.response.id", "resp-"+r.task+"-"+strconv.Itoa(j))
	a.PutDouble("gen_ai.request.temperature", 0.2)
	a.PutInt("gen_ai.request.max_tokens", 1024)
	a.PutInt("gen_ai.usage.input_tokens", int64(r.text/4+r.random.IntN(100)))
	a.PutInt("gen_ai.usage.output_tokens", int64(40+r.random.IntN(100)))
	finish := "tool_calls"
	if j == SpansPerRun-1 {
		finish = "stop"
	}
	a.PutEmptySlice("gen_ai.response.finish_reasons").AppendEmpty().SetStr(finish)
	a.PutStr("server.address", "api.example.com")
	a.PutInt("server.port", 443)
	a.PutStr("gen_ai.input.messages", r.messages("user", r.text*3/4))
	a.PutStr("gen_ai.output.messages", r.messages("assistant", r.text/4))
}

func (r *run) executeTool(span ptrace.Span, j int) {
	tool := tools[r.random.IntN(len(tools))]
	span.SetName("execute_tool " + tool)
	a := span.Attributes()
	a.EnsureCapacity(12)
	r.common(a, "execute_tool")
	a.PutStr("gen_ai.tool.name", tool)
	a.PutStr("gen_ai.tool.type", "function")
	a.PutStr("gen_ai.tool.call.id", "call-"+r.task+"-"+strconv.Itoa(j))
	b := append(r.buf[:0], `{"order_id":"ORD-`...)
	b = strconv.AppendInt(b, int64(10_000+r.random.IntN(90_000)), 10)
	b = append(b, `","customer":{"email":"customer`...)
	b = strconv.AppendInt(b, int64(r.random.IntN(1000)), 10)
	b = append(b, `@example.com"}`...)
	if r.random.IntN(16) == 0 {
		b = append(b, `,"headers":{"Authorization":"Bearer load-`...)
		b = append(append(b, r.task...), `"}`...)
	}
	b = append(append(append(b, `,"note":"`...), r.words(r.text/3)...), `"}`...)
	a.PutStr("gen_ai.tool.call.arguments", string(b))
	b = append(append(append(b[:0], `{"status":"ok","items":[{"sku":"A-1","qty":2},{"sku":"B-7","qty":1}],"text":"`...), r.words(r.text*2/3)...), `"}`...)
	a.PutStr("gen_ai.tool.call.result", string(b))
	r.buf = b
}

// messages returns a message array with one message, whose text has that many bytes.
func (r *run) messages(role string, size int) string {
	b := append(append(r.buf[:0], `[{"role":"`...), role...)
	b = append(append(b, `","parts":[{"type":"text","content":"`...), r.words(size)...)
	b = append(b, `"}]`...)
	if role == "assistant" {
		b = append(b, `,"finish_reason":"stop"`...)
	}
	r.buf = append(b, `}]`...)
	return string(r.buf)
}

// words returns some piece of a long text. It holds nothing that JSON escapes.
func (r *run) words(size int) string {
	size = min(size, len(prose)/2)
	at := r.random.IntN(len(prose) - size)
	return prose[at : at+size]
}
