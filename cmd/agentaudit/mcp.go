package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/access"
	"github.com/agentaudit/agentaudit/internal/mcpserver"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/verify"
)

const mcpHelp = `mcp answers an assistant's questions about the trail over the Model Context Protocol: the audit log, traces, sessions, agents, errors, compliance,
forensics, anomalies, verification, export. It reads only, does the counting itself, and marks what agents wrote as data, not instructions.

By default it speaks over standard input and output, for an assistant that starts it. With --http it listens.

` + listenHelp

const mcpExamples = `  agentaudit mcp --bucket file:./agentaudit-data/bucket
  agentaudit mcp --http --listen 127.0.0.1:8701 --bucket 's3://audit/prod?region=eu-central-1' --policy policy.yaml`

// mcpFlags are the flags of mcp beside those of every question.
type mcpFlags struct {
	askFlags

	listening listenFlags
	recording recordFlags
	http      bool
	policy    string
	refresh   time.Duration
}

func mcpCommand(out *output) *cobra.Command {
	var f mcpFlags
	cmd := &cobra.Command{
		Use:     "mcp --bucket URL",
		Short:   "Answer an assistant's questions about the trail (MCP)",
		Long:    mcpHelp,
		Example: mcpExamples,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runMCP(cmd.Context(), out, &f, cmd.InOrStdin())
		},
	}
	f.add(cmd)
	f.listening.add(cmd, "127.0.0.1:8701")
	f.recording.add(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.http, "http", false, "listen for streamable HTTP instead of speaking over standard input and output")
	flags.StringVar(&f.policy, "policy", "", "policy that compliance and anomalies are measured against")
	flags.DurationVar(&f.refresh, "refresh", time.Minute, "how often the bucket is looked at for what is new")
	return cmd
}

func runMCP(ctx context.Context, out *output, f *mcpFlags, stdin io.Reader) (err error) {
	if f.refresh < time.Second {
		return fmt.Errorf("--refresh: %s is less than a second", f.refresh)
	}
	opts, err := f.answers()
	if err != nil {
		return err
	}
	a, err := f.ask(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	log := slog.New(slog.NewTextHandler(out.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	records, err := f.recording.open(ctx, f.bucket, out, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	opts.Lake, opts.Store, opts.Record, opts.Log = a.lake, a.store, records.record, log
	opts.Verify = verify.Options{Keys: a.opts.Keys, Parallel: a.opts.Parallel}
	if _, isDir := a.store.(*objstore.Dir); !isDir {
		opts.Verify.CheckLocks = true
	}
	defer refreshing(ctx, a.lake, f.refresh, log)()
	if f.http {
		return f.overHTTP(ctx, out, opts)
	}
	err = mcpserver.New(opts, access.Anybody).Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(stdin), Writer: nopCloser{out.stdout}})
	if errors.Is(err, io.EOF) || ctx.Err() != nil {
		return nil // the assistant has gone
	}
	return err
}

// answers reads the policy.
func (f *mcpFlags) answers() (opts mcpserver.Options, err error) {
	opts.Version = version()
	if opts.Policy, err = readPolicy(f.policy); err != nil || f.policy == "" {
		return opts, err
	}
	text, err := os.ReadFile(f.policy)
	if err != nil {
		return opts, fmt.Errorf("--policy: %w", err)
	}
	opts.PolicyText = string(text)
	return opts, nil
}

func (f *mcpFlags) overHTTP(ctx context.Context, out *output, opts mcpserver.Options) error {
	listener, guard, err := f.listening.open(ctx)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // the server closes it, too
	_, _ = fmt.Fprintf(out.stdout, "agentaudit answers MCP at %s://%s/\n", f.listening.scheme(), listener.Addr())
	return f.listening.serve(ctx, listener, guard.Protect(mcpserver.Handler(opts)))
}

// nopCloser keeps standard output open for the rest of the program.
type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
