package event

import (
	_ "embed"
	"encoding/json"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

//go:embed event.schema.json
var schemaJSON []byte

// SchemaJSON returns the JSON Schema (draft 2020-12) of one stored line.
func SchemaJSON() []byte { return schemaJSON }

// GenerateSchema makes the JSON Schema from the table.
func GenerateSchema() ([]byte, error) {
	properties := object{{"schema", object{{"const", Schema}}}}
	groups := map[string]*object{}
	for i := range fields {
		f := &fields[i]
		if f.group == "" {
			properties = append(properties, member{f.name, property(f)})
			continue
		}
		members, ok := groups[f.group]
		if !ok {
			members = &object{}
			groups[f.group] = members
			properties = append(properties, member{f.group, object{
				{"type", "object"}, {"minProperties", 1}, {"additionalProperties", false}, {"properties", members},
			}})
		}
		*members = append(*members, member{f.member, property(f)})
	}
	schema := object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", "https://github.com/agentaudit/agentaudit/" + Schema + "/event.schema.json"},
		{"title", "Audit event of an AI agent, " + Schema},
		{"type", "object"},
		{"required", []string{"schema", "event_id", "event_type", "timestamp", "retention"}},
		{"additionalProperties", false},
		{"properties", properties},
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	return append(text, '\n'), err
}

func property(f *field) object {
	p := object{{"description", f.doc}}
	switch f.at(&Event{}).(type) {
	case *string:
		p = append(p, member{"type", "string"}, member{"minLength", 1})
	case *Int:
		p = append(p, member{"type", "integer"})
	case *Float:
		p = append(p, member{"type", "number"})
	case *Bool:
		p = append(p, member{"type", "boolean"})
	case *Type:
		p = append(p, member{"enum", Types})
	case *pcommon.Timestamp:
		p = append(p, member{"type", "string"}, member{"format", "date-time"}, member{"pattern", `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$`})
	case *pcommon.TraceID:
		p = append(p, member{"type", "string"}, member{"pattern", "^[0-9a-f]{32}$"})
	case *pcommon.SpanID:
		p = append(p, member{"type", "string"}, member{"pattern", "^[0-9a-f]{16}$"})
	}
	if f.format == nil {
		return p
	}
	if f.format.values != nil {
		p = append(p, member{"enum", f.format.values})
	}
	if f.format.schema != "" {
		p = append(p, member{"format", f.format.schema})
	}
	if f.format.pattern != "" {
		p = append(p, member{"pattern", f.format.pattern})
	}
	return p
}

// object is a JSON object that keeps the order of its members.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			text = append(text, ',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		text = append(append(append(text, name...), ':'), value...)
	}
	return append(text, '}'), nil
}
