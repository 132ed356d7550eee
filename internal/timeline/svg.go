package timeline

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/agentaudit/agentaudit/internal/report"
)

// Measures of the picture, in pixels.
const (
	laneName  = 160 // room for the names of the lanes
	lineWidth = 1000
	rowHeight = 18
	barHeight = 14
	laneGap   = 14
	topMargin = 30
	minBar    = 3.0
	charWidth = 6.2 // of the labels, about
	maxRows   = 400 // of one lane; what overlaps more shares the last
)

// writeSVG draws the steps as bars along the time, each agent in a lane of its own. It is one file without script or
// anything from elsewhere; what a bar stands for is its title.
func (t *Timeline) writeSVG(w *bufio.Writer) {
	sum := t.Summary()
	total := max(sum.Last.Sub(sum.First), time.Millisecond)
	x := func(at time.Time) float64 { return laneName + lineWidth*float64(at.Sub(sum.First))/float64(total) }
	lanes := t.byLane()
	rows, heights := make([]place, len(t.Steps)), make([]int, len(lanes))
	height := topMargin
	for i, l := range lanes {
		heights[i] = t.stack(l.steps, rows)
		height += heights[i]*rowHeight + laneGap
	}
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" font-family="sans-serif" font-size="10">`+"\n",
		laneName+lineWidth+20, height, laneName+lineWidth+20)
	fmt.Fprintf(w, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", escaped(names(sum.Traces)))
	fmt.Fprintf(w, "<text x=\"%d\" y=\"14\" fill=\"#666\">%s</text><text x=\"%d\" y=\"14\" fill=\"#666\" text-anchor=\"end\">%s</text>\n",
		laneName, report.Timestamp(sum.First), laneName+lineWidth, escaped("+"+report.Milliseconds(float64(total)/1e6)))
	y := topMargin
	middle := make([]int, len(t.Steps)) // of each bar
	var bars strings.Builder
	for i, l := range lanes {
		tall := heights[i] * rowHeight
		fmt.Fprintf(&bars, "<rect x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", y-4, laneName+lineWidth+20, tall+8, [...]string{"#f7f7f7", "#eef1f6"}[i%2])
		fmt.Fprintf(&bars, "<text x=\"6\" y=\"%d\" font-weight=\"bold\" fill=\"#222\">%s</text>\n", y+11, escaped(short(l.agent, 24)))
		for _, n := range l.steps {
			top := y + rows[n].row*rowHeight
			middle[n] = top + barHeight/2
			limit := float64(laneName + lineWidth + 20)
			if next := rows[n].next; next >= 0 {
				limit = x(t.Steps[next].Start)
			}
			t.bar(&bars, &t.Steps[n], x, top, limit)
		}
		y += tall + laneGap
	}
	_, _ = w.WriteString(bars.String())
	t.edges(w, x, middle)
	_, _ = w.WriteString("</svg>\n")
}

// bar draws one step. Its name stands inside, or behind it when there is more room up to the limit.
func (t *Timeline) bar(b *strings.Builder, s *Step, x func(time.Time) float64, top int, limit float64) {
	from := x(s.Start)
	wide := max(x(s.End)-from, minBar)
	stroke := "#888"
	if len(s.Flaws) > 0 {
		stroke = "#c00"
	}
	fmt.Fprintf(b, "<g><title>%s</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"%s\" stroke=\"%s\"/>",
		escaped(fmt.Sprintf("%d %s\n%s", s.Number, s.Label(), t.Details(s))), from, top, wide, barHeight, colour(s.Outcome), stroke)
	at, room := from+3, (wide-6)/charWidth
	if behind := (limit - from - wide - 6) / charWidth; room < float64(utf8.RuneCountInString(s.Action)) && behind > room {
		at, room = from+wide+3, behind
	}
	if room >= 4 {
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%d\" fill=\"#111\">%s</text>", at, top+barHeight-4, escaped(short(s.Action, int(room))))
	}
	b.WriteString("</g>\n")
}

// edges draws where control went from one agent to another.
func (t *Timeline) edges(w *bufio.Writer, x func(time.Time) float64, middle []int) {
	_, _ = w.WriteString("<g fill=\"none\" stroke=\"#36c\" stroke-width=\"1\" opacity=\".6\">\n")
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.Parent < 0 || t.Steps[s.Parent].Agent == s.Agent {
			continue
		}
		at := x(s.Start)
		fmt.Fprintf(w, "<path d=\"M%.1f %dV%d\"/>\n", at, middle[s.Parent], middle[i])
	}
	_, _ = w.WriteString("</g>\n")
}

// escaped makes text safe inside of an element, whatever it holds.
func escaped(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(strings.Join(lines, "\n"))) // a builder takes everything
	return b.String()
}

// stack gives each step of a lane a row in which it overlaps no other, and returns how many rows that takes.
func (t *Timeline) stack(steps []int, rows []place) int {
	var free freeRows
	for _, n := range steps {
		s := &t.Steps[n]
		rows[n].next = -1
		end := s.End
		if least := s.Start.Add(time.Millisecond); end.Before(least) {
			end = least
		}
		if len(free) > 0 && (!free[0].until.After(s.Start) || len(free) == maxRows) {
			rows[n].row = free[0].row
			rows[free[0].last].next = n
			free[0].until, free[0].last = end, n
			heap.Fix(&free, 0)
			continue
		}
		rows[n].row = len(free)
		heap.Push(&free, rowUntil{len(free), n, end})
	}
	return max(len(free), 1)
}

// place is where a step is drawn in its lane.
type place struct {
	row  int
	next int // the step behind it in the row, -1 if there is none
}

// rowUntil is a row with the last step in it and the time until which it is taken.
type rowUntil struct {
	row, last int
	until     time.Time
}

// freeRows is a heap: the row that is free first comes first.
type freeRows []rowUntil

func (f freeRows) Len() int { return len(f) }
func (f freeRows) Less(i, j int) bool {
	return cmp.Or(f[i].until.Compare(f[j].until), cmp.Compare(f[i].row, f[j].row)) < 0
}
func (f freeRows) Swap(i, j int) { f[i], f[j] = f[j], f[i] }

// Push implements heap.Interface.
func (f *freeRows) Push(v any) {
	row, _ := v.(rowUntil) // only stack pushes
	*f = append(*f, row)
}

// Pop implements heap.Interface.
func (f *freeRows) Pop() any {
	last := len(*f) - 1
	v := (*f)[last]
	*f = (*f)[:last]
	return v
}
