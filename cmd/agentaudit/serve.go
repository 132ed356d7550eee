package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/live"
	"github.com/agentaudit/agentaudit/internal/web"
)

const serveHelp = `serve shows the events of a bucket in a browser: what happens now, traces, sessions, agents, reports, integrity. It reads only.

With --otlp it also takes in the events themselves, on loopback, as the collector sends them beside the trail (config.yaml: AGENTAUDIT_EXPORTERS), and
shows them at once. They are not proven until they are sealed, and forgotten when serve ends: the trail is in the bucket.

` + listenHelp

// serveFlags are the flags of serve beside those of every question.
type serveFlags struct {
	askFlags

	listening listenFlags
	recording recordFlags
	refresh   time.Duration

	otlp, policy string
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
	cmd.Flags().StringVar(&f.otlp, "otlp", "", "loopback address at which to take in events over OTLP/gRPC for the live feed, such as 127.0.0.1:4319; none if empty")
	cmd.Flags().StringVar(&f.policy, "policy", "", "policy for the report on compliance and for the rules of anomalies")
	cmd.Flags().DurationVar(&f.refresh, "refresh", time.Minute, "how often the bucket is looked at for what is new")
	return cmd
}

func runServe(ctx context.Context, out *output, f *serveFlags) (err error) {
	if f.refresh < time.Second {
		return fmt.Errorf("--refresh: %s is less than a second", f.refresh)
	}
	rules, err := readPolicy(f.policy)
	if err != nil {
		return err
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
	hub, receiver, err := f.receive(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, receiver.Close()) }()
	site := web.Options{Lake: a.lake, Store: a.store, Keys: a.opts.Keys, Hub: hub, Policy: rules, Guard: guard, Log: log}
	if records.recorder != nil {
		site.Record = records.record
	}
	handler, err := web.New(site)
	if err != nil {
		return err
	}
	defer refreshing(ctx, a.lake, f.refresh, log)()
	_, _ = fmt.Fprintf(out.stdout, "agentaudit is at %s://%s/\n", f.listening.scheme(), listener.Addr())
	if receiver != nil {
		_, _ = fmt.Fprintf(out.stdout, "events arrive at %s\n", receiver.Addr())
	}
	return f.listening.serve(ctx, listener, handler)
}

// receive begins to take in events; with a nil receiver and hub if that is not wanted.
func (f *serveFlags) receive(ctx context.Context) (*live.Hub, *live.Receiver, error) {
	if f.otlp == "" {
		return nil, nil, nil
	}
	hub := live.NewHub()
	receiver, err := live.Receive(ctx, f.otlp, hub)
	if err != nil {
		return nil, nil, withHint(fmt.Errorf("--otlp: %w", err), "give an address of loopback that is free, such as 127.0.0.1:4319")
	}
	return hub, receiver, nil
}
