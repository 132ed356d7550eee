package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

const sessionHelp = `session prints the trail of one session: its steps by number, who and which model, tokens and cost so far, approvals, handoffs, and
how it ended. A session that never said that it ended has timed out when it was silent for longer than --quiet while the trail went on;
else it is open.

With --play the steps come as they came then, --speed times as fast and never more than --pause apart. Into a pipe they come at once.

ID is the session's id, or the first eight or more characters of it if they mean one session. An id that the bucket doesn't have (in that time
and tier) can't be looked at: exit code 2.`

const sessionExamples = `  agentaudit session session-abc --bucket file:./agentaudit-data/bucket
  agentaudit session session-abc --play --speed 10`

// playing says how a session is replayed.
type playing struct {
	on    bool
	speed float64
	pause time.Duration // the longest
}

func sessionCommand(out *output) *cobra.Command {
	var (
		f     askFlags
		quiet time.Duration
		play  playing
	)
	cmd := &cobra.Command{
		Use:     "session ID --bucket URL",
		Short:   "Print the trail of a session, step by step",
		Long:    sessionHelp,
		Example: sessionExamples,
		Args:    oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSession(cmd.Context(), out, &f, args[0], quiet, play)
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.DurationVar(&quiet, "quiet", 30*time.Minute, "how long a session may be silent before it counts as timed out")
	flags.BoolVar(&play.on, "play", false, "replay the steps in time")
	flags.Float64Var(&play.speed, "speed", 1, "with --play: how many times as fast")
	flags.DurationVar(&play.pause, "pause", 5*time.Second, "with --play: the longest pause")
	return cmd
}

func runSession(ctx context.Context, out *output, f *askFlags, id string, quiet time.Duration, play playing) (err error) {
	switch {
	case quiet <= 0:
		return fmt.Errorf("--quiet: %s is no time to wait", quiet)
	case play.on && (play.speed <= 0 || play.speed > 1e6):
		return fmt.Errorf("--speed: %g is not between 0 and a million", play.speed)
	case play.on && f.format != "text":
		return errors.New("--play replays text alone")
	}
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	id, err = a.find(ctx, sessions, id)
	if err != nil {
		return err
	}
	edge, err := a.edge(ctx)
	if err != nil {
		return err
	}
	filter := f.filter()
	filter.Sessions = []string{id}
	t, err := a.timeline(ctx, filter)
	if err != nil {
		return err
	}
	d := t.SessionDocument("Session "+id, edge, quiet)
	if play.on {
		err = out.play(ctx, t, d, play)
	} else {
		err = a.print(out, f, d)
	}
	return errors.Join(err, a.result())
}

// edge returns the time of the last event that the lake has.
func (a *asking) edge(ctx context.Context) (edge time.Time, err error) {
	v, err := a.lake.View(ctx, lake.Filter{})
	if err != nil {
		return edge, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	found, err := report.Ask(ctx, v, "session_edge")
	if err != nil || len(found.Rows) == 0 {
		return edge, err
	}
	edge, _ = found.Rows[0][0].(time.Time)
	return edge, nil
}

// play prints the steps one by one, waiting between them if somebody watches.
func (o *output) play(ctx context.Context, t *timeline.Timeline, d *report.Document, how playing) error {
	head := *d
	head.Sections, head.Limits = nil, nil
	if err := o.printDocument("text", &head); err != nil {
		return err
	}
	tokens, cost := t.Running()
	for i := range t.Steps {
		s := &t.Steps[i]
		if o.width > 0 && i > 0 {
			gap := time.Duration(float64(s.Start.Sub(t.Steps[i-1].Start)) / how.speed)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(min(max(gap, 0), how.pause)):
			}
		}
		line := fmt.Sprintf("%s  %d %s  %s", report.Timestamp(s.Start), s.Number, s.Label(), t.Details(s))
		if s.Tokens > 0 {
			line += fmt.Sprintf("  [%d tokens, %s so far]", tokens[i], report.USD(cost[i]))
		}
		line = sanitize(strings.TrimRight(line, " "))
		if o.width > 0 {
			line = cut(line, o.width)
		}
		if s.Failed() {
			line = o.colors.bad.Sprint(line)
		}
		if _, err := io.WriteString(o.stdout, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}
