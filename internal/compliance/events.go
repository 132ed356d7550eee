package compliance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/report"
)

// matching returns the names of the tools that match patterns, as a parameter of a question: to compare with names costs less
// than to match every event.
func matching(ctx context.Context, asker report.Asker, patterns []string) (string, error) {
	t, err := report.Ask(ctx, asker, "compliance_tools", list(patterns))
	if err != nil {
		return "", err
	}
	names := make([]string, 0, len(t.Rows))
	for i := range t.Rows {
		if name, ok := t.Value(i, "tool").(string); ok {
			names = append(names, name)
		}
	}
	return list(names), nil
}

func checkApprovals(ctx context.Context, in *Input) (*Result, error) {
	a := in.Policy.Approvals
	if a == nil {
		return nil, nil
	}
	tools, err := matching(ctx, in.Asker, a.Tools)
	if err != nil {
		return nil, err
	}
	t, err := report.Ask(ctx, in.Asker, "compliance_approvals", tools, list(a.By))
	if err != nil {
		return nil, err
	}
	open, err := report.Ask(ctx, in.Asker, "compliance_open_calls", tools)
	if err != nil {
		return nil, err
	}
	r := &Result{Status: Passed, Asked: "every call that ran of " + some(a.Tools) + ", and every one that says that it needed it, was approved by: " + some(a.By)}
	var calls, approved, unclear, joined int64
	for i := range t.Rows {
		n, state := t.Int(i, "calls"), t.Cell(i, "state")
		calls += n
		joined += t.Int(i, "joined_later")
		switch state {
		case "approved":
			approved += n
			continue
		case "approved, no hash to compare":
			unclear += n
		default:
			r.Status = Failed
		}
		r.evidence(t.Cell(i, "tool")+": "+state, n, t.Value(i, "event_ids"))
	}
	r.Measured = fmt.Sprintf("%d of %s ran with an approval of exactly that call", approved, plural(calls, "call"))
	if calls == 0 {
		r.undecidable("no call that needs an approval ran")
	}
	if unclear > 0 {
		r.undecidable("%s: the approval or the call has no action_hash", plural(unclear, "call"))
	}
	if n := open.Int(0, "calls") - open.Int(0, "denied") - open.Int(0, "ended"); n > 0 {
		r.Limits = append(r.Limits, fmt.Sprintf("%s of these tools have neither a result nor a denial: whether they ran nobody told.", plural(n, "call")))
	}
	if joined > 0 {
		r.Limits = append(r.Limits, fmt.Sprintf("%s told nothing of an approval: it came from another event with the same call id or action_hash.", plural(joined, "call")))
	}
	r.Limits = append(r.Limits, "The trail shows that an approval was told, by whom and for what; not that the person read it.")
	return r, nil
}

func checkEscalation(ctx context.Context, in *Input) (*Result, error) {
	e := in.Policy.Escalation
	if e == nil {
		return nil, nil
	}
	t, err := report.Ask(ctx, in.Asker, "compliance_escalation")
	if err != nil {
		return nil, err
	}
	r := &Result{Status: Passed, Asked: fmt.Sprintf("%s to %s of sessions", percent(e.MinRate), percent(e.MaxRate))}
	sessions, escalated := t.Int(0, "sessions"), t.Int(0, "escalated")
	rate, _ := t.Value(0, "escalation_rate").(float64)
	r.Measured = fmt.Sprintf("%s: %d of %s", percent(rate), escalated, plural(sessions, "session"))
	switch {
	case sessions == 0:
		r.undecidable("no sessions")
	case sessions < int64(e.MinSessions):
		r.undecidable("%s are fewer than min_sessions, %d", plural(sessions, "session"), e.MinSessions)
	case rate < e.MinRate || rate > e.MaxRate:
		r.Status = Failed
	}
	if escalated > 0 {
		r.evidence(plural(escalated, "session")+" in which a permission was asked for or a person decided", 0, t.Value(0, "event_ids"))
	}
	r.Limits = []string{"Counted are requests and decisions that agents' telemetry told. Who was asked by other means is not in it."}
	return r, nil
}

