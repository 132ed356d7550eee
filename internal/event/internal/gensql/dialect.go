package main

import (
	"fmt"
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
)

// dialect is one engine's SQL.
type dialect struct {
	file  string
	quote func(name string) string
	// types are those that a line is parsed into, by kind; what is not here is text.
	types map[event.ColumnKind]string
	text  string
	// member and group make the declaration of one within a structure.
	member, group string
	// time and json turn the parsed member (%s) of a line, at a path within it (%s), into the column's value; "" leaves it as it is.
	time, json string
	// rebuild makes a group anew of its members, where one of them is JSON: the group, the members, and the type.
	rebuild string
	path    func(names ...string) string
}

func doubleQuotes(name string) string { return `"` + name + `"` }
func backticks(name string) string    { return "`" + name + "`" }
func noPath(...string) string         { return "" }

// textArguments names a member as the arguments of a JSON function.
func textArguments(names ...string) string { return "'" + strings.Join(names, "', '") + "'" }

var dialects = []*dialect{
	{
		file: "athena.sql", quote: doubleQuotes, text: "varchar", member: "%s %s", group: "%s row(%s)", path: noPath,
		types: map[event.ColumnKind]string{
			event.IntColumn: "bigint", event.FloatColumn: "double", event.BoolColumn: "boolean", event.JSONColumn: "json",
		},
		time:    "CAST(from_iso8601_timestamp(%[1]s) AS timestamp(3))",
		json:    "json_format(%[1]s)",
		rebuild: "IF(%s IS NULL, NULL, CAST(ROW(%s) AS row(%s)))",
	},
	{
		file: "clickhouse.sql", quote: backticks, text: "Nullable(String)", member: "%s %s", group: "%s Tuple(%s)", path: textArguments,
		types: map[event.ColumnKind]string{
			event.IntColumn: "Nullable(Int64)", event.FloatColumn: "Nullable(Float64)", event.BoolColumn: "Nullable(Bool)",
		},
		time:    "parseDateTime64BestEffortOrNull(%[1]s, 9, 'UTC')",
		json:    "nullIf(JSONExtractRaw(line, %[2]s), '')",
		rebuild: "CAST(tuple(%[2]s), 'Tuple(%[3]s)')",
	},
	{
		file: "trino.sql", quote: doubleQuotes, text: "varchar", member: "%s %s", group: "%s row(%s)", path: noPath,
		types: map[event.ColumnKind]string{
			event.IntColumn: "bigint", event.FloatColumn: "double", event.BoolColumn: "boolean", event.JSONColumn: "json",
		},
		time: "from_iso8601_timestamp_nanos(%[1]s)",
	},
}

// top is a column of the view: a member of the event, or a group with its members.
type top struct {
	name    string
	kind    event.ColumnKind
	members []event.Column // of a group
}

// tops lists the columns of the view in the order of the table.
func tops() (all []top) {
	for _, c := range event.Columns() {
		switch {
		case c.Group == "":
			all = append(all, top{name: c.Name, kind: c.Kind})
		case len(all) > 0 && all[len(all)-1].name == c.Group:
			last := &all[len(all)-1]
			last.members = append(last.members, c)
		default:
			all = append(all, top{name: c.Group, members: []event.Column{c}})
		}
	}
	return all
}

// typeOf is what a member is parsed into. shown is after its JSON has become text.
func (d *dialect) typeOf(kind event.ColumnKind, shown bool) string {
	if t, ok := d.types[kind]; ok && (!shown || kind != event.JSONColumn || d.json == "") {
		return t
	}
	return d.text
}

func (d *dialect) declare(members []event.Column, shown bool) string {
	texts := make([]string, len(members))
	for i, m := range members {
		texts[i] = fmt.Sprintf(d.member, d.quote(m.Name), d.typeOf(m.Kind, shown))
	}
	return strings.Join(texts, ", ")
}

// structure is the type that a line is parsed into, one member on a line.
func (d *dialect) structure() string {
	var lines []string
	for _, t := range tops() {
		if t.members != nil {
			lines = append(lines, fmt.Sprintf(d.group, d.quote(t.name), d.declare(t.members, false)))
		} else {
			lines = append(lines, fmt.Sprintf(d.member, d.quote(t.name), d.typeOf(t.kind, false)))
		}
	}
	return strings.Join(lines, ",\n    ")
}

// columns is the select list over the parsed line e.
func (d *dialect) columns() string {
	var lines []string
	for _, t := range tops() {
		value := d.value(t)
		if t.name == "event_type" {
			value = d.resolve(value)
		}
		lines = append(lines, value+" AS "+d.quote(t.name))
	}
	return strings.Join(lines, ",\n  ")
}

func (d *dialect) value(t top) string {
	parsed := "e." + d.quote(t.name)
	if t.members == nil {
		return d.convert(parsed, t.kind, t.name)
	}
	anew := false
	values := make([]string, len(t.members))
	for i, m := range t.members {
		values[i] = d.convert(parsed+"."+d.quote(m.Name), m.Kind, t.name, m.Name)
		anew = anew || m.Kind == event.JSONColumn && d.json != ""
	}
	if !anew {
		return parsed
	}
	return fmt.Sprintf(d.rebuild, parsed, strings.Join(values, ", "), d.declare(t.members, true))
}

func (d *dialect) convert(parsed string, kind event.ColumnKind, path ...string) string {
	form := map[event.ColumnKind]string{event.TimeColumn: d.time, event.JSONColumn: d.json}[kind]
	if form == "" {
		return parsed
	}
	return fmt.Sprintf(form, parsed, d.path(path...))
}

// resolve turns an alias into the type that it stands for.
func (d *dialect) resolve(value string) string {
	var b strings.Builder
	b.WriteString("CASE " + value)
	for _, alias := range event.Aliases() {
		t, _ := event.ParseType(alias)
		fmt.Fprintf(&b, "\n    WHEN '%s' THEN '%s'", alias, t)
	}
	b.WriteString("\n    ELSE " + value + " END")
	return b.String()
}

// names lists the columns of the view.
func (d *dialect) names() string {
	var quoted []string
	for _, t := range tops() {
		quoted = append(quoted, d.quote(t.name))
	}
	return strings.Join(quoted, ", ")
}
