package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"net/http"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/agentaudit/agentaudit/internal/report"
)

// chartSpec is a chart of the answer to a question: a bar for each row.
type chartSpec struct {
	title, question string
	label, value    string // columns
}

// specs are the charts by name.
var specs = map[string]chartSpec{
	"types":         {"Events by type", "types", "event_type", "events"},
	"agents":        {"Events by agent", "agents", "agent", "events"},
	"tools":         {"Calls by tool", "tools", "tool", "calls"},
	"tool_times":    {"p95 of each tool, ms", "tools", "tool", "p95_ms"},
	"errors":        {"Errors by class", "errors_by_type", "error_type", "errors"},
	"error_agents":  {"Errors by agent", "errors_by_agent", "agent", "errors"},
	"reads":         {"Reads by resource", "access_by_resource", "resource", "reads"},
	"changes":       {"Changes by resource", "access_by_resource", "resource", "changes"},
	"tokens_days":   {"Tokens by day (UTC)", "tokens_by_day", "day", "tokens"},
	"tokens_models": {"Tokens by model", "tokens_by_model", "model", "tokens"},
	"tokens_agents": {"Tokens by agent", "tokens_by_agent", "agent", "tokens"},
}

// chartsOf are the charts of each report.
var chartsOf = map[string][]string{
	"summary": {"types", "agents"}, "tools": {"tools", "tool_times"}, "errors": {"errors", "error_agents"}, "access": {"reads", "changes"},
	"tokens": {"tokens_days", "tokens_models", "tokens_agents"}, "daily": {"agents", "tools"},
}

// chartView is a chart on a page.
type chartView struct{ Title, Address string }

// charted adds charts to a page. They ask with the page's own filter.
func charted(build func(context.Context, *question) (*report.Document, error), names ...string) func(context.Context, *question) (*report.Document, error) {
	return func(ctx context.Context, q *question) (*report.Document, error) {
		d, err := build(ctx, q)
		if err != nil || q.format != "" {
			return d, err
		}
		var views []chartView
		for _, name := range names {
			views = append(views, chartView{specs[name].title, "/chart/" + name + ".svg?" + q.uri.Query().Encode()})
		}
		q.extra = views
		return d, nil
	}
}

const (
	maxBars  = 12
	maxLabel = 28 // characters
	barWidth = 14 // points
)

// chart answers with a picture. Its colours are readable on light and on dark.
func chart(ctx context.Context, q *question, w http.ResponseWriter) error {
	name, _ := strings.CutSuffix(q.path("name"), ".svg")
	spec, ok := specs[name]
	if !ok {
		return notFound("there is no chart %q", name)
	}
	t, err := report.Ask(ctx, q, spec.question)
	if err != nil {
		return err
	}
	svg, err := spec.draw(t)
	if err != nil {
		return fmt.Errorf("couldn't draw a chart: %w", err)
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write(svg) // a browser that is gone needs no answer
	return nil
}

var (
	ink  = color.NRGBA{0x80, 0x88, 0x92, 0xff}
	bars = color.NRGBA{0x3b, 0x7d, 0xdd, 0xff}
)

func (c chartSpec) draw(t *report.Table) ([]byte, error) {
	var values plotter.Values
	var labels []string
	first := 0
	if c.label == "day" {
		first = max(0, len(t.Rows)-maxBars) // the last days
	}
	for i := first; i < min(len(t.Rows), first+maxBars); i++ {
		values = append(values, number(t.Value(i, c.value)))
		labels = append(labels, label(t.Cell(i, c.label)))
	}
	if len(values) == 0 {
		values, labels = plotter.Values{0}, []string{"none"}
	}
	reverse(values, labels) // the first row on top
	p := plot.New()
	p.BackgroundColor = nil // the page's
	chart, err := plotter.NewBarChart(values, vg.Points(barWidth))
	if err != nil {
		return nil, err
	}
	chart.Horizontal, chart.Color, chart.LineStyle.Width = true, bars, 0
	p.Add(chart)
	p.NominalY(labels...)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Label.TextStyle.Color, axis.Tick.Color, axis.Tick.Label.Color = ink, ink, ink, ink
	}
	p.Y.Padding = vg.Points(8)
	p.X.Tick.Marker = plot.TickerFunc(ticks)
	p.X.Min = 0
	p.X.Max = max(p.X.Max, 1)
	canvas := vgsvg.NewWith(vgsvg.UseWH(vg.Points(420), vg.Points(float64(50+len(values)*(barWidth+8)))))
	p.Draw(draw.Crop(draw.New(canvas), vg.Points(18), -vg.Points(14), 0, 0)) // browsers have wider letters
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	if !utf8.Valid(out.Bytes()) {
		return nil, errors.New("the picture is no text")
	}
	return out.Bytes(), nil
}

// ticks are the library's, with numbers as our tables have them.
func ticks(low, high float64) []plot.Tick {
	marks := plot.DefaultTicks{}.Ticks(low, high)
	for i := range marks {
		if marks[i].Label != "" {
			marks[i].Label = report.Column{Kind: report.Number}.Cell(marks[i].Value)
		}
	}
	return marks
}

func number(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// label is a name as a picture has room for it.
func label(s string) string {
	s = strings.NewReplacer("\n", " ", "\t", " ").Replace(visible(s))
	if n := utf8.RuneCountInString(s); n > maxLabel {
		s = string([]rune(s)[:maxLabel-1]) + "…"
	}
	// The library measures narrower letters than a browser has: spaces make the room.
	return s + strings.Repeat(" ", 1+len(s)/6)
}

func reverse(values plotter.Values, labels []string) {
	for i, j := 0, len(values)-1; i < j; i, j = i+1, j-1 {
		values[i], values[j] = values[j], values[i]
		labels[i], labels[j] = labels[j], labels[i]
	}
}
