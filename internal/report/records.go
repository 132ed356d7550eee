package report

import (
	"strings"
	"unicode/utf8"
)

// proseWidth is how wide long texts are set where nobody says how wide the place is.
const proseWidth = 110

// records writes each row as a headline of its first two columns, and the rest as names with texts below it.
func (t *Table) records(b *strings.Builder, style Style) {
	width := style.Width
	if width <= 0 || width > proseWidth {
		width = proseWidth
	}
	indent := 0
	for _, c := range t.Columns[min(2, len(t.Columns)):] {
		indent = max(indent, utf8.RuneCountInString(c.Heading()))
	}
	for n, row := range t.Rows {
		if n > 0 {
			b.WriteByte('\n')
		}
		head := make([]string, 0, 2)
		for i := range min(2, len(row)) {
			cell := style.Clean(t.Columns[i].Cell(row[i]))
			if t.Columns[i].Kind == Number {
				cell = t.Columns[i].Heading() + ": " + cell
			}
			head = append(head, cell)
		}
		b.WriteString(style.Heading(strings.Join(head, "  ")) + "\n")
		for i := 2; i < len(row); i++ {
			if row[i] == nil {
				continue
			}
			name := t.Columns[i].Heading()
			b.WriteString("  " + style.Faint(name+strings.Repeat(" ", indent-utf8.RuneCountInString(name))) + "  ")
			lines := wrap(style.Clean(t.Columns[i].Cell(row[i])), max(20, width-indent-4))
			b.WriteString(strings.Join(lines, "\n"+strings.Repeat(" ", indent+4)) + "\n")
		}
	}
	if t.More {
		b.WriteString(style.Faint("… more") + "\n")
	}
}

// wrap breaks a text at spaces. A word that is longer than a line stays whole.
func wrap(text string, width int) (lines []string) {
	line, length := "", 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if length > 0 && length+1+n > width {
			lines = append(lines, line)
			line, length = "", 0
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+n
	}
	return append(lines, line)
}
