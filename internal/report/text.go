package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Style is how text is made for its place. The zero value is for files and pipes.
type Style struct {
	// Width cuts lines of tables; 0 doesn't.
	Width int
	// Heading and Faint colour; nil leaves alone.
	Heading, Faint func(string) string
	// Clean takes out what a terminal must not see; nil leaves alone.
	Clean func(string) string
}

func (s *Style) fill() {
	same := func(text string) string { return text }
	if s.Heading == nil {
		s.Heading = same
	}
	if s.Faint == nil {
		s.Faint = same
	}
	if s.Clean == nil {
		s.Clean = oneLine
	}
}

// PrintText writes a document for people.
func PrintText(w io.Writer, d *Document, style Style) error {
	style.fill()
	var b strings.Builder
	b.WriteString(style.Heading(style.Clean(d.Title)) + "\n")
	for _, f := range d.Facts {
		fmt.Fprintf(&b, "%s  %s\n", style.Faint(fmt.Sprintf("%-9s", f.Name)), style.Clean(f.Value))
	}
	for _, p := range d.Lead {
		b.WriteString("\n" + style.Clean(p) + "\n")
	}
	for _, s := range d.Sections {
		b.WriteByte('\n')
		if s.Title != "" {
			b.WriteString(style.Heading(style.Clean(s.Title)) + "\n")
		}
		for _, line := range s.Text {
			b.WriteString(style.Clean(line) + "\n")
		}
		if s.Table != nil {
			s.Table.text(&b, style)
		}
	}
	if len(d.Limits) > 0 {
		b.WriteString("\n" + style.Heading("What the data can't show") + "\n")
		for _, l := range d.Limits {
			b.WriteString("- " + style.Clean(l) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// maxCell bounds a cell of a text table, in characters.
const maxCell = 80

func (t *Table) text(b *strings.Builder, style Style) {
	if len(t.Rows) == 0 {
		b.WriteString(style.Faint("none") + "\n")
		return
	}
	if t.tall() {
		t.list(b, style)
		return
	}
	if t.Records {
		t.records(b, style)
		return
	}
	cells := make([][]string, 0, len(t.Rows)+1)
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = strings.ToUpper(c.Heading())
	}
	cells = append(cells, head)
	for _, row := range t.Rows {
		line := make([]string, len(row))
		for i, v := range row {
			line[i] = style.Clean(t.Columns[i].Cell(v))
			if i < len(row)-1 || style.Width > 0 {
				line[i] = cut(line[i], maxCell)
			}
		}
		cells = append(cells, line)
	}
	widths := make([]int, len(t.Columns))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, line := range cells {
		text := t.line(line, widths)
		if style.Width > 0 {
			text = cut(text, style.Width)
		}
		if n == 0 {
			text = style.Faint(text)
		}
		b.WriteString(text + "\n")
	}
	if t.More {
		b.WriteString(style.Faint(fmt.Sprintf("… more than %d", len(t.Rows))) + "\n")
	}
}

// list writes the only row as names with values.
func (t *Table) list(b *strings.Builder, style Style) {
	width := 0
	for _, c := range t.Columns {
		width = max(width, utf8.RuneCountInString(c.Heading()))
	}
	for i, c := range t.Columns {
		name := c.Heading() + strings.Repeat(" ", width-utf8.RuneCountInString(c.Heading()))
		b.WriteString(style.Faint(name) + "  " + style.Clean(c.Cell(t.Rows[0][i])) + "\n")
	}
}

func (t *Table) line(cells []string, widths []int) string {
	var b strings.Builder
	for i, cell := range cells {
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		switch {
		case t.Columns[i].right():
			b.WriteString(pad + cell)
		case i == len(cells)-1:
			b.WriteString(cell)
		default:
			b.WriteString(cell + pad)
		}
		if i < len(cells)-1 {
			b.WriteString("  ")
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// cut shortens a text to so many characters.
func cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	runes := []rune(s)
	return string(runes[:max(0, width-1)]) + "…"
}

// oneLine keeps a text on its line and free of control characters.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r == utf8.RuneError || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '�'
		}
		return r
	}, s)
}
