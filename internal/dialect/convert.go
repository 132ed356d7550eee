package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// toMessages turns messages in the form of any API in use into that of the OTel schemas:
// OpenAI's chat and responses, Anthropic's blocks, LangChain's constructors, OpenInference's, the AI
// SDK's. What has that form already, and what is no message at all, comes back as it is. tail keeps only
// what follows the user's last turn, where the text is a state with the whole history.
func toMessages(text, role string, tail bool) string {
	inner := text
	if s, ok := jsontext.Unquote(text); ok { // encoded twice
		inner = s
	}
	if _, err := jsontext.Check(inner); err != nil {
		return text
	}
	c := converter{role: role}
	switch jsontext.KindOf(inner) {
	case jsontext.Array:
		if first, ok := firstElement(inner); ok && hasMember(first, "parts") {
			return inner
		}
		c.array(inner)
	case jsontext.Object:
		c.envelope(inner)
	default:
		return text
	}
	if c.strange || len(c.messages) == 0 {
		return text
	}
	if tail && c.state {
		c.messages = c.messages[c.answered:]
	}
	return "[" + strings.Join(c.messages, ",") + "]"
}

func firstElement(array string) (string, bool) {
	for e := range jsontext.Elements(array) {
		return e, true
	}
	return "", false
}

func hasMember(object, key string) bool {
	_, ok := jsontext.Get(object, key)
	return ok
}

// converter collects converted messages.
type converter struct {
	role     string // of messages that name none
	messages []string
	answered int  // how many stand up to the user's last one
	state    bool // they came from a document that holds a whole conversation
	strange  bool // something was no message
	depth    int
}

// maxConvertDepth bounds envelopes within envelopes.
const maxConvertDepth = 6

func (c *converter) array(text string) {
	if c.depth++; c.depth > maxConvertDepth {
		c.strange = true
		return
	}
	for e := range jsontext.Elements(text) {
		switch jsontext.KindOf(e) {
		case jsontext.Array:
			c.array(e)
		case jsontext.Object:
			c.message(e)
		default:
			c.strange = true
		}
	}
	c.depth--
}

// envelopes are the members under which documents carry messages.
var envelopes = []string{"messages", "generations", "choices", "output", "message", "response"}

// envelope converts a document that is a message or has some inside.
func (c *converter) envelope(text string) {
	if hasMember(text, "role") || hasMember(text, "kwargs") {
		c.message(text)
		return
	}
	for _, name := range envelopes {
		inner, ok := jsontext.Get(text, name)
		if !ok {
			continue
		}
		switch jsontext.KindOf(inner) {
		case jsontext.Array:
			c.state = name == "messages"
			c.array(inner)
			return
		case jsontext.Object:
			if c.depth++; c.depth <= maxConvertDepth {
				c.envelope(inner)
			}
			return
		}
	}
	if hasMember(text, "text") || hasMember(text, "toolCalls") {
		c.message(text)
		return
	}
	c.strange = true
}

// message converts one message.
func (c *converter) message(text string) {
	m := readRaw(text)
	for range maxConvertDepth {
		if m.inner == "" {
			break
		}
		finish := m.finish
		m = readRaw(m.inner)
		if m.finish == "" {
			m.finish = finish
		}
	}
	if m.done {
		c.add(m.role, text)
		return
	}
	if m.role == "" {
		m.role = c.role
	}
	parts := m.convert()
	if m.role == "" || !m.known {
		c.strange = true
		return
	}
	if len(parts) == 0 {
		return
	}
	out := `{"role":` + jsontext.Quote(m.role) + `,"parts":[` + strings.Join(parts, ",") + `]`
	if m.name != "" {
		out += `,"name":` + jsontext.Quote(m.name)
	}
	if m.finish != "" {
		out += `,"finish_reason":` + jsontext.Quote(m.finish)
	}
	c.add(m.role, out+"}")
}

func (c *converter) add(role, message string) {
	c.messages = append(c.messages, message)
	if role == "user" {
		c.answered = len(c.messages)
	}
}