func checkDataAccess(ctx context.Context, in *Input) (*Result, error) {
	d := in.Policy.DataAccess
	if d == nil {
		return nil, nil
	}
	tools, err := matching(ctx, in.Asker, d.Tools)
	if err != nil {
		return nil, err
	}
	calls, err := report.Ask(ctx, in.Asker, "compliance_data_calls", tools)
	if err != nil {
		return nil, err
	}
	fields, err := report.Ask(ctx, in.Asker, "compliance_data_fields")
	if err != nil {
		return nil, err
	}
	r := &Result{Status: Passed, Asked: "an event of data access for each call of " + some(d.Tools) + " that succeeded, which names " + some(d.Require)}
	var total, silent int64
	for i := range calls.Rows {
		total += calls.Int(i, "calls")
		if n := calls.Int(i, "without_data_event"); n > 0 {
			silent += n
			r.Status = Failed
			r.evidence(calls.Cell(i, "tool")+": no event of data access", n, calls.Value(i, "event_ids"))
		}
	}
	var events int64
	for i := range fields.Rows {
		events = fields.Int(i, "events")
		if n := fields.Int(i, "lacking"); n > 0 && slices.Contains(d.Require, fields.Cell(i, "field")) {
			r.Status = Failed
			r.evidence("events of data access without "+fields.Cell(i, "field"), n, fields.Value(i, "event_ids"))
		}
	}
	r.Measured = fmt.Sprintf("%d of %s told; %s of data access", total-silent, plural(total, "call"), plural(events, "event"))
	if total == 0 {
		r.Measured = fmt.Sprintf("no call of these tools succeeded; %s of data access", plural(events, "event"))
	}
	if total == 0 && events == 0 {
		r.undecidable("no call of these tools, and no access to data")
	}
	r.Limits = []string{"Which data a tool reaches inside, without telemetry of its own, is not in the trail. Tools that the policy doesn't list were not looked at."}
	return r, nil
}

func checkBudgets(ctx context.Context, in *Input) (*Result, error) {
	if len(in.Policy.Budgets) == 0 {
		return nil, nil
	}
	r := &Result{Status: Passed}
	var asked, measured []string
	for _, b := range in.Policy.Budgets {
		args := []any{b.Per, b.Only, b.Tokens, b.CostUSD}
		t, err := report.Ask(ctx, in.Asker, "budget_total", args...)
		if err != nil {
			return nil, err
		}
		name := report.BudgetName(b)
		var limits []string
		if b.Tokens > 0 {
			limits = append(limits, fmt.Sprintf("%d tokens", b.Tokens))
		}
		if b.CostUSD > 0 {
			limits = append(limits, report.USD(b.CostUSD))
		}
		asked = append(asked, name+": "+strings.Join(limits, ", "))
		measured = append(measured, fmt.Sprintf("%s: %d over of %d, at most %s tokens and %s", name, t.Int(0, "over"), t.Int(0, "checked"),
			t.Cell(0, "highest_tokens"), t.Cell(0, "highest_cost_usd")))
		if t.Int(0, "over") > 0 {
			if err := r.over(ctx, in, name, args); err != nil {
				return nil, err
			}
		}
		switch {
		case t.Int(0, "checked") == 0:
			r.undecidable("%s: nothing was spent", name)
		case b.CostUSD > 0 && t.Int(0, "with_unpriced") > 0:
			r.undecidable("%s: %d of %d have model calls without a known cost", name, t.Int(0, "with_unpriced"), t.Int(0, "checked"))
		}
	}
	r.Asked, r.Measured = strings.Join(asked, "; "), strings.Join(measured, "; ")
	r.Limits = []string{"Tokens and cost are what the agents' telemetry reported or a price table made of it; the provider's invoice is another source."}
	return r, nil
}

// over fails the check for what was over a budget.
func (r *Result) over(ctx context.Context, in *Input, name string, args []any) error {
	t, err := report.AskTop(ctx, in.Asker, "budget_over", 20, args...)
	if err != nil {
		return err
	}
	for i := range t.Rows {
		r.Status, r.Reason = Failed, ""
		r.evidence(fmt.Sprintf("over budget %s: %s, %s tokens, %s", name, t.Cell(i, "name"), t.Cell(i, "tokens"), t.Cell(i, "cost_usd")), 0, t.Value(i, "event_ids"))
	}
	if t.More {
		r.evidence("and more over budget "+name, 0, nil)
	}
	return nil
}
