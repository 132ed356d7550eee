package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/web"
)

const serveHelp = `serve shows the events of a bucket in a browser: what happens now, traces, sessions, agents, reports, integrity. It reads only.

` + listenHelp

// serveFlags are the flags of serve beside those of every question.
type serveFlags struct {
	askFlags

	listening listenFlags
	recording recordFlags
	refresh   time.Duration
}

func serveCommand(out *output) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:     "serve --bucket URL",
		Short:   "Show the trail in a browser",
		Long:    serveHelp,
		Example: "  agentaudit serve --bucket file:./agentaudit-data/bucket",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), out, &f) },
	}
	f.add(cmd)
	f.listening.add(cmd, "127.0.0.1:8700")
	f.recording.add(cmd)
	cmd.Flags().DurationVar(&f.refresh, "refresh", time.Minute, "how often the bucket is looked at for what is new")
	return cmd
}

func runServe(ctx context.Context, out *output, f *serveFlags) (err error) {
	if f.refresh < time.Second {
		return fmt.Errorf("--refresh: %s is less than a second", f.refresh)
	}
	listener, guard, err := f.listening.open(ctx)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // the server closes it, too
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	log := slog.New(slog.NewTextHandler(out.stderr, nil))
	records, err := f.recording.open(ctx, f.bucket, out, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	handler, err := web.New(web.Options{Lake: a.lake, Guard: guard, Record: records.record, Log: log})
	if err != nil {
		return err
	}
	defer refreshing(ctx, a.lake, f.refresh, log)()
	_, _ = fmt.Fprintf(out.stdout, "agentaudit is at %s://%s/\n", f.listening.scheme(), listener.Addr())
	return serveHTTP(ctx, listener, handler)
}
