package web

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"unicode/utf8"

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

	barWidth  = 270 // of the longest, in the picture's units
	rowHeight = 22
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

//go:embed chart.svg
var chartSVG string

// chartTemplate escapes as HTML does, which is enough for the texts of a picture. The libraries for charts that can be had link code under
// licences that we don't take.
var chartTemplate = template.Must(template.New("chart").Parse(chartSVG))

// chartBar is one row of the picture, in its units.
type chartBar struct {
	Label, Value          string
	Top, Text, Width, End int
}

func (c chartSpec) draw(t *report.Table) ([]byte, error) {
	first := 0
	if c.label == "day" {
		first = max(0, len(t.Rows)-maxBars) // the last days
	}
	last := min(len(t.Rows), first+maxBars)
	longest := 0.0
	for i := first; i < last; i++ {
		longest = max(longest, number(t.Value(i, c.value)))
	}
	var bars []chartBar
	for i := first; i < last; i++ {
		top := 6 + len(bars)*rowHeight
		width := 0
		if longest > 0 {
			width = max(1, int(number(t.Value(i, c.value))/longest*barWidth))
		}
		bars = append(bars, chartBar{label(t.Cell(i, c.label)), t.Cell(i, c.value), top, top + 11, width, 210 + width})
	}
	if len(bars) == 0 {
		bars = []chartBar{{Label: "none", Top: 6, Text: 17, End: 210}}
	}
	var out bytes.Buffer
	err := chartTemplate.Execute(&out, map[string]any{"Title": c.title, "Height": 12 + len(bars)*rowHeight, "Bars": bars})
	return out.Bytes(), err
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
	if utf8.RuneCountInString(s) > maxLabel {
		s = string([]rune(s)[:maxLabel-1]) + "…"
	}
	return s
}
