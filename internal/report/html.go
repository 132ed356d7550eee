package report

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed document.html
var documentHTML string

var documentTemplate = template.Must(template.New("document").Parse(documentHTML))

// printHTML writes one self-contained file: no script, no other host.
func printHTML(w io.Writer, d *Document) error { return documentTemplate.Execute(w, d) }

// Right says whether the column is aligned to the right.
func (c Column) Right() bool { return c.right() }

// Cells returns a row's values for people, each with its column.
func (t *Table) Cells(row []any) []Cell {
	cells := make([]Cell, len(row))
	for i, v := range row {
		cells[i] = Cell{t.Columns[i], oneLine(t.Columns[i].Cell(v))}
	}
	return cells
}

// Cell is a value as people read it.
type Cell struct {
	Column

	Text string
}
