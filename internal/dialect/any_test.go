package dialect

import (
	"maps"
	"slices"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"
)

// anyValue draws a value of any type, JSON of no use among them.
func anyValue(t *rapid.T) any {
	return rapid.SampledFrom([]any{
		"", "x", "true", "12", "{}", "[]", `{"a":1}`, `[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`, `{"parts":[`, "\xff", `"{\"a\":\"b\"}"`,
		int64(0), int64(-1), int64(403), 1.5, true, false, nil, []byte("{"),
		[]any{}, []any{"a", int64(1), nil}, map[string]any{}, map[string]any{"role": "user", "content": nil},
	}).Draw(t, "value")
}

// vocabulary is all that some dialect knows: the keys that its functions look up themselves are near
// enough to those of its table.
func vocabulary(d *Dialect) (keys, events, names, operations []string) {
	for _, k := range d.Keys {
		keys = append(keys, k.Name)
	}
	for _, i := range d.Indexed {
		keys = append(keys, i.Prefix+"0.message.content", i.Prefix+"1.x")
	}
	for _, doc := range d.Documents {
		keys = append(keys, doc.Key)
	}
	keys = append(keys, d.Markers...)
	keys = append(keys, "event.kind", "http.response.status_code", "operation", "outcome", "num_blocking", "interactive", "tool_parameters", "full_command", "exception.type")
	events = slices.Sorted(maps.Keys(d.Events))
	for _, n := range slices.Concat(d.Names, d.Suffixes) {
		names = append(names, n.Prefix, n.Prefix+" x", "x"+n.Prefix)
	}
	operations = append(slices.Sorted(maps.Keys(d.Operations)), "", "x")
	return keys, append(events, "exception", "x"), append(names, "x", ""), operations
}

// TestAnyTelemetry reads what no honest emitter sends, in the words of each dialect. Nothing may panic: the
// telemetry comes from outside.
func TestAnyTelemetry(t *testing.T) {
	for i, d := range Dialects {
		t.Run(d.Name, func(t *testing.T) {
			keys, events, names, operations := vocabulary(d)
			if len(keys) == 0 {
				t.Skip("no keys")
			}
			rapid.Check(t, func(t *rapid.T) {
				attributes := map[string]any{}
				for range rapid.IntRange(0, 8).Draw(t, "attributes") {
					attributes[rapid.SampledFrom(keys).Draw(t, "key")] = anyValue(t)
				}
				for _, k := range d.Keys {
					if (k.Field == Operation || k.Field == Kind) && rapid.Bool().Draw(t, "operation") {
						attributes[k.Name] = rapid.SampledFrom(operations).Draw(t, "operation")
					}
				}
				set := Set(1<<i) | Set(rapid.Uint64Range(0, 1<<len(Dialects)-1).Draw(t, "others"))
				resource := pcommon.NewMap()
				var f Facts

				span := ptrace.NewSpan()
				span.SetName(rapid.SampledFrom(names).Draw(t, "name"))
				fill(t, span.Attributes(), attributes)
				for range rapid.IntRange(0, 2).Draw(t, "events") {
					se := span.Events().AppendEmpty()
					se.SetName(rapid.SampledFrom(events).Draw(t, "event"))
					fill(t, se.Attributes(), attributes)
				}
				f.ReadSpan(span, "scope", resource, set)
				readAll(&f)

				record := plog.NewLogRecord()
				record.SetEventName(rapid.SampledFrom(events).Draw(t, "log"))
				fill(t, record.Attributes(), attributes)
				if err := record.Body().FromRaw(anyValue(t)); err != nil {
					t.Fatal(err)
				}
				f.ReadLog(record, "scope", resource, set)
				readAll(&f)
			})
		})
	}
}

func fill(t *rapid.T, m pcommon.Map, raw map[string]any) {
	if err := m.FromRaw(raw); err != nil {
		t.Fatal(err)
	}
}

// readAll reads every field in every way that its kind allows.
func readAll(f *Facts) {
	for field := range numFields {
		f.Text(field)
		f.Content(field)
		f.Int(field)
		f.Float(field)
		f.Bool(field)
	}
	for _, more := range f.More {
		readAll(more)
	}
}
