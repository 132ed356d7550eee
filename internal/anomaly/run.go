package anomaly

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/report"
)

// Options say what to look for. The zero value looks for everything.
type Options struct {
	Policy *Policy
	// Rules are the names of those to run; all that are not off if empty. A rule that is named runs though it is off.
	Rules []string
	// MinSeverity leaves out rules that weigh less.
	MinSeverity Severity
	// Since is where the period begins, as lake.View has it. Without it rules that compare with the time before decide nothing.
	Since time.Time
	// Partial says why the view lacks events of the period ("--agent", "tier critical may not be read"); empty if it has all. Rules that
	// follow references between events then decide nothing.
	Partial string
	// MaxFindings bounds those of one rule; 1000 if zero.
	MaxFindings int
}

// Result is what was found.
type Result struct {
	Findings []Finding `json:"findings"`
	// Undecided is what rules could not say, in the order of rules.
	Undecided []Undecided `json:"undecided"`
	// Rules are the names of those that ran.
	Rules []string `json:"rules"`
	// More are the rules that found more than is told.
	More []string `json:"more,omitempty"`
}

// History is how long before a period the rules want to look: four weeks, so that each day of the week was there.
const History = 28 * 24 * time.Hour

const maxFindings = 1000

// Run asks the questions of the rules. Asker is a lake.View; it must have a history of some weeks, see [History].
func Run(ctx context.Context, asker report.Asker, opts Options) (*Result, error) {
	rules, err := opts.choose()
	if err != nil {
		return nil, err
	}
	if opts.MaxFindings <= 0 {
		opts.MaxFindings = maxFindings
	}
	r := &Result{Findings: []Finding{}, Undecided: []Undecided{}, Rules: []string{}}
	for _, rule := range rules {
		r.Rules = append(r.Rules, rule.Name)
		args, why := opts.arguments(rule)
		if why != "" {
			r.Undecided = append(r.Undecided, Undecided{rule.Name, why})
			continue
		}
		q, err := report.FindQuestion(rule.Question())
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", rule.Name, err)
		}
		// The row of what is undecided comes beside the findings.
		t, err := report.AskSQL(ctx, asker, q.SQL, opts.MaxFindings+1, args...)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", rule.Name, err)
		}
		if r.take(rule, opts.Policy.Severity(rule), t, opts.MaxFindings) || t.More {
			r.More = append(r.More, rule.Name)
		}
	}
	order(r.Findings)
	return r, nil
}

func (o *Options) choose() (rules []*Rule, err error) {
	for _, name := range o.Rules {
		if _, err := FindRule(name); err != nil {
			return nil, err
		}
	}
	for i := range Rules {
		r := &Rules[i]
		if len(o.Rules) > 0 && !slices.Contains(o.Rules, r.Name) || len(o.Rules) == 0 && o.Policy.Off(r) || o.Policy.Severity(r) < o.MinSeverity {
			continue
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// arguments are the parameters of a rule's question, or why it can't be asked.
func (o *Options) arguments(r *Rule) (args []any, why string) {
	if r.Before {
		if o.Since.IsZero() {
			return nil, "the period has no beginning, so there is nothing before it to compare with"
		}
		args = append(args, sql.Named("since", o.Since.UTC().Format("2006-01-02 15:04:05.000000000")))
	}
	if r.Whole && o.Partial != "" {
		return nil, "it follows references between events, and not all of them are here: " + o.Partial
	}
	for i := range r.Params {
		p := &r.Params[i]
		v := o.Policy.Value(r, p)
		if list, ok := v.([]string); ok {
			if len(list) == 0 {
				return nil, "the policy names no " + p.About
			}
			v = expression(list)
		}
		args = append(args, sql.Named(p.Name, v))
	}
	return args, ""
}

// take reads the rows of a question, whose columns all questions of this package share, and says whether there were more than limit.
func (r *Result) take(rule *Rule, severity Severity, t *report.Table, limit int) (more bool) {
	at := map[string]int{}
	for i, c := range t.Columns {
		at[c.Name] = i
	}
	found := 0
	for _, row := range t.Rows {
		text := func(column string) string { s, _ := row[at[column]].(string); return s }
		if decided, _ := row[at["decided"]].(bool); !decided {
			r.Undecided = append(r.Undecided, Undecided{rule.Name, text("seen")})
			continue
		}
		if found++; found > limit {
			return true
		}
		f := Finding{
			Rule: rule.Name, Severity: severity, Agent: text("agent"), User: text("user_id"), Session: text("session_id"), Trace: text("trace_id"),
			Tool: text("tool"), Seen: bounded(text("seen")), Baseline: bounded(text("baseline")),
		}
		f.Events, _ = row[at["events"]].(int64)
		f.EventIDs, _ = row[at["event_ids"]].([]string)
		f.EventIDs = f.EventIDs[:min(len(f.EventIDs), MaxEventIDs)]
		f.FirstAt, _ = row[at["first_at"]].(time.Time)
		f.LastAt, _ = row[at["last_at"]].(time.Time)
		f.print(text("anchor"))
		r.Findings = append(r.Findings, f)
	}
	return false
}
