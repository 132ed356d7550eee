package timeline

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/agentaudit/agentaudit/internal/report"
)

// GraphFormats are the names that Graph takes.
var GraphFormats = []string{"text", "dot", "mermaid", "json", "svg"}

// Graph writes the tree. Text for a terminal has a style; the other formats need none.
func (t *Timeline) Graph(w io.Writer, format string, style report.Style) error {
	out := bufio.NewWriterSize(w, 64<<10)
	switch format {
	case "text":
		t.writeText(out, style)
	case "dot":
		t.writeDOT(out)
	case "mermaid":
		t.writeMermaid(out)
	case "svg":
		t.writeSVG(out)
	case "json":
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(t); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no graph format %q: formats are %s", format, strings.Join(GraphFormats, ", "))
	}
	return out.Flush()
}

// clean keeps a text on its line and takes out control characters and what turns the direction of writing.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r == utf8.RuneError || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff:
			return '�'
		}
		return r
	}, s)
}

// flawWords are those that stand beside a step.
var flawWords = map[Flaw]string{MissingParent: "parent unknown", Cycle: "inside itself", ClockSkew: "clock before its parent's"}

// Label is the step in a line: action, agent, outcome, duration, what is wrong.
func (s *Step) Label() string {
	parts := []string{s.Action}
	if s.Agent != "" {
		parts = append(parts, s.Agent)
	}
	if s.Outcome != "" {
		parts = append(parts, s.Outcome)
	}
	if took := s.Took(); took > 0 {
		parts = append(parts, report.Milliseconds(float64(took)/1e6))
	}
	for _, f := range s.Flaws {
		parts = append(parts, "("+flawWords[f]+")")
	}
	return short(strings.Join(parts, "  "), 3*maxDetail)
}

// maxIndent bounds how deep the text tree is drawn; what lies deeper says how deep.
const maxIndent = 24

func (t *Timeline) writeText(w *bufio.Writer, style report.Style) {
	tidy := style.Clean
	if tidy == nil {
		tidy = clean
	}
	last := make([]bool, maxIndent+1) // whether the step at each depth is its parent's last
	for s := range t.Walk() {
		siblings := t.Roots
		if s.Parent >= 0 {
			siblings = t.Steps[s.Parent].Children
		}
		isLast := siblings[len(siblings)-1] == s.Number-1
		var b strings.Builder
		for depth := 1; depth < min(s.Depth, maxIndent); depth++ {
			b.WriteString(bar(last[depth], "   ", "│  "))
		}
		switch {
		case s.Depth > maxIndent:
			fmt.Fprintf(&b, "… %d deep ", s.Depth)
		case s.Depth > 0:
			b.WriteString(bar(isLast, "└─ ", "├─ "))
		}
		if s.Depth <= maxIndent {
			last[s.Depth] = isLast
		}
		fmt.Fprintf(&b, "%d %s", s.Number, tidy(s.Label()))
		if d := tidy(t.Details(s)); d != "" {
			b.WriteString("  " + d)
		}
		line := b.String()
		if style.Width > 0 {
			line = short(line, style.Width)
		}
		_, _ = w.WriteString(line + "\n") // Flush tells
	}
}

func bar(last bool, yes, no string) string {
	if last {
		return yes
	}
	return no
}

// colours are those of dot and SVG, by outcome.
func colour(outcome string) string {
	switch outcome {
	case "error", "timeout":
		return "#f8c8c4"
	case "denied", "cancelled":
		return "#f8e3b0"
	case "success":
		return "#cfe8cf"
	case "pending":
		return "#d8e2f4"
	}
	return "#e8e8e8"
}

var dotEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// writeDOT writes Graphviz's language: a cluster for each agent, an edge from each step to those in it.
func (t *Timeline) writeDOT(w *bufio.Writer) {
	quote := func(s string) string { return `"` + dotEscapes.Replace(clean(s)) + `"` }
	_, _ = w.WriteString("digraph trace {\n  rankdir=LR;\n  node [shape=box, style=filled, fontname=\"sans-serif\", fontsize=10];\n")
	for i, lane := range t.byLane() {
		fmt.Fprintf(w, "  subgraph cluster_%d {\n    label=%s;\n", i, quote(lane.agent))
		for _, n := range lane.steps {
			s := &t.Steps[n]
			fmt.Fprintf(w, "    s%d [label=%s, fillcolor=%q];\n", s.Number, quote(fmt.Sprintf("%d %s", s.Number, s.Label())), colour(s.Outcome))
		}
		_, _ = w.WriteString("  }\n")
	}
	for i := range t.Steps {
		if s := &t.Steps[i]; s.Parent >= 0 {
			fmt.Fprintf(w, "  s%d -> s%d;\n", s.Parent+1, s.Number)
		}
	}
	_, _ = w.WriteString("}\n")
}

// lane is an agent with its steps.
type lane struct {
	agent string
	steps []int
}

func (t *Timeline) byLane() []lane {
	names := t.Lanes()
	at, lanes := make(map[string]int, len(names)), make([]lane, len(names))
	for i, name := range names {
		at[name], lanes[i].agent = i, name
	}
	for i := range t.Steps {
		l := &lanes[at[cmp.Or(t.Steps[i].Agent, NoAgent)]]
		l.steps = append(l.steps, i)
	}
	return lanes
}

// writeMermaid writes a flowchart. All but letters, digits and a few signs becomes an entity, so that no text is taken for syntax.
func (t *Timeline) writeMermaid(w *bufio.Writer) {
	quote := func(s string) string {
		var b strings.Builder
		for _, r := range clean(s) {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" ._-:/,()", r) || r > 0xa0 {
				b.WriteRune(r)
			} else {
				fmt.Fprintf(&b, "#%d;", r)
			}
		}
		return `"` + b.String() + `"`
	}
	_, _ = w.WriteString("flowchart LR\n")
	for i, lane := range t.byLane() {
		fmt.Fprintf(w, "  subgraph lane%d[%s]\n", i, quote(lane.agent))
		for _, n := range lane.steps {
			s := &t.Steps[n]
			fmt.Fprintf(w, "    s%d[%s]:::%s\n", s.Number, quote(fmt.Sprintf("%d %s", s.Number, s.Label())), class(s.Outcome))
		}
		_, _ = w.WriteString("  end\n")
	}
	for i := range t.Steps {
		if s := &t.Steps[i]; s.Parent >= 0 {
			fmt.Fprintf(w, "  s%d --> s%d\n", s.Parent+1, s.Number)
		}
	}
	for _, outcome := range []string{"error", "timeout", "denied", "cancelled", "success", "pending", ""} {
		fmt.Fprintf(w, "  classDef %s fill:%s,stroke:#888,color:#111\n", class(outcome), colour(outcome))
	}
}

// class is the Mermaid class of an outcome; outcomes are of a closed set.
func class(outcome string) string {
	if _, known := severity[outcome]; !known || outcome == "" {
		return "other"
	}
	return outcome
}
