package report

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoAgent means that no event is of an agent of that name or id.
var ErrNoAgent = errors.New("no events of that agent")

// Week is what changes are measured against: so much history before Since a lake should have (lake.Options.History).
const Week = 7 * 24 * time.Hour

// Period is what the view events shows; zero is unbounded.
type Period struct{ Since, Until time.Time }

var aboutAgent = []Asked{
	{"Totals", "agent_totals", 0},
	{"What it did", "agent_types", 0},
	{"Tools, the most called first", "agent_tools", 20},
	{"Data, the most used first", "agent_resources", 20},
	{"Tokens and cost by model", "agent_models", 20},
	{"Approvals and denials", "agent_approvals", 50},
	{"Handoffs", "agent_handoffs", 50},
}

// Agent is the report on one agent, by name or id. The view must not be narrowed to it: who handed over to it is told by others. An
// agent without events is ErrNoAgent.
func Agent(ctx context.Context, asker Asker, name string, p Period) (*Document, error) {
	d := &Document{Name: "agent", Title: "Agent " + name}
	if err := d.ask(ctx, asker, aboutAgent, name); err != nil {
		return nil, err
	}
	totals := d.table("agent_totals")
	if totals.Int(0, "events") == 0 {
		return nil, fmt.Errorf("%w: %q", ErrNoAgent, name)
	}
	last, _ := totals.Value(0, "last_at").(time.Time)
	section, err := change(ctx, asker, name, p.ending(last))
	if err != nil {
		return nil, err
	}
	d.Sections = append(d.Sections, section)
	d.Limits = append(d.Limits, "Durations are those of calls that told one; the average and p95 in the totals are of calls of tools and models.")
	if n := d.unpriced(); n > 0 {
		d.Limits = append(d.Limits, fmt.Sprintf("%s told no cost and had no price: the cost is without them.", count(n, "model call")))
	}
	return d, nil
}

func (d *Document) unpriced() (n int64) {
	models := d.table("agent_models")
	for i := range models.Rows {
		n += models.Int(i, "unpriced")
	}
	return n
}

// ending fills open limits: until is the last event, since a week before it.
func (p Period) ending(last time.Time) Period {
	if p.Until.IsZero() {
		p.Until = last
	}
	if p.Since.IsZero() {
		p.Since = p.Until.Add(-Week)
	}
	return p
}

// change compares a period with the week before it; agent is "" for all.
func change(ctx context.Context, asker Asker, agent string, p Period) (Section, error) {
	days := max(p.Until.Sub(p.Since).Hours()/24, 1.0/24)
	var who any
	if agent != "" {
		who = agent
	}
	t, err := Ask(ctx, asker, "change", who, p.Since.UTC(), days, int64(Week.Hours()/24))
	if err != nil {
		return Section{}, err
	}
	title := fmt.Sprintf("Change: %s to %s (%.4g days) against the 7 days before", p.Since.UTC().Format(time.RFC3339), p.Until.UTC().Format(time.RFC3339), days)
	return Section{Name: "change", Title: title, Table: t}, nil
}

// Agents returns the names of all agents, the most active first.
func Agents(ctx context.Context, asker Asker) ([]string, error) {
	t, err := Ask(ctx, asker, "agent_names")
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(t.Rows))
	for i := range t.Rows {
		if name, ok := t.Value(i, "agent").(string); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// Daily is the page about the day that the view shows.
func Daily(ctx context.Context, asker Asker, day time.Time) (*Document, error) {
	def, err := FindDefinition("daily")
	if err != nil {
		return nil, err
	}
	d, err := Run(ctx, asker, def)
	if err != nil {
		return nil, err
	}
	d.Title = "Day " + day.UTC().Format(time.DateOnly)
	start := day.UTC().Truncate(24 * time.Hour)
	section, err := change(ctx, asker, "", Period{start, start.AddDate(0, 0, 1)})
	if err != nil {
		return nil, err
	}
	section.Title = "Against the mean of the 7 days before"
	d.Sections = append(d.Sections, section)
	return d, nil
}
