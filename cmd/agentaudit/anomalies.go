package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/anomaly"
)

const anomaliesHelp = `anomalies looks for what agents don't usually do, or must not: bursts, failures, denials, loops, retry storms, calls without the
approval that the policy asks for, calls that are not what was approved, data that may have left, what is used for the first time,
outliers in tokens, cost and time, unusual hours, another mix of tools, lost events. docs/anomalies.md has the rules and how well they do;
agentaudit sql --show anomaly_NAME prints the question behind one.

Give --since: some rules compare the period with the four weeks before it. What could not be decided is listed. Exit code 1 says that something
was found.`

const anomaliesExamples = `  agentaudit anomalies --bucket file:./agentaudit-data/bucket --since 2026-11-20 --policy policy.yaml
  agentaudit anomalies --bucket 's3://audit/prod?region=eu-central-1' --since 2026-11-20 --min-severity high --format json
  agentaudit anomalies --bucket file:./agentaudit-data/bucket --rule loop,retry_storm`

// anomaliesFlags are the flags of anomalies as they were given.
type anomaliesFlags struct {
	askFlags

	policy, minSeverity string
	rules               []string
}

func anomaliesCommand(out *output) *cobra.Command {
	f := anomaliesFlags{askFlags: askFlags{history: anomaly.History}}
	cmd := &cobra.Command{
		Use:     "anomalies --bucket URL",
		Short:   "Look for what agents don't usually do, or must not",
		Long:    anomaliesHelp,
		Example: anomaliesExamples,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runAnomalies(cmd.Context(), out, &f) },
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.policy, "policy", "", "policy with the rules' thresholds and the tools that need an approval")
	flags.StringSliceVar(&f.rules, "rule", nil, "only these rules: "+strings.Join(anomaly.RuleNames(), ", "))
	flags.StringVar(&f.minSeverity, "min-severity", "", "only rules of this severity or a graver one: "+strings.Join(anomaly.Severities, ", "))
	return cmd
}

func runAnomalies(ctx context.Context, out *output, f *anomaliesFlags) (err error) {
	opts, err := f.anomalies()
	if err != nil {
		return err
	}
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	opts.Since, opts.Partial = a.Since, f.partial(a)
	if opts.Since.IsZero() {
		out.note("without --since there is nothing before the period to compare with")
	}
	result, err := anomaly.Run(ctx, a, opts)
	if err != nil {
		return err
	}
	d := result.Document()
	if f.format == "json" || f.format == "csv" {
		d = result.Data()
	}
	if err := a.print(out, &f.askFlags, d); err != nil {
		return err
	}
	if len(result.Findings) > 0 {
		return errFinding
	}
	return a.result()
}

// anomalies reads the flags that choose rules and set thresholds.
func (f *anomaliesFlags) anomalies() (opts anomaly.Options, err error) {
	for _, name := range f.rules {
		if _, err := anomaly.FindRule(name); err != nil {
			return opts, withHint(err, "docs/anomalies.md says what each looks for")
		}
	}
	opts.Rules = f.rules
	if f.minSeverity != "" {
		if opts.MinSeverity, err = anomaly.ParseSeverity(f.minSeverity); err != nil {
			return opts, err
		}
	}
	file, err := readPolicy(f.policy)
	if err != nil || file == nil {
		return opts, err
	}
	opts.Policy, err = anomaly.PolicyOf(file)
	return opts, err
}

// partial says why not all events of the period are here; empty if they are.
func (f *askFlags) partial(a *asking) string {
	for _, narrowed := range []struct {
		flag   string
		values []string
	}{
		{"--agent", f.agents},
		{"--user", f.users},
		{"--session", f.sessions},
		{"--trace", f.traces},
		{"--tool", f.tools},
		{"--tier", f.tiers},
		{"--type", f.types},
	} {
		if len(narrowed.values) > 0 {
			return narrowed.flag + " leaves some out"
		}
	}
	if p := a.lake.Provenance(); len(p.Unseen) > 0 || p.Damaged > 0 {
		return "parts of the bucket could not be shown"
	}
	return ""
}
