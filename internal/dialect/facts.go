package dialect

import (
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// Facts are what one span, span event or log record tells, in one vocabulary.
type Facts struct {
	Source
	// Dialects that the telemetry speaks.
	Dialects Set
	// Op is what was done.
	Op Op
	// Rest are the attributes that no field took.
	Rest []Attribute
	// More are facts of their own that span events hold.
	More []*Facts

	slots     [numFields]slot
	leaves    []leaf // of indexed families, until all attributes are read
	leafBytes int
	cut       []Field
}

// Attribute is one attribute that no field took.
type Attribute struct {
	Key   string
	Value pcommon.Value
}

type slot struct {
	value pcommon.Value
	rank  uint16 // 0: not set; the lowest wins
	key   string // the attribute that it came from, if from one
}

// derived is the rank of a value that a dialect's function found: behind every key.
const derived = 1<<16 - 1

// Has says whether the field has a value.
func (f *Facts) Has(field Field) bool { return f.slots[field].rank != 0 }

// Set gives the field a value that some function of a dialect found, unless a key has given one.
func (f *Facts) Set(field Field, value string) {
	if value != "" && !f.Has(field) {
		f.slots[field] = slot{pcommon.NewValueStr(value), derived, ""}
	}
}

// Replace gives the field another value.
func (f *Facts) Replace(field Field, value string) {
	f.slots[field] = slot{}
	f.Set(field, value)
}

// Cut notes that a field lost a part for its size.
func (f *Facts) Cut(field Field) {
	if !slices.Contains(f.cut, field) {
		f.cut = append(f.cut, field)
	}
}

// WasCut says whether it did.
func (f *Facts) WasCut(field Field) bool { return slices.Contains(f.cut, field) }

// rest returns an attribute that no field took.
func (f *Facts) rest(key string) (pcommon.Value, bool) {
	for i := range f.Rest {
		if f.Rest[i].Key == key {
			return f.Rest[i].Value, true
		}
	}
	return pcommon.Value{}, false
}

// drop forgets attributes whose whole content fields have.
func (f *Facts) drop(keys ...string) {
	f.Rest = slices.DeleteFunc(f.Rest, func(a Attribute) bool { return slices.Contains(keys, a.Key) })
}

// restText returns it as text, "" if it is not there.
func (f *Facts) restText(key string) string {
	if v, ok := f.rest(key); ok {
		return contentText(v)
	}
	return ""
}

// Take moves on the value that key holds in m, if any and fit, unless the field has one.
func (f *Facts) Take(field Field, m pcommon.Map, key string) {
	if v, ok := m.Get(key); ok && !f.Has(field) && fits(kinds[field], v) && !isVoid(kinds[field], v) {
		f.slots[field] = slot{v, derived, key}
	}
}

// Inherit takes the identity fields that f lacks from an ancestor. The agent's name, id and
// version belong together: they come from one ancestor or not at all.
func (f *Facts) Inherit(from *Facts) {
	named := f.Has(AgentName) || f.Has(AgentID)
	for _, field := range identity {
		agent := field == AgentName || field == AgentID || field == AgentVersion
		if !f.Has(field) && from.Has(field) && (!agent || !named) {
			f.slots[field] = from.slots[field]
		}
	}
}

// Complete takes the fields that f lacks from g, another description of the same thing.
func (f *Facts) Complete(g *Facts) {
	for field := range numFields {
		if !f.Has(field) {
			f.slots[field] = g.slots[field]
		}
	}
}

// Adopt takes one field from g unless f has it.
func (f *Facts) Adopt(field Field, g *Facts) {
	if !f.Has(field) {
		f.slots[field] = g.slots[field]
	}
}

// Text returns the field as text, "" if it has none.
func (f *Facts) Text(field Field) string {
	if !f.Has(field) {
		return ""
	}
	v := f.slots[field].value
	if kinds[field] == list {
		return joinList(v)
	}
	return v.AsString()
}

// Content returns the field as it came: JSON text for maps and lists, else the text itself.
func (f *Facts) Content(field Field) string {
	if !f.Has(field) {
		return ""
	}
	return contentText(f.slots[field].value)
}

// Int returns the field as an integer.
func (f *Facts) Int(field Field) event.Int {
	if !f.Has(field) {
		return event.Int{}
	}
	n, ok := toInt(f.slots[field].value)
	return event.Int{Value: n, Set: ok}
}

// Float returns the field as a number.
func (f *Facts) Float(field Field) event.Float {
	if !f.Has(field) {
		return event.Float{}
	}
	n, ok := toFloat(f.slots[field].value)
	return event.Float{Value: n, Set: ok}
}

// Bool returns the field as a truth value.
func (f *Facts) Bool(field Field) event.Bool {
	if !f.Has(field) {
		return event.Bool{}
	}
	b, ok := toBool(f.slots[field].value)
	return event.Bool{Value: b, Set: ok}
}

// fits says whether v can be what a field of that kind needs. Numbers and truth values
// arrive as strings in three SDKs out of five (conventions, gotcha 10).
func fits(k kind, v pcommon.Value) bool {
	ok := true
	switch k {
	case integer:
		_, ok = toInt(v)
	case number:
		_, ok = toFloat(v)
	case boolean:
		_, ok = toBool(v)
	case text:
		switch v.Type() {
		case pcommon.ValueTypeMap, pcommon.ValueTypeSlice, pcommon.ValueTypeBytes, pcommon.ValueTypeEmpty:
			ok = false
		}
	case list:
		ok = v.Type() == pcommon.ValueTypeStr || v.Type() == pcommon.ValueTypeSlice
	case content:
		ok = v.Type() != pcommon.ValueTypeEmpty
	}
	return ok
}

// voids are texts that stand for "not recorded" (conventions, gotcha 17).
var voids = map[string]bool{
	"": true, "<REDACTED>": true, "[REDACTED]": true, "__REDACTED__": true, "<not specified>": true,
	"<not serializable>": true, "N/A": true, "unknown": true, "null": true,
}

// isVoid says whether v stands for no value at all (gotchas 17 and 22).
func isVoid(k kind, v pcommon.Value) bool {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return voids[v.Str()] || k == content && (v.Str() == "{}" || v.Str() == "[]")
	case pcommon.ValueTypeMap:
		return v.Map().Len() == 0
	case pcommon.ValueTypeSlice:
		return v.Slice().Len() == 0
	case pcommon.ValueTypeEmpty:
		return true
	}
	return false
}

