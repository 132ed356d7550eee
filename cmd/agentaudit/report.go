package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/policy"
	"github.com/agentaudit/agentaudit/internal/report"
)

func reportCommand(out *output) *cobra.Command {
	parent := &cobra.Command{
		Use:   "report NAME",
		Short: "Print a report over verified events",
		Long:  "report prints a report over the events of a bucket. What was computed can be read: agentaudit sql --list, --show.",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, def := range report.Definitions {
		parent.AddCommand(definedReport(out, def))
	}
	parent.AddCommand(complianceReport(out), reportCheck(out))
	return parent
}

// reportFlags are the flags of a report.
type reportFlags struct {
	askFlags

	policy, date string
}

func definedReport(out *output, def report.Definition) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   def.Name + " --bucket URL",
		Short: strings.ToUpper(def.About[:1]) + def.About[1:],
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runReport(cmd.Context(), out, &f, def) },
	}
	f.add(cmd)
	switch def.Name {
	case "tokens":
		cmd.Flags().StringVar(&f.policy, "policy", "", "policy with budgets to compare with")
	case "daily":
		cmd.Flags().StringVar(&f.date, "date", "", "the day (UTC), as 2006-01-02; yesterday if not given")
		_ = cmd.Flags().MarkHidden("since")
		_ = cmd.Flags().MarkHidden("until")
	}
	return cmd
}

func runReport(ctx context.Context, out *output, f *reportFlags, def report.Definition) (err error) {
	rules, err := readPolicy(f.policy)
	if err != nil {
		return err
	}
	var day time.Time
	if def.Name == "daily" {
		if day, err = f.day(time.Now()); err != nil {
			return err
		}
	}
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	var d *report.Document
	if day.IsZero() {
		d, err = report.Run(ctx, a, def)
	} else {
		d, err = report.Daily(ctx, a, day)
	}
	if err == nil && rules != nil {
		err = report.AddBudgets(ctx, a, d, rules.Budgets)
	}
	if err != nil {
		return err
	}
	return a.finish(out, &f.askFlags, d)
}

// day reads --date and narrows the period to it.
func (f *reportFlags) day(now time.Time) (time.Time, error) {
	if f.since != "" || f.until != "" {
		return time.Time{}, errors.New("a day has neither --since nor --until: give --date")
	}
	day := now.UTC().AddDate(0, 0, -1).Truncate(24 * time.Hour)
	if f.date != "" {
		var err error
		if day, err = time.Parse(time.DateOnly, f.date); err != nil {
			return day, fmt.Errorf("--date: %q is no day such as 2006-01-02", f.date)
		}
	}
	f.since, f.until, f.history = day.Format(time.DateOnly), day.Format(time.DateOnly), report.Week
	return day, nil
}

// finish prints a document, and returns what the command ends with.
func (a *asking) finish(out *output, f *askFlags, d *report.Document) error {
	if err := a.print(out, f, d); err != nil {
		return err
	}
	return a.result()
}

func readPolicy(name string) (*policy.File, error) {
	if name == "" {
		return nil, nil
	}
	p, err := policy.Load(name)
	if err != nil {
		return nil, withHint(fmt.Errorf("--policy: %w", err), "agentaudit report compliance --example-policy prints one to start from")
	}
	return p, nil
}
