package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/report"
)

const agentHelp = `agent prints what one agent did: activity by type, errors, durations, tools, data, tokens and cost, approvals, handoffs, and what changed
against the week before. Without --since the change is that of its last 7 days.`

func agentCommand(out *output) *cobra.Command {
	f := askFlags{history: report.Week}
	cmd := &cobra.Command{
		Use:     "agent NAME --bucket URL",
		Short:   "Print what one agent did",
		Long:    agentHelp,
		Example: "  agentaudit agent refund_agent --bucket file:./agentaudit-data/bucket --since 2026-11-01",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(f.agents) > 0 {
				return errors.New("--agent and a name: the name is enough")
			}
			return runAgent(cmd.Context(), out, &f, args[0])
		},
	}
	f.add(cmd)
	_ = cmd.Flags().MarkHidden("agent")
	return cmd
}

func runAgent(ctx context.Context, out *output, f *askFlags, name string) (err error) {
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	d, err := report.Agent(ctx, a, name, report.Period{Since: a.Since, Until: a.Until})
	if errors.Is(err, report.ErrNoAgent) {
		names, namesErr := report.Agents(ctx, a)
		if namesErr != nil || len(names) == 0 {
			return err
		}
		return withHint(err, "agents in this period: "+strings.Join(names[:min(len(names), 10)], ", "))
	}
	if err != nil {
		return err
	}
	return a.finish(out, f, d)
}
