package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Formats are the names that Print takes.
var Formats = []string{"text", "md", "html", "json", "csv"}

// Print writes a document. Text for a terminal is the caller's: it knows the width and the colours; see [Text].
func Print(w io.Writer, d *Document, format string) error {
	switch format {
	case "text":
		return PrintText(w, d, Style{})
	case "md":
		return printMarkdown(w, d)
	case "html":
		return printHTML(w, d)
	case "json":
		return printJSON(w, d)
	case "csv":
		return printCSV(w, d)
	}
	return fmt.Errorf("no format %q: formats are %s", format, strings.Join(Formats, ", "))
}

// The JSON form of a document: rows are objects, times RFC 3339, fractions of one.
type (
	jsonDocument struct {
		Report   string            `json:"report"`
		Title    string            `json:"title"`
		Lead     []string          `json:"lead,omitempty"`
		Facts    map[string]string `json:"facts,omitempty"`
		Sections []jsonSection     `json:"sections"`
		Limits   []string          `json:"limits,omitempty"`
	}
	jsonSection struct {
		Name  string            `json:"name"`
		Title string            `json:"title,omitempty"`
		Text  []string          `json:"text,omitempty"`
		Rows  []json.RawMessage `json:"rows,omitempty"`
		More  bool              `json:"more,omitempty"`
	}
)

func printJSON(w io.Writer, d *Document) error {
	out := jsonDocument{Report: d.Name, Title: d.Title, Lead: d.Lead, Limits: d.Limits, Sections: []jsonSection{}, Facts: map[string]string{}}
	for _, f := range d.Facts {
		out.Facts[f.Name] = f.Value
	}
	for _, s := range d.Sections {
		section := jsonSection{Name: s.Name, Title: s.Title, Text: s.Text}
		if s.Table != nil {
			section.Rows, section.More = make([]json.RawMessage, 0, len(s.Table.Rows)), s.Table.More
			for _, row := range s.Table.Rows {
				section.Rows = append(section.Rows, jsonRow(s.Table.Columns, row))
			}
		}
		out.Sections = append(out.Sections, section)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// jsonRow keeps the order of the columns, which a map would not.
func jsonRow(columns []Column, row []any) json.RawMessage {
	var b strings.Builder
	b.WriteByte('{')
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(encode(c.Name) + ":" + encode(c.data(row[i])))
	}
	b.WriteByte('}')
	return json.RawMessage(b.String())
}

// data returns a value for programs.
func (c Column) data(v any) any {
	if t, ok := v.(time.Time); ok {
		if c.Kind == Day {
			return t.UTC().Format(time.DateOnly)
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	return v
}

func printCSV(w io.Writer, d *Document) error {
	out := csv.NewWriter(w)
	for i, s := range tables(d) {
		if i > 0 {
			out.Flush()
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		header := make([]string, len(s.Table.Columns))
		for i, c := range s.Table.Columns {
			header[i] = c.Name
		}
		if err := out.Write(header); err != nil {
			return err
		}
		for _, row := range s.Table.Rows {
			cells := make([]string, len(row))
			for i, v := range row {
				cells[i] = s.Table.Columns[i].csv(v)
			}
			if err := out.Write(cells); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func tables(d *Document) (list []Section) {
	for _, s := range d.Sections {
		if s.Table != nil {
			list = append(list, s)
		}
	}
	return list
}

// csv returns a value for a spreadsheet. Text that a spreadsheet would run as a formula gets an apostrophe before it, for event
// text is hostile.
func (c Column) csv(v any) string {
	switch v := c.data(v).(type) {
	case nil:
		return ""
	case string:
		return noFormula(v)
	case []string:
		return noFormula(strings.Join(v, " "))
	case float64, int64, bool:
		return encode(v)
	default:
		return encode(v)
	}
}

func noFormula(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
