package mcpserver

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/anomaly"
	"github.com/agentaudit/agentaudit/internal/compliance"
	"github.com/agentaudit/agentaudit/internal/forensics"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/timeline"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// one makes a document of one question.
func one(ctx context.Context, q *asking, title, name string, args ...any) (*report.Document, error) {
	table, err := report.Ask(ctx, q, name, args...)
	if err != nil {
		return nil, err
	}
	return &report.Document{Name: name, Title: title, Sections: []report.Section{{Name: name, Table: table}}}, nil
}

func auditLog(ctx context.Context, q *asking) (*report.Document, error) {
	return one(ctx, q, "Audit log, newest first", "mcp_log")
}

func export(ctx context.Context, q *asking) (*report.Document, error) {
	return one(ctx, q, "Events", "mcp_export")
}

func definition(name string) func(context.Context, *asking) (*report.Document, error) {
	return func(ctx context.Context, q *asking) (*report.Document, error) {
		def, err := report.FindDefinition(name)
		if err != nil {
			return nil, err
		}
		return report.Run(ctx, q, def)
	}
}

// narrowed runs ask on a view of one trace, task or session.
func (q *asking) narrowed(ctx context.Context, id string, ask func(v *lake.View, title string) (*report.Document, error)) (*report.Document, error) {
	if id == "" || len(id) > 500 {
		return nil, refuse("an id is needed, of at most 500 characters")
	}
	found, err := report.Ask(ctx, q, "mcp_find", id)
	if err != nil {
		return nil, err
	}
	switch len(found.Rows) {
	case 0:
		return nil, refuse("nothing has the id %q in this period, or you may not see it", id)
	case 1:
	default:
		return nil, refuse("the id %q means more than one trace: give more digits", id)
	}
	kind, _ := found.Rows[0][0].(string)
	whole, _ := found.Rows[0][1].(string)
	filter := q.filter
	if kind == "session" {
		filter.Sessions = []string{whole}
	} else {
		filter.Traces = []string{whole}
	}
	v, err := q.Lake.View(ctx, filter)
	if err != nil {
		return nil, err
	}
	defer v.Close() //nolint:errcheck // gives the connection back
	return ask(v, kind+" "+whole)
}

func traceTask(ctx context.Context, q *asking, in about) (*report.Document, error) {
	return q.narrowed(ctx, in.ID, func(v *lake.View, title string) (*report.Document, error) {
		t, err := timeline.Load(ctx, v)
		if err != nil {
			return nil, err
		}
		return t.Document("Timeline of " + title), nil
	})
}

// quiet is how long a session may be silent before it counts as over.
const quiet = 30 * time.Minute

func session(ctx context.Context, q *asking, in about) (*report.Document, error) {
	edge, err := report.Ask(ctx, q, "session_edge")
	if err != nil {
		return nil, err
	}
	var until time.Time
	if len(edge.Rows) > 0 {
		until, _ = edge.Rows[0][0].(time.Time)
	}
	return q.narrowed(ctx, in.ID, func(v *lake.View, title string) (*report.Document, error) {
		t, err := timeline.Load(ctx, v)
		if err != nil {
			return nil, err
		}
		return t.SessionDocument(title, until, quiet), nil
	})
}

func forensicAnalysis(ctx context.Context, q *asking, in about) (*report.Document, error) {
	return q.narrowed(ctx, in.ID, func(v *lake.View, title string) (*report.Document, error) {
		t, err := timeline.Load(ctx, v)
		if err != nil {
			return nil, err
		}
		return forensics.Analyze(t).Document("Forensics of " + title), nil
	})
}

func auditAgent(ctx context.Context, q *asking, in aboutAgent) (*report.Document, error) {
	names, err := report.Agents(ctx, q)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, in.Name) {
		return nil, refuse("no agent %q in this period, or you may not see it; agents are %s", clip(in.Name), clip(strings.Join(names, ", ")))
	}
	return report.Agent(ctx, q, in.Name, report.Period{Since: q.Since, Until: q.Until})
}

func complianceReport(ctx context.Context, q *asking) (*report.Document, error) {
	if q.Policy == nil {
		return nil, refuse("the server was started without --policy")
	}
	if q.user.Tiers != nil {
		return nil, refuse("only an auditor sees all tiers, which this report needs")
	}
	p := q.Lake.Provenance()
	d, _, err := compliance.Run(ctx, compliance.Input{Asker: q, Policy: q.Policy, Provenance: &p})
	return d, err
}

func anomalies(ctx context.Context, q *asking) (*report.Document, error) {
	opts := anomaly.Options{Since: q.Since}
	if q.Policy != nil {
		rules, err := anomaly.PolicyOf(q.Policy)
		if err != nil {
			return nil, err
		}
		opts.Policy = rules
	}
	f := q.filter
	if q.user.Tiers != nil || len(f.Agents)+len(f.Users)+len(f.Sessions)+len(f.Tools)+len(f.Tiers)+len(f.Types) > 0 {
		opts.Partial = "the question leaves some events out"
	}
	found, err := anomaly.Run(ctx, q, opts)
	if err != nil {
		return nil, err
	}
	return found.Document(), nil
}

// verifyBucket reads everything; only who may see everything may cause it.
func verifyBucket(ctx context.Context, q *asking) (*report.Document, error) {
	if q.user.Tiers != nil {
		return nil, refuse("only an auditor may verify the whole bucket")
	}
	rep, err := verify.Run(ctx, q.Store, q.Verify)
	if err != nil {
		return nil, err
	}
	findings := &report.Table{Columns: []report.Column{{Name: "kind"}, {Name: "note"}, {Name: "writer"}, {Name: "key"}, {Name: "words"}}}
	for _, f := range rep.Findings {
		findings.Rows = append(findings.Rows, []any{string(f.Kind), f.Note, f.Writer, f.Key, f.String()})
	}
	logs := &report.Table{Columns: []report.Column{{Name: "writer"}, {Name: "entries"}, {Name: "root"}, {Name: "last_entry_at"}, {Name: "closed"}}}
	for _, w := range rep.Writers {
		logs.Rows = append(logs.Rows, []any{w.Writer, w.Size, w.Root, w.LastEntry, w.Closed})
	}
	words := "Everything is as it was signed."
	if !rep.OK {
		words = "The bucket is not as it was signed."
	}
	return &report.Document{
		Name: "verify", Title: "Verification", Lead: []string{words},
		Sections: []report.Section{{Name: "findings", Title: "Findings", Table: findings}, {Name: "logs", Title: "Logs", Table: logs}},
	}, nil
}
