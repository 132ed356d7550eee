package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// Models' APIs write a message as a list of content blocks, each in its own shape. The shapes don't
// contradict each other, so that one reader serves Gemini, Bedrock (and Strands), Anthropic,
// Vercel's AI SDK and OpenAI's Responses, whichever dialect holds them.

// otelMessages returns messages in the form of the OTel schema. What is no array of
// messages with a role is returned as it is.
func otelMessages(messages string) string {
	out := []byte{'['}
	for m := range jsontext.Elements(messages) {
		if jsontext.KindOf(m) != jsontext.Object {
			return messages
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, otelMessage(m, "")...)
	}
	if len(out) == 1 {
		return messages
	}
	return string(append(out, ']'))
}

// otelMessage does so for one message, whose role is the given one where it has none.
func otelMessage(message, role string) string {
	if r := jsontext.GetString(message, "role"); r != "" {
		role = r
	}
	content, ok := jsontext.Get(message, "content")
	if !ok {
		content, _ = jsontext.Get(message, "parts") // Gemini's, or OTel's already
	}
	if role == "model" {
		role = "assistant"
	}
	return messageOf(role, otelParts(content))
}

func messageOf(role, parts string) string {
	return `{"role":` + jsontext.Quote(role) + `,"parts":` + parts + `}`
}

// otelParts turns content, a text or an array of blocks, into an array of parts.
func otelParts(content string) string {
	if text, ok := jsontext.Unquote(content); ok {
		if text == "" {
			return "[]"
		}
		return "[" + textPart("text", text) + "]"
	}
	out := []byte{'['}
	for block := range jsontext.Elements(content) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, otelPart(block)...)
	}
	return string(append(out, ']'))
}

func textPart(kind, text string) string {
	return `{"type":"` + kind + `","content":` + jsontext.Quote(text) + `}`
}

// shape is one way to write a call or its result: the member that wraps it, if any, or the value of
// "type", and the members that hold its id, name and contents.
type shape struct {
	wrapper, kind  string
	id, name, body []string
}

// aiSDK is the place of Vercel's shape among callShapes.
const aiSDK = 0

var callShapes = []shape{
	{"", "tool-call", []string{"toolCallId"}, []string{"toolName"}, []string{"input", "args"}},
	{"functionCall", "", []string{"id"}, []string{"name"}, []string{"args"}},  // Gemini, ADK
	{"function_call", "", []string{"id"}, []string{"name"}, []string{"args"}}, // the same in Python
	{"toolRequest", "", []string{"ref"}, []string{"name"}, []string{"input"}}, // Genkit
	{"toolUse", "", []string{"toolUseId"}, []string{"name"}, []string{"input"}},
	{"", "toolUse", []string{"toolUseId"}, []string{"name"}, []string{"input"}},
	{"", "tool_use", []string{"id"}, []string{"name"}, []string{"input"}}, // Anthropic
}

var resultShapes = []shape{
	{"functionResponse", "", []string{"id"}, []string{"name"}, []string{"response"}},
	{"function_response", "", []string{"id"}, []string{"name"}, []string{"response"}},
	{"toolResponse", "", []string{"ref"}, []string{"name"}, []string{"output"}}, // Genkit
	{"toolResult", "", []string{"toolUseId"}, nil, []string{"content"}},
	{"", "toolResult", []string{"toolUseId"}, nil, []string{"content"}},
	{"", "tool-result", []string{"toolCallId"}, []string{"toolName"}, []string{"output", "result"}},
	{"", "tool_result", []string{"tool_use_id"}, nil, []string{"content"}},
}

// in returns the object that has the members, if the block is of this shape.
func (s *shape) in(block, kind string) (string, bool) {
	if s.wrapper != "" {
		return jsontext.Get(block, s.wrapper)
	}
	return block, kind == s.kind
}

func firstOf(object string, keys []string) string {
	for _, key := range keys {
		if v, ok := jsontext.Get(object, key); ok {
			return v
		}
	}
	return ""
}

// otelPart turns one block into a part; a block of no known shape stays as it is.
func otelPart(block string) string {
	kind := jsontext.GetString(block, "type")
	for i := range callShapes {
		if object, ok := callShapes[i].in(block, kind); ok {
			return callPart("tool_call", object, &callShapes[i], "arguments")
		}
	}
	for i := range resultShapes {
		if object, ok := resultShapes[i].in(block, kind); ok {
			return callPart("tool_call_response", object, &resultShapes[i], "response")
		}
	}
	if text, ok := reasoningText(block, kind); ok {
		return textPart("reasoning", text)
	}
	switch kind {
	case "tool-approval-request", "tool-approval-response": // AI SDK
		return approvalPart(block, strings.ReplaceAll(kind, "-", "_"))
	case "", "text", "input_text", "output_text":
		if text, ok := jsontext.Get(block, "text"); ok {
			if s, ok := jsontext.Unquote(text); ok {
				return textPart("text", s)
			}
		}
	}
	return block
}

// reasoningText returns what the model thought, if the block is that.
func reasoningText(block, kind string) (string, bool) {
	if thought, _ := jsontext.Get(block, "thought"); thought == "true" { // Gemini
		return jsontext.GetString(block, "text"), true
	}
	if r, ok := jsontext.Get(block, "reasoningContent"); ok { // Bedrock
		text, _ := jsontext.Get(r, "reasoningText")
		return jsontext.GetString(text, "text"), true
	}
	if r, ok := jsontext.Get(block, "reasoning"); ok && kind != "text" { // Strands
		return jsontext.GetString(r, "text"), true
	}
	switch kind {
	case "reasoning":
		for _, key := range []string{"text", "content"} {
			if text := jsontext.GetString(block, key); text != "" {
				return text, true
			}
		}
	case "thinking":
		return jsontext.GetString(block, "thinking"), true
	}
	return "", false
}

// callPart writes a tool call or its result.
func callPart(kind, object string, s *shape, member string) string {
	out := `{"type":"` + kind + `"`
	if id, ok := jsontext.Unquote(firstOf(object, s.id)); ok && id != "" {
		out += `,"id":` + jsontext.Quote(id)
	}
	if name, ok := jsontext.Unquote(firstOf(object, s.name)); ok {
		out += `,"name":` + jsontext.Quote(name)
	}
	body := callBody(firstOf(object, s.body))
	if text, ok := jsontext.Unquote(body); ok && member == "arguments" {
		body = asJSON(text) // version 4 of the AI SDK encodes them twice
	}
	if body != "" {
		out += `,"` + member + `":` + body
	}
	return out + "}"
}

// callBody unwraps the AI SDK's {type, value}, and its refusal, into the form of its OTel spans.
func callBody(body string) string {
	switch jsontext.GetString(body, "type") {
	case "execution-denied":
		reason, ok := jsontext.Get(body, "reason")
		if !ok {
			reason = `""`
		}
		return `{"denied":true,"reason":` + reason + `}`
	case "json", "text", "error-text", "error-json", "content":
		if v, ok := jsontext.Get(body, "value"); ok {
			return v
		}
	}
	return body
}

// approvalPart keeps which call an approval is for, and how it was given.
func approvalPart(block, kind string) string {
	out := `{"type":"` + kind + `"`
	for _, m := range [][2]string{{"approvalId", "approval_id"}, {"toolCallId", "tool_call_id"}, {"approved", "approved"}, {"reason", "reason"}} {
		if v, ok := jsontext.Get(block, m[0]); ok {
			out += `,"` + m[1] + `":` + v
		}
	}
	return out + "}"
}
