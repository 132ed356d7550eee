package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/access"
	"github.com/agentaudit/agentaudit/internal/lake"
)

// listenFlags say where a server listens and who may ask it.
type listenFlags struct {
	listen, tokens, tlsCert, tlsKey string

	idle time.Duration
}

const listenHelp = `Without --tokens it listens on loopback, and whoever is on this machine may look. To listen elsewhere it wants TLS (--tls-cert, --tls-key) and
--tokens: a file with a user a line, "auditor NAME TOKEN" (sees all) or "developer NAME TOKEN" (debug and info tiers); a token may
be given as sha256:HEX. Only you may be able to read that file.

Each look is itself an audit event, written to the trail by a writer of its own: see --record.`

func (f *listenFlags) add(cmd *cobra.Command, address string) {
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", address, "address to listen on")
	flags.StringVar(&f.tokens, "tokens", "", "file with who may look")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "certificate, PEM")
	flags.StringVar(&f.tlsKey, "tls-key", "", "its key, PEM")
	flags.DurationVar(&f.idle, "idle", 0, "end when nobody has asked for so long; 0 is never")
}

// open reads the users and opens the address.
func (f *listenFlags) open(ctx context.Context) (net.Listener, *access.Guard, error) {
	var users *access.Users
	if f.tokens != "" {
		var err error
		if users, err = access.ReadUsers(f.tokens); err != nil {
			return nil, nil, fmt.Errorf("--tokens: %w", err)
		}
	}
	listener, err := access.Listen(ctx, f.listen, f.tlsCert, f.tlsKey, users)
	if err != nil {
		return nil, nil, fmt.Errorf("--listen: %w", err)
	}
	return listener, &access.Guard{Users: users, Secure: f.tlsCert != ""}, nil
}

func (f *listenFlags) scheme() string {
	if f.tlsCert != "" {
		return "https"
	}
	return "http"
}

// serve answers until ctx ends, or nobody asks any more.
func (f *listenFlags) serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if f.idle > 0 {
		timer := time.AfterFunc(f.idle, cancel)
		defer timer.Stop()
		inner := handler
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			timer.Reset(f.idle)
			inner.ServeHTTP(w, r)
		})
	}
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

// refreshing brings what is new, until stop is called. A bucket that is away for a while is no reason to end.
func refreshing(ctx context.Context, l *lake.Lake, every time.Duration, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
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
	}()
	return func() { cancel(); <-done }
}
