package event

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestColumnsAreTheSchema: every property of the JSON Schema is a column of its kind, and no other is.
func TestColumnsAreTheSchema(t *testing.T) {
	columns := Columns()
	var schema struct {
		Properties map[string]struct {
			Type       any
			Properties map[string]struct{ Type any }
		}
	}
	require.NoError(t, json.Unmarshal(SchemaJSON(), &schema))
	total := 0
	for name, p := range schema.Properties {
		if len(p.Properties) == 0 {
			total++
			checkColumn(t, columns, "", name, p.Type)
			continue
		}
		for member, q := range p.Properties {
			total++
			checkColumn(t, columns, name, member, q.Type)
		}
	}
	assert.Len(t, columns, total)
	seen := map[string]bool{} // groups that have ended
	for i, c := range columns {
		assert.False(t, seen[c.Group], "%s.%s stands apart from its group", c.Group, c.Name)
		if i+1 < len(columns) && columns[i+1].Group != c.Group && c.Group != "" {
			seen[c.Group] = true
		}
	}
}

func checkColumn(t *testing.T, columns []Column, group, name string, kind any) {
	t.Helper()
	i := slices.IndexFunc(columns, func(c Column) bool { return c.Group == group && c.Name == name })
	require.GreaterOrEqual(t, i, 0, "%s.%s", group, name)
	want := map[ColumnKind]any{
		TextColumn: "string", UUIDColumn: "string", DateColumn: "string", TimeColumn: "string",
		IntColumn: "integer", FloatColumn: "number", BoolColumn: "boolean", JSONColumn: nil,
	}[columns[i].Kind]
	if want == nil || want == "string" && kind == nil {
		return // any JSON; a text of closed values has those in place of a type
	}
	assert.Equal(t, want, kind, "%s.%s", group, name)
}