// roles maps the names of the authors of messages to OTel's.
var roles = map[string]string{
	"human": "user", "ai": "assistant", "model": "assistant", "function": "tool", "developer": "system",
	"HumanMessage": "user", "AIMessage": "assistant", "AIMessageChunk": "assistant", "SystemMessage": "system", "ToolMessage": "tool",
	"user": "user", "assistant": "assistant", "system": "system", "tool": "tool",
}

// raw is a message as it came; its texts are JSON, but those of role, name and finish.
type raw struct {
	role, name, kind, finish   string
	content, reasoning, calls  string
	callID, result, arguments  string
	callName, inner, toolError string
	known                      bool // some member of a message was there
	done                       bool // it has the form of OTel
}

func readRaw(text string) (m raw) {
	for key, value := range jsontext.Members(text) {
		m.known = true
		switch key {
		case "role":
			m.role = textOf(value)
			if r, ok := roles[m.role]; ok {
				m.role = r
			}
		case "parts":
			m.done = true
		case "message", "kwargs":
			if jsontext.KindOf(value) == jsontext.Object {
				m.inner = value
			}
		case "type":
			m.kind = textOf(value)
		case "id":
			if jsontext.KindOf(value) == jsontext.Array { // LangChain's class
				for e := range jsontext.Elements(value) {
					m.kind = textOf(e)
				}
			}
		case "content", "contents", "text":
			if m.content == "" || m.content == `""` || key != "text" {
				m.content = value
			}
		case "reasoning_content", "reasoningText", "thinking", "summary":
			m.reasoning = value
		case "additional_kwargs":
			if r, ok := jsontext.Get(value, "reasoning_content"); ok && m.reasoning == "" {
				m.reasoning = r
			}
		case "tool_calls", "toolCalls":
			m.calls = value
		case "tool_call_id", "call_id", "callId", "toolCallId":
			m.callID = textOf(value)
		case "name":
			m.name = textOf(value)
		case "arguments":
			m.arguments = value
		case "output":
			m.result = value
		case "finish_reason", "finishReason", "stop_reason":
			m.finish = textOf(value)
		}
	}
	if r, ok := roles[m.kind]; ok && m.role == "" {
		m.role = r
	}
	if m.inner != "" && m.role != "" { // the class is told outside, the message inside
		m.inner = `{"role":` + jsontext.Quote(m.role) + "," + strings.TrimPrefix(strings.TrimSpace(m.inner), "{")
	}
	return m
}

// convert returns the parts of a message, and completes its role.
func (m *raw) convert() (parts []string) {
	switch m.kind { // items of OpenAI's Responses API
	case "function_call", "custom_tool_call", "mcp_call":
		m.role, m.known = "assistant", true
		part := proposedCall(m.callID, m.name, m.arguments)
		m.name = ""
		return []string{part}
	case "function_call_output", "custom_tool_call_output", "function_call_result":
		m.role, m.known = "tool", true
		m.name = ""
		return []string{answer(m.callID, m.result)}
	case "reasoning":
		m.role = "assistant"
	}
	if r := blockText(m.reasoning); r != "" {
		parts = append(parts, textPart("reasoning", r))
	}
	if m.role == "tool" && m.content != "" {
		return append(parts, answer(m.callID, m.content))
	}
	switch jsontext.KindOf(m.content) {
	case jsontext.String:
		if isText(m.content) {
			parts = append(parts, quotedPart("text", m.content))
		}
	case jsontext.Array:
		for block := range jsontext.Elements(m.content) {
			switch {
			case hasMember(block, "type") || !hasMember(block, "tool_call"):
				parts = append(parts, blockPart(block))
			case m.calls == "": // OpenInference repeats the calls of blocks as tool_calls
				parts = append(parts, rawCall(block))
			}
		}
	case jsontext.Object:
		parts = append(parts, `{"type":"text","content":`+m.content+`}`)
	}
	for call := range jsontext.Elements(m.calls) {
		parts = append(parts, rawCall(call))
	}
	return parts
}

func textOf(value string) string {
	s, _ := jsontext.Unquote(value)
	return s
}
