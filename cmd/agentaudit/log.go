package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/logread"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

const logHelp = `log prints every event of a bucket in time order: time, agent, type, action, outcome, tier and details.

Filters combine with AND; several values of one filter (repeated or separated by commas) with OR. Values are compared
whole. --since and --until take a day (2026-11-21) or an RFC 3339 time; a day means all of it, a time given to --until is
not included. Times are UTC.

With --follow it goes on: it looks for new segments every --every and prints each new event once, in the order in which it was stored, which
is when the collector has sealed it. Without --since it begins with what comes from now on. It ends with Ctrl-C and exit code 0, and goes on
trying when the bucket can't be read.

With --json the stored lines come out as they are. An event that was stored twice is printed once. What is wrong with an object or a
line is told on stderr, and the exit code is 1.`

const logExamples = `  agentaudit log --bucket file:./agentaudit-data/bucket
  agentaudit log --bucket 's3://audit/prod?region=eu-central-1' --since 2026-11-20 --tier critical
  agentaudit log --bucket file:./agentaudit-data/bucket --follow --tool delete_file
  agentaudit log --bucket file:./agentaudit-data/bucket --type tool_call,tool_result --json | jq .action`

const bucketHint = "is the URL right, and may you read there? For S3, credentials come from the AWS environment or profile"

// logFlags are the flags of log as they were given.
type logFlags struct {
	bucket, since, until                                 string
	tiers, types, agents, sessions, users, tools, traces []string
	json                                                 bool
	memory                                               int64
	follow                                               bool
	every                                                time.Duration
}

func logCommand(out *output) *cobra.Command {
	var f logFlags
	cmd := &cobra.Command{
		Use:     "log --bucket URL",
		Short:   "Print the events of a bucket in time order",
		Long:    logHelp,
		Example: logExamples,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runLog(cmd.Context(), out, f) },
	}
	flags := cmd.Flags()
	bucketFlag(flags, &f.bucket)
	flags.BoolVar(&f.json, "json", false, "print the stored JSON lines")
	flags.StringVar(&f.since, "since", "", "only events at or after this day or time")
	flags.StringVar(&f.until, "until", "", "only events until the end of this day, or before this time")
	flags.StringSliceVar(&f.tiers, "tier", nil, "only events of these tiers")
	flags.StringSliceVar(&f.types, "type", nil, "only events of these types, with or without \"agent.\"")
	flags.StringSliceVar(&f.agents, "agent", nil, "only events of agents with these names or ids")
	flags.StringSliceVar(&f.sessions, "session", nil, "only events of these sessions")
	flags.StringSliceVar(&f.users, "user", nil, "only events on behalf of these users")
	flags.StringSliceVar(&f.tools, "tool", nil, "only events of these tools")
	flags.StringSliceVar(&f.traces, "trace", nil, "only events of these traces, 32 hexadecimal digits each")
	flags.Int64Var(&f.memory, "memory", 1024, "how much text of one day's events may be held, in MiB")
	flags.BoolVarP(&f.follow, "follow", "f", false, "print what comes, as it comes; with --since, first what is there")
	flags.DurationVar(&f.every, "every", 2*time.Second, "with --follow: how often to look")
	return cmd
}

func runLog(ctx context.Context, out *output, f logFlags) error {
	query, err := f.query()
	if err != nil {
		return err
	}
	store, err := openBucket(ctx, f.bucket)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // it was only read
	if f.follow {
		return runFollow(ctx, out, store, query, f)
	}
	bar := out.newProgress("reading")
	stdout := bufio.NewWriterSize(bar.behind(out.stdout), 64<<10)
	emit, flush := jsonLines(out, stdout), func() error { return nil }
	if !f.json {
		rows := newEventTable(out, stdout)
		emit, flush = rows.line, rows.flush
	}
	stats, err := logread.Read(ctx, store, query, logread.Options{
		MaxHeld: f.memory << 20,
		OnFinding: func(finding logread.Finding) {
			bar.clear()
			out.note("%v", finding)
		},
		OnProgress: bar.set,
	}, emit)
	err = errors.Join(err, flush(), stdout.Flush())
	bar.clear()
	return out.logResult(stats, err, store.String())
}

// logResult tells what there is to tell after the events.
func (o *output) logResult(stats logread.Stats, err error, bucket string) error {
	switch {
	case errors.Is(err, logread.ErrTooLarge):
		return withHint(err, "narrow it with --since and --until, --tier or --type, or raise --memory")
	case errors.Is(err, objstore.ErrNoBucket), errors.Is(err, objstore.ErrDenied):
		return withHint(err, bucketHint)
	case err != nil:
		return err
	}
	if stats.Duplicates > 0 {
		o.note("%s left out: events that were stored before", plural(stats.Duplicates, "duplicate"))
	}
	switch {
	case stats.Findings > 0:
		o.note("%s", plural(stats.Findings, "finding"))
		return errFinding
	case stats.Objects == 0:
		o.note("no events in %s, or none in that time and tier", bucket)
	case stats.Events == 0:
		o.note("no event matches")
	}
	return nil
}

// openBucket opens a store for reading and makes sure that it is there.
func openBucket(ctx context.Context, url string) (objstore.Store, error) {
	if url == "" {
		url = os.Getenv(bucketVariable)
	}
	if url == "" {
		return nil, withHint(errors.New("--bucket is missing"), "try --bucket file:./agentaudit-data/bucket")
	}
	store, err := objstore.Open(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("--bucket: %w", err)
	}
	checking, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if _, err := store.Check(checking, objstore.Requirements{}); err != nil {
		_ = store.Close()
		return nil, withHint(fmt.Errorf("couldn't open the bucket: %w", err),
			bucketHint)
	}
	return store, nil
}

// jsonLines returns what prints stored lines.
func jsonLines(out *output, w io.Writer) func([]byte) error {
	return func(line []byte) error {
		if out.width > 0 {
			line = []byte(sanitizeJSON(string(line)))
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
		_, err := w.Write([]byte{'\n'})
		return err
	}
}
