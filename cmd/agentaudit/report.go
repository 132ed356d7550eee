package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

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
		var f askFlags
		cmd := &cobra.Command{
			Use:   def.Name + " --bucket URL",
			Short: strings.ToUpper(def.About[:1]) + def.About[1:],
			Args:  noArgs,
			RunE:  func(cmd *cobra.Command, _ []string) error { return runReport(cmd.Context(), out, &f, def) },
		}
		f.add(cmd)
		parent.AddCommand(cmd)
	}
	return parent
}

func runReport(ctx context.Context, out *output, f *askFlags, def report.Definition) (err error) {
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	d, err := report.Run(ctx, a, def)
	if err != nil {
		return err
	}
	if err := a.print(out, f, d); err != nil {
		return err
	}
	return a.result()
}
