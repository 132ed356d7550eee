package report

import (
	"fmt"
	"io"
	"strings"
)

func printMarkdown(w io.Writer, d *Document) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", markdown(d.Title))
	for _, f := range d.Facts {
		fmt.Fprintf(&b, "- %s: %s\n", markdown(f.Name), markdown(f.Value))
	}
	for _, p := range d.Lead {
		fmt.Fprintf(&b, "\n%s\n", markdown(p))
	}
	for _, s := range d.Sections {
		if s.Title != "" {
			fmt.Fprintf(&b, "\n## %s\n", markdown(s.Title))
		}
		if len(s.Text) > 0 {
			b.WriteString("\n```\n")
			for _, line := range s.Text {
				b.WriteString(strings.ReplaceAll(oneLine(line), "```", "'''") + "\n")
			}
			b.WriteString("```\n")
		}
		if s.Table != nil {
			b.WriteByte('\n')
			s.Table.markdown(&b)
		}
	}
	if len(d.Limits) > 0 {
		b.WriteString("\n## What the data can't show\n\n")
		for _, l := range d.Limits {
			fmt.Fprintf(&b, "- %s\n", markdown(l))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) markdown(b *strings.Builder) {
	if len(t.Rows) == 0 {
		b.WriteString("none\n")
		return
	}
	if t.tall() {
		b.WriteString("| | |\n|---|---:|\n")
		for i, c := range t.Columns {
			fmt.Fprintf(b, "| %s | %s |\n", markdown(c.Heading()), markdown(c.Cell(t.Rows[0][i])))
		}
		return
	}
	var rule strings.Builder
	rule.WriteByte('|')
	b.WriteByte('|')
	for _, c := range t.Columns {
		b.WriteString(" " + markdown(c.Heading()) + " |")
		if c.right() {
			rule.WriteString("---:|")
		} else {
			rule.WriteString("---|")
		}
	}
	b.WriteString("\n" + rule.String() + "\n")
	for _, row := range t.Rows {
		b.WriteByte('|')
		for i, v := range row {
			b.WriteString(" " + markdown(t.Columns[i].Cell(v)) + " |")
		}
		b.WriteByte('\n')
	}
	if t.More {
		fmt.Fprintf(b, "\n… more than %d\n", len(t.Rows))
	}
}

var markdownEscapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`, "&", "&amp;")

// markdown escapes what Markdown or the HTML in it would take for its own: event text is hostile.
func markdown(s string) string { return markdownEscapes.Replace(oneLine(s)) }
