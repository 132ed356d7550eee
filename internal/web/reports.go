package web

import (
	"context"
	"errors"
	"slices"

	"github.com/agentaudit/agentaudit/internal/anomaly"
	"github.com/agentaudit/agentaudit/internal/compliance"
	"github.com/agentaudit/agentaudit/internal/report"
)

// complianceName is the report that is no Definition: it needs a policy.
const complianceName = "compliance"

// reportsPage lists the reports.
func reportsPage(_ context.Context, q *question) (*report.Document, error) {
	t := &report.Table{Columns: []report.Column{{Name: "report"}, {Name: "about"}}}
	for _, def := range report.Definitions {
		t.Rows = append(t.Rows, []any{def.Name, def.About})
	}
	about := "checks against the policy, and evidence for controls of laws and standards"
	if q.server.Policy == nil {
		about += " (start serve with --policy)"
	}
	t.Rows = append(t.Rows, []any{complianceName, about})
	return &report.Document{Name: "reports", Title: "Reports", Sections: []report.Section{{Name: "reports", Table: t}}}, nil
}

// reportPage shows one report, with its charts.
func reportPage(ctx context.Context, q *question) (*report.Document, error) {
	name := q.path("name")
	if name == complianceName {
		return complianceReport(ctx, q)
	}
	return charted(definition(name), chartsOf[name]...)(ctx, q)
}

func complianceReport(ctx context.Context, q *question) (*report.Document, error) {
	if q.server.Policy == nil {
		return nil, notFound("this report measures the trail against a policy: start serve with --policy; agentaudit report compliance --example-policy prints one")
	}
	p := q.server.Lake.Provenance()
	if q.user.Tiers != nil {
		return nil, notFound("compliance can't be judged by a part of the tiers")
	}
	d, _, err := compliance.Run(ctx, compliance.Input{Asker: q, Policy: q.server.Policy, Provenance: &p})
	if err != nil {
		return nil, err
	}
	d.Limits = append(d.Limits, report.LimitsOf(&p)...)
	return d, nil
}

// agentPage is the report on one agent.
func agentPage(ctx context.Context, q *question) (*report.Document, error) {
	d, err := report.Agent(ctx, q, q.path("name"), report.Period{Since: q.Since, Until: q.Until})
	if errors.Is(err, report.ErrNoAgent) {
		return nil, notFound("%v in this period, or you may not see them", err)
	}
	return d, err
}

// anomaliesPage runs the rules.
func anomaliesPage(ctx context.Context, q *question) (*report.Document, error) {
	opts := anomaly.Options{Since: q.Since, Partial: q.partial()}
	if q.server.Policy != nil {
		var err error
		if opts.Policy, err = anomaly.PolicyOf(q.server.Policy); err != nil {
			return nil, err
		}
	}
	result, err := anomaly.Run(ctx, q, opts)
	if err != nil {
		return nil, err
	}
	if q.format != "" && q.format != "md" {
		return result.Data(), nil
	}
	d := result.Document()
	if q.Since.IsZero() {
		d.Lead = append(d.Lead, "Give since: some rules compare a period with the four weeks before it.")
	}
	return d, nil
}

// partial says why the view lacks events of the period; empty if it has all.
func (q *question) partial() string {
	for _, name := range filters {
		if !slices.Contains([]string{"since", "until"}, name) && q.values.Get(name) != "" {
			return "the filter " + name + " leaves some out"
		}
	}
	if q.user.Tiers != nil {
		return "not all tiers may be seen"
	}
	if p := q.server.Lake.Provenance(); len(p.Unseen) > 0 || p.Damaged > 0 {
		return "parts of the bucket could not be shown"
	}
	return ""
}
