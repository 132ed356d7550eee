package main

import (
	"io"
	"strings"

	"github.com/fatih/color"
	"github.com/rivo/uniseg"
)

// cell is one value of a row, already sanitized.
type cell struct {
	text  string
	color *color.Color // nil: plain
}

// table aligns columns of a stream of rows. Widths come from the first rows, so it holds that many back; a later value that
// is wider pushes its row to the right, or on a terminal is cut.
type table struct {
	w     io.Writer
	width int // of the terminal; 0: cut nothing
	max   []int
	sizes []int // of all columns but the last; nil until known
	held  [][]cell
}

const sampleRows = 256

// newTable returns a table whose columns, save the last, are cut on a terminal beyond their maxima, in cells.
func newTable(w io.Writer, terminalWidth int, maxima ...int) *table {
	return &table{w: w, width: terminalWidth, max: maxima}
}

func (t *table) row(cells ...cell) error {
	if t.sizes != nil {
		return t.write(cells)
	}
	t.held = append(t.held, cells)
	if len(t.held) < sampleRows {
		return nil
	}
	return t.flush()
}

// flush writes the rows held back.
func (t *table) flush() error {
	if t.sizes == nil {
		t.sizes = make([]int, len(t.max))
		for _, row := range t.held {
			for i := range t.sizes {
				t.sizes[i] = max(t.sizes[i], min(uniseg.StringWidth(row[i].text), t.max[i]))
			}
		}
	}
	for _, row := range t.held {
		if err := t.write(row); err != nil {
			return err
		}
	}
	t.held = nil
	return nil
}

func (t *table) write(cells []cell) error {
	var b strings.Builder
	used := 0 // cells of the line
	for i, c := range cells {
		text, limit := c.text, 0
		last := i == len(cells)-1
		switch {
		case last:
			limit = t.width - used
		default:
			limit = min(t.sizes[i], t.width-used)
		}
		if t.width > 0 {
			text = cut(text, limit)
		}
		width := uniseg.StringWidth(text)
		if c.color != nil && text != "" {
			b.WriteString(c.color.Sprint(text))
		} else {
			b.WriteString(text)
		}
		if last {
			break
		}
		gap := max(0, t.sizes[i]-width) + 2
		b.WriteString(strings.Repeat(" ", gap))
		used += width + gap
	}
	line := strings.TrimRight(b.String(), " ") + "\n"
	_, err := io.WriteString(t.w, line)
	return err
}

// cut shortens text to a number of terminal cells and says so by an ellipsis.
func cut(text string, cells int) string {
	if uniseg.StringWidth(text) <= cells {
		return text
	}
	var b strings.Builder
	used, state := 0, -1
	for rest := text; rest != ""; {
		var cluster string
		var width int
		cluster, rest, width, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used+width > cells-1 {
			break
		}
		used += width
		b.WriteString(cluster)
	}
	if cells < 1 {
		return ""
	}
	return b.String() + "…"
}