func toInt(v pcommon.Value) (int64, bool) {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return v.Int(), true
	case pcommon.ValueTypeDouble:
		n := int64(v.Double())
		return n, float64(n) == v.Double()
	case pcommon.ValueTypeStr:
		n, err := strconv.ParseInt(v.Str(), 10, 64)
		return n, err == nil
	}
	return 0, false
}

func toFloat(v pcommon.Value) (float64, bool) {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return float64(v.Int()), true
	case pcommon.ValueTypeDouble:
		return v.Double(), true
	case pcommon.ValueTypeStr:
		n, err := strconv.ParseFloat(v.Str(), 64)
		return n, err == nil
	}
	return 0, false
}

func toBool(v pcommon.Value) (value, ok bool) {
	switch v.Type() {
	case pcommon.ValueTypeBool:
		return v.Bool(), true
	case pcommon.ValueTypeStr:
		switch strings.ToLower(v.Str()) {
		case "true", "success", "ok":
			return true, true
		case "false", "error", "failure", "failed":
			return false, true
		}
	}
	return false, false
}

// joinList returns the texts of a list, which may be a text or a JSON array as a string.
func joinList(v pcommon.Value) string {
	var texts []string
	switch v.Type() {
	case pcommon.ValueTypeSlice:
		for _, e := range v.Slice().All() {
			texts = append(texts, e.AsString())
		}
	case pcommon.ValueTypeStr:
		if jsontext.KindOf(v.Str()) != jsontext.Array {
			return v.Str()
		}
		for e := range jsontext.Elements(v.Str()) {
			if t, ok := jsontext.Unquote(e); ok {
				texts = append(texts, t)
			}
		}
	}
	return strings.Join(texts, ",")
}
