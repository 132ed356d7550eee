package report

import (
	"context"
	"fmt"

	"github.com/agentaudit/agentaudit/internal/policy"
)

// AddBudgets adds to the report on tokens how the budgets were kept, and what was over one.
func AddBudgets(ctx context.Context, asker Asker, d *Document, budgets []policy.Budget) error {
	kept := &Table{Columns: []Column{
		{"budget", Text}, {"token_budget", Number}, {"budget_usd", Money}, {"checked", Number}, {"over", Number},
		{"highest_tokens", Number}, {"highest_cost_usd", Money}, {"with_unpriced", Number},
	}}
	var over *Table
	for _, b := range budgets {
		args := []any{b.Per, b.Only, b.Tokens, b.CostUSD}
		t, err := Ask(ctx, asker, "budget_total", args...)
		if err != nil {
			return err
		}
		kept.Rows = append(kept.Rows, []any{
			BudgetName(b), some(b.Tokens), some(b.CostUSD), t.Value(0, "checked"), t.Value(0, "over"),
			t.Value(0, "highest_tokens"), t.Value(0, "highest_cost_usd"), t.Value(0, "with_unpriced"),
		})
		if t.Int(0, "over") == 0 {
			continue
		}
		if t, err = AskTop(ctx, asker, "budget_over", 50, args...); err != nil {
			return err
		}
		if over == nil {
			over = &Table{Columns: t.Columns}
		}
		over.Rows, over.More = append(over.Rows, t.Rows...), over.More || t.More
	}
	d.Sections = append(d.Sections, Section{Name: "budgets", Title: "Budgets of the policy", Table: kept})
	if over != nil {
		d.Sections = append(d.Sections, Section{Name: "budget_over", Title: "Over budget", Table: over})
	}
	return nil
}

// BudgetName says what a budget is for.
func BudgetName(b policy.Budget) string {
	name := map[string]string{
		"total": "in all", "day": "per day", "agent": "per agent", "model": "per model", "session": "per session", "agent_day": "per agent and day",
	}[b.Per]
	if b.Only != "" && b.Only != "*" {
		name += fmt.Sprintf(" (%s)", b.Only)
	}
	return name
}

// some returns nil for the zero value, which stands for no limit.
func some[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}
