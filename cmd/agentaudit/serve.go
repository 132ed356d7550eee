package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/access"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/web"
)

const serveHelp = `serve shows the events of a bucket in a browser: what happens now, traces, sessions, agents, reports, integrity. It reads only.

Without --tokens it listens on loopback, and whoever is on this machine may look. To listen elsewhere it wants TLS (--tls-cert, --tls-key) and
--tokens: a file with a user a line, "auditor NAME TOKEN" (sees all) or "developer NAME TOKEN" (debug and info tiers); a token may
be given as sha256:HEX. Only you may be able to read that file.`

// serveFlags are the flags of serve beside those of every question.
type serveFlags struct {
	askFlags

	listen, tokens, tlsCert, tlsKey string
	refresh                         time.Duration
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
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8700", "address of the page")
	flags.StringVar(&f.tokens, "tokens", "", "file with who may look")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "certificate, PEM")
	flags.StringVar(&f.tlsKey, "tls-key", "", "its key, PEM")
	flags.DurationVar(&f.refresh, "refresh", time.Minute, "how often the bucket is looked at for what is new")
	return cmd
}

func runServe(ctx context.Context, out *output, f *serveFlags) (err error) {
	if f.refresh < time.Second {
		return fmt.Errorf("--refresh: %s is less than a second", f.refresh)
	}
	var users *access.Users
	if f.tokens != "" {
		if users, err = access.ReadUsers(f.tokens); err != nil {
			return fmt.Errorf("--tokens: %w", err)
		}
	}
	listener, err := access.Listen(ctx, f.listen, f.tlsCert, f.tlsKey, users)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	a, err := f.ask(ctx, out)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	log := slog.New(slog.NewTextHandler(out.stderr, nil))
	handler, err := web.New(web.Options{Lake: a.lake, Guard: &access.Guard{Users: users, Secure: f.tlsCert != ""}, Log: log})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	refreshed := make(chan struct{})
	go func() {
		defer close(refreshed)
		refreshing(ctx, a.lake, f.refresh, log)
	}()
	defer func() { cancel(); <-refreshed }()

	scheme := "http"
	if f.tlsCert != "" {
		scheme = "https"
	}
	_, _ = fmt.Fprintf(out.stdout, "agentaudit is at %s://%s/\n", scheme, listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10}
	stop := context.AfterFunc(ctx, func() {
		closing, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer done()
		if server.Shutdown(closing) != nil {
			_ = server.Close() // a feed that is open doesn't end by itself
		}
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the server ended: %w", err)
	}
	return nil
}

// refreshing brings what is new, for as long as the server runs. A bucket that is away for a while is no reason to end.
func refreshing(ctx context.Context, l *lake.Lake, every time.Duration, log *slog.Logger) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := l.Refresh(ctx); err != nil && ctx.Err() == nil {
				log.Error("couldn't look at the bucket", "error", err)
			}
		}
	}
}
