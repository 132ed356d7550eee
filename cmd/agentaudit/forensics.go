package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/forensics"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/report"
)

const forensicsHelp = `forensics says what went wrong in a trace or a session: the first cause and what depended on it, the failing branch, retries and loops,
what was decided and why, who approved, what was read and changed before, what was tried after, and what to do about it.

The first cause is the earliest failure that the trail connects with the later ones: by ancestry, by the tool call, or as another attempt at
the same action. That is evidence and no proof, and the report says where it ends. --format html gives one self-contained file.

--pack FILE also writes an evidence pack: the stored lines, the proof of each, the signed checkpoints, and this report. Whoever has the
public key checks it offline with verify --pack. Hand its SHA-256 over by another way: a pack proves what is in it, not that it is all.

ID is a trace's (or its first eight or more digits) or a session's; "last" is where something failed last. An id that the bucket doesn't have (in that time and tier) can't be
looked at: exit code 2. That something failed in it is no finding about the data: exit code 0.`

const forensicsExamples = `  agentaudit forensics session-abc --bucket file:./agentaudit-data/bucket
  agentaudit forensics 4f87afac --format html > incident.html
  agentaudit forensics 4f87afac --pack incident.zip && agentaudit verify --pack incident.zip --key trail.pub`

func forensicsCommand(out *output) *cobra.Command {
	var (
		f    askFlags
		pack string
	)
	cmd := &cobra.Command{
		Use:     "forensics TRACE|SESSION --bucket URL",
		Short:   "Say what went wrong in a trace or session, and why",
		Long:    forensicsHelp,
		Example: forensicsExamples,
		Args:    oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runForensics(cmd.Context(), out, &f, args[0], pack)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&pack, "pack", "", "write an evidence pack to this file, too")
	return cmd
}

func runForensics(ctx context.Context, out *output, f *askFlags, id, pack string) (err error) {
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	filter, subject, err := a.subject(ctx, f, id)
	if err != nil {
		return err
	}
	t, err := a.timeline(ctx, filter)
	if err != nil {
		return err
	}
	d := forensics.Analyze(t).Document("Forensics of " + subject)
	if err := a.print(out, f, d); err != nil {
		return err
	}
	if pack != "" {
		if err := a.pack(ctx, out, pack, subject, t, d); err != nil {
			return err
		}
	}
	return a.result()
}

// subject tells what an id is of: a trace if it can be one's and is, else a session.
func (a *asking) subject(ctx context.Context, f *askFlags, id string) (filter lake.Filter, title string, err error) {
	filter = f.filter()
	if id == lastFailure {
		if id, err = a.lastFailed(ctx); err != nil {
			return filter, "", err
		}
	}
	if traceIDPart.MatchString(id) {
		found, err := a.find(ctx, traces, id)
		if err == nil {
			filter.Traces = []string{found}
			return filter, "trace " + found, nil
		}
		if !errors.Is(err, errUnknownID) {
			return filter, "", err
		}
	}
	found, err := a.find(ctx, sessions, id)
	if err != nil {
		return filter, "", err
	}
	filter.Sessions = []string{found}
	return filter, "session " + found, nil
}

// lastFailure as an id stands for where something failed last.
const lastFailure = "last"

func (a *asking) lastFailed(ctx context.Context) (string, error) {
	found, err := report.Ask(ctx, a, "forensics_last")
	if err != nil {
		return "", err
	}
	if len(found.Rows) == 0 {
		return "", errors.New("nothing failed in that time")
	}
	id, _ := found.Rows[0][1].(string)
	return id, nil
}
