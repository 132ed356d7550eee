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

ID is a trace's (or its first eight or more digits) or a session's. An id that the bucket doesn't have (in that time and tier) can't be
looked at: exit code 2. That something failed in it is no finding about the data: exit code 0.`

const forensicsExamples = `  agentaudit forensics session-abc --bucket file:./agentaudit-data/bucket
  agentaudit forensics 4f87afac --format html > incident.html`

func forensicsCommand(out *output) *cobra.Command {
	var f askFlags
	cmd := &cobra.Command{
		Use:     "forensics TRACE|SESSION --bucket URL",
		Short:   "Say what went wrong in a trace or session, and why",
		Long:    forensicsHelp,
		Example: forensicsExamples,
		Args:    oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runForensics(cmd.Context(), out, &f, args[0])
		},
	}
	f.add(cmd)
	return cmd
}

func runForensics(ctx context.Context, out *output, f *askFlags, id string) (err error) {
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	d, err := a.forensics(ctx, f, id)
	if err != nil {
		return err
	}
	return errors.Join(a.print(out, f, d), a.result())
}

// forensics looks into the trace or session of that id.
func (a *asking) forensics(ctx context.Context, f *askFlags, id string) (*report.Document, error) {
	filter, title, err := a.subject(ctx, f, id)
	if err != nil {
		return nil, err
	}
	t, err := a.timeline(ctx, filter)
	if err != nil {
		return nil, err
	}
	return forensics.Analyze(t).Document("Forensics of " + title), nil
}

// subject tells what an id is of: a trace if it can be one's and is, else a session.
func (a *asking) subject(ctx context.Context, f *askFlags, id string) (filter lake.Filter, title string, err error) {
	filter = f.filter()
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
