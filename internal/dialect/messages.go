package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// readMessage reads the deprecated events gen_ai.<role>.message: the content is in the
// body of log records, in the attributes of span events (conventions 4.4).
func readMessage(role string) func(*Facts, pcommon.Map, pcommon.Value) {
	return func(f *Facts, attributes pcommon.Map, body pcommon.Value) {
		source := messageBody(attributes, body)
		if role == "system" {
			f.Set(SystemInstructions, source.content())
			return
		}
		f.appendMessage(InputMessages, source.message(role))
	}
}

// readChoice reads the deprecated event gen_ai.choice.
func readChoice(f *Facts, attributes pcommon.Map, body pcommon.Value) {
	source := messageBody(attributes, body)
	if reason, ok := source.Get("finish_reason"); ok {
		f.Set(FinishReason, reason.AsString())
	}
	if m, ok := source.Get("message"); ok {
		switch {
		case m.Type() == pcommon.ValueTypeMap:
			source = fieldsOf{m.Map()}
		case jsontext.KindOf(m.AsString()) == jsontext.Object:
			source = fieldsOf{parseMap(m.AsString())}
		default:
			source = fieldsOf{pcommon.NewMap()}
			m.CopyTo(source.PutEmpty("content"))
		}
	}
	f.appendMessage(OutputMessages, source.message("assistant"))
}

// appendMessage adds one message, as JSON, to the array that a field holds.
func (f *Facts) appendMessage(field Field, message string) {
	if message == "" {
		return
	}
	s := &f.slots[field]
	if s.rank != 0 && s.rank != derived {
		return // the whole array is there in an attribute
	}
	array := "[" + message + "]"
	if s.rank == derived {
		array = joinArrays(s.value.Str(), array)
	}
	*s = slot{pcommon.NewValueStr(array), derived, ""}
}

// Absorb adds the messages of g, a later log record of the same model call.
func (f *Facts) Absorb(g *Facts) {
	for _, field := range []Field{InputMessages, OutputMessages} {
		if !g.Has(field) {
			continue
		}
		if f.Has(field) {
			f.Replace(field, joinArrays(f.Content(field), g.Content(field)))
		} else {
			f.slots[field] = g.slots[field]
		}
	}
	for field := range numFields {
		if !f.Has(field) {
			f.slots[field] = g.slots[field]
		}
	}
	f.More = append(f.More, g.More...)
	f.End = max(f.End, g.End)
}

// joinArrays joins two JSON arrays, as text.
func joinArrays(a, b string) string {
	if !strings.HasSuffix(a, "]") || !strings.HasPrefix(b, "[") || a == "[]" {
		return b
	}
	return a[:len(a)-1] + "," + b[1:]
}

// fieldsOf reads the fields of one message in the form of OpenAI's API, which the
// deprecated events have.
type fieldsOf struct{ pcommon.Map }

func messageBody(attributes pcommon.Map, body pcommon.Value) fieldsOf {
	if body.Type() == pcommon.ValueTypeMap {
		return fieldsOf{body.Map()}
	}
	if text := contentText(body); body.Type() != pcommon.ValueTypeEmpty && jsontext.KindOf(text) == jsontext.Object {
		return fieldsOf{parseMap(text)}
	}
	if content, ok := attributes.Get("gen_ai.event.content"); ok {
		return fieldsOf{parseMap(content.AsString())}
	}
	return fieldsOf{attributes}
}

// parseMap returns the members of a JSON object, each as text; strings unquoted.
func parseMap(object string) pcommon.Map {
	m := pcommon.NewMap()
	for key, value := range jsontext.Members(object) {
		if s, ok := jsontext.Unquote(value); ok {
			value = s
		}
		m.PutStr(key, value)
	}
	return m
}

func (m fieldsOf) text(key string) string {
	v, ok := m.Get(key)
	if !ok {
		return ""
	}
	return contentText(v)
}

func (m fieldsOf) content() string { return m.text("content") }

// message returns the message as JSON in the form of the OTel schema, "" if it says nothing.
func (m fieldsOf) message(role string) string {
	if r := m.text("role"); r != "" {
		role = r
	}
	parts := m.parts(role)
	if len(parts) == 0 {
		return ""
	}
	return `{"role":` + jsontext.Quote(role) + `,"parts":[` + strings.Join(parts, ",") + `]}`
}

func (m fieldsOf) parts(role string) []string {
	var parts []string
	if content := m.content(); content != "" {
		if role == "tool" {
			id := m.text("id")
			if id == "" {
				id = m.text("tool_call_id")
			}
			parts = append(parts, `{"type":"tool_call_response","id":`+jsontext.Quote(id)+`,"response":`+asJSON(content)+`}`)
		} else {
			parts = append(parts, `{"type":"text","content":`+asJSON(content)+`}`)
		}
	}
	calls := m.text("tool_calls")
	for call := range jsontext.Elements(calls) {
		if inner, ok := jsontext.Unquote(call); ok {
			call = inner // LiveKit encodes each for itself
		}
		function, ok := jsontext.Get(call, "function")
		if !ok {
			function = call
		}
		arguments, _ := jsontext.Get(function, "arguments")
		if s, ok := jsontext.Unquote(arguments); ok {
			arguments = asJSON(s)
		}
		if arguments == "" {
			arguments = "null"
		}
		parts = append(parts, `{"type":"tool_call","id":`+jsontext.Quote(jsontext.GetString(call, "id"))+
			`,"name":`+jsontext.Quote(jsontext.GetString(function, "name"))+`,"arguments":`+arguments+`}`)
	}
	return parts
}

// asJSON returns text if it is a JSON object or array, else as a JSON string.
func asJSON(text string) string {
	if k := jsontext.KindOf(text); k == jsontext.Object || k == jsontext.Array {
		if compact, err := jsontext.Compact(text); err == nil {
			return compact
		}
	}
	return jsontext.Quote(text)
}
