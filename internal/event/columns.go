package event

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// ColumnKind is what a member of the stored object holds, for those who read it as a table.
type ColumnKind uint8

// Kinds of columns.
const (
	TextColumn  ColumnKind = iota // a string
	UUIDColumn                    // a string, a UUID in its canonical form
	DateColumn                    // a string, a day
	TimeColumn                    // a string, RFC 3339 in UTC with nine digits of fraction
	IntColumn                     // a whole number of 64 bits
	FloatColumn                   // a number
	BoolColumn                    // true or false
	JSONColumn                    // any JSON
)

// Column is one member of the stored object as a column of a table, or a member of a column that is a structure.
type Column struct {
	// Group is the object that holds the member; empty for a member of the event itself.
	Group string
	// Name is the member's name within its group.
	Name string
	Kind ColumnKind
	// Doc says what it means.
	Doc string
}

// Columns lists every member of the stored object in its order; the members of a group stand together.
func Columns() []Column {
	columns := []Column{{Name: "schema", Kind: TextColumn, Doc: "Format of the event."}}
	var e Event
	for i := range fields {
		f := &fields[i]
		columns = append(columns, Column{Group: f.group, Name: f.member, Kind: f.columnKind(&e), Doc: f.doc})
	}
	return columns
}

func (f *field) columnKind(e *Event) ColumnKind {
	switch f.at(e).(type) {
	case *pcommon.Timestamp:
		return TimeColumn
	case *Int:
		return IntColumn
	case *Float:
		return FloatColumn
	case *Bool:
		return BoolColumn
	case *JSON:
		return JSONColumn
	}
	switch f.format {
	case uuidFormat:
		return UUIDColumn
	case dateFormat:
		return DateColumn
	}
	return TextColumn
}
