package dialect

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// Parts of messages in the form of the OTel schemas, from the members that OpenAI's APIs, and those
// that imitate them, have beside a message's content; what stands in the content is read by blocks.go.

// proposedCall is a call that a model proposed; arguments are JSON, or JSON text as a string.
func proposedCall(id, name, arguments string) string {
	if s, ok := jsontext.Unquote(arguments); ok {
		arguments = asJSON(s)
	}
	if arguments == "" {
		arguments = "null"
	}
	return `{"type":"tool_call"` + idMember(id) + `,"name":` + jsontext.Quote(name) + `,"arguments":` + arguments + `}`
}

// answer is the result of a call.
func answer(id, response string) string {
	if response == "" {
		response = "null"
	}
	return `{"type":"tool_call_response"` + idMember(id) + `,"response":` + response + `}`
}

func idMember(id string) string {
	if id == "" {
		return ""
	}
	return `,"id":` + jsontext.Quote(id)
}

// rawCall converts an element of tool_calls.
func rawCall(call string) string {
	if inner, ok := jsontext.Get(call, "tool_call"); ok {
		call = inner
	}
	function := call
	if inner, ok := jsontext.Get(call, "function"); ok && jsontext.KindOf(inner) == jsontext.Object {
		function = inner
	}
	return proposedCall(firstText(call, "id", "toolCallId", "call_id"), firstText(function, "name", "toolName"),
		firstOf(function, []string{"arguments", "args", "input"}))
}

// blockPart converts one block of a message's content.
func blockPart(block string) string {
	if jsontext.KindOf(block) != jsontext.Object {
		return textPart("text", textOf(block))
	}
	switch jsontext.GetString(block, "type") {
	case "text", "input_text", "output_text": // nearly all blocks, and the long ones
		if text, _ := jsontext.Get(block, "text"); isText(text) {
			return quotedPart("text", text)
		}
	}
	return otelPart(block)
}

// quotedPart is textPart for a text that is a JSON string already.
func quotedPart(kind, quoted string) string {
	return `{"type":"` + kind + `","content":` + quoted + `}`
}

// isText says whether a JSON value is a string that is not empty.
func isText(value string) bool { return jsontext.KindOf(value) == jsontext.String && value != `""` }

// blockText returns the text of a JSON string, or of blocks.
func blockText(value string) string {
	if jsontext.KindOf(value) != jsontext.Array {
		return textOf(value)
	}
	var texts []string
	for block := range jsontext.Elements(value) {
		if text := firstText(block, "text", "content"); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n")
}

// firstText returns the first of the members that is a string, unquoted.
func firstText(object string, keys ...string) string {
	for _, key := range keys {
		if s := jsontext.GetString(object, key); s != "" {
			return s
		}
	}
	return ""
}
