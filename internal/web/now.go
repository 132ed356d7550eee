package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/agentaudit/agentaudit/internal/access"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/live"
	"github.com/agentaudit/agentaudit/internal/report"
)

// tile is one figure of the first page. Its name is its column's, which says how it is printed.
type tile struct{ Name, Heading, Value string }

// state is what the first page shows and its script asks for again and again.
type state struct {
	Live    bool               `json:"live"`
	Tiles   []tile             `json:"tiles"`
	Minutes []int64            `json:"minutes,omitempty"`
	Tables  map[string][]named `json:"tables,omitempty"`
}

type named struct {
	Name  string `json:"name"`
	Count int64  `json:"events"`
}

// tiles are the figures with how to get them; the first ones of what arrives now, the others of the trail.
var tiles = []struct {
	column report.Column
	live   func(*live.Sums) any
	trail  func(*lake.Provenance) any
}{
	{column: report.Column{Name: "events_per_second"}, live: func(s *live.Sums) any { return strconv.FormatFloat(s.PerSecond, 'f', 1, 64) }},
	{column: report.Column{Name: "events_in_the_last_hour", Kind: report.Number}, live: func(s *live.Sums) any { return s.Events }},
	{column: report.Column{Name: "active_agents", Kind: report.Number}, live: func(s *live.Sums) any { return int64(s.Agents) }},
	{column: report.Column{Name: "errors", Kind: report.Number}, live: func(s *live.Sums) any { return s.Errors }},
	{column: report.Column{Name: "denials", Kind: report.Number}, live: func(s *live.Sums) any { return s.Denials }},
	{column: report.Column{Name: "tokens", Kind: report.Number}, live: func(s *live.Sums) any { return s.Tokens }},
	{column: report.Column{Name: "cost_usd", Kind: report.Money}, live: func(s *live.Sums) any { return s.CostUSD }},
	{column: report.Column{Name: "collectors_seen", Kind: report.Number}, trail: func(p *lake.Provenance) any { return int64(len(p.Writers)) }},
	{column: report.Column{Name: "events_in_the_trail", Kind: report.Number}, trail: func(p *lake.Provenance) any { return p.Lines }},
	{column: report.Column{Name: "last_log_entry_at", Kind: report.Time}, trail: lastEntry},
	{column: report.Column{Name: "last_verified_at", Kind: report.Time}, trail: func(p *lake.Provenance) any { return p.At }},
	{column: report.Column{Name: "lag"}, trail: lag},
}

// lastEntry is when a writer last said something in its log: that it had sealed events, or that it had none.
func lastEntry(p *lake.Provenance) any {
	if len(p.Writers) == 0 {
		return nil
	}
	last := p.Writers[0].LastEntry
	for _, w := range p.Writers {
		if w.LastEntry.After(last) {
			last = w.LastEntry
		}
	}
	return last
}

// lag is for how long the quietest open log has said nothing: a collector that is well says something every few minutes.
func lag(p *lake.Provenance) any {
	worst := time.Duration(-1)
	for _, w := range p.Writers {
		if !w.Closed {
			worst = max(worst, p.At.Sub(w.LastEntry))
		}
	}
	if worst < 0 {
		return "none: every log is closed"
	}
	return max(worst, 0).Round(time.Second).String()
}

// state adds up what the user may see.
func (s *server) state(user access.User) state {
	p := s.Lake.Provenance()
	now := state{Live: s.Hub != nil}
	var sums live.Sums
	if now.Live {
		sums = s.Hub.Sums(user.Tiers)
		now.Minutes = sums.Minutes[:]
		now.Tables = map[string][]named{"tiers": sorted(sums.Tiers), "types": sorted(sums.Types)}
	}
	for _, t := range tiles {
		switch {
		case t.trail != nil:
			now.Tiles = append(now.Tiles, tile{t.column.Name, t.column.Heading(), t.column.Cell(t.trail(&p))})
		case now.Live:
			now.Tiles = append(now.Tiles, tile{t.column.Name, t.column.Heading(), t.column.Cell(t.live(&sums))})
		}
	}
	return now
}

func sorted(counts map[string]int64) []named {
	list := make([]named, 0, len(counts))
	for name, n := range counts {
		list = append(list, named{name, n})
	}
	slices.SortFunc(list, func(a, b named) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return list
}

// Long says that the value is more than a figure.
func (t tile) Long() bool { return len(t.Value) > 14 }

// Bars are the minutes as bars of a picture that is 60 wide and 20 high.
func (s state) Bars() []bar {
	most := slices.Max(append([]int64{1}, s.Minutes...))
	bars := make([]bar, len(s.Minutes))
	for i, n := range s.Minutes {
		high := 20 * float64(n) / float64(most)
		bars[i] = bar{X: i, Y: 20 - high, Height: high, Events: n, Ago: len(s.Minutes) - 1 - i}
	}
	return bars
}

type bar struct {
	X, Ago    int
	Y, Height float64
	Events    int64
}

// nowPage is the first page: what arrives now, how the trail is, and the summary of all that it has.
func nowPage(ctx context.Context, q *question) (*report.Document, error) {
	now := q.server.state(q.user)
	q.extra = now
	d, err := definition("summary")(ctx, q)
	if err != nil {
		return nil, err
	}
	d.Name, d.Title = "now", "Now"
	for _, t := range now.Tiles {
		d.Facts = append(d.Facts, report.Fact{Name: t.Name, Value: t.Value})
	}
	return d, nil
}

// now answers with the figures of the first page.
func (s *server) now(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.state(access.From(r.Context()))) // a browser that is gone needs no answer
}
