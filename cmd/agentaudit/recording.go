package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/access"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/recorder"
)

// recordFlags say where it is written who looked.
type recordFlags struct{ record, dir string }

func (f *recordFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.record, "record", "", `bucket to which it is written who looked at what; by default the bucket itself, "none" for nowhere`)
	flags.StringVar(&f.dir, "record-dir", "", "folder for what waits to be written there, and for the key that signs it (default: in your configuration folder)")
}

// noRecord as the value of --record writes nothing.
const noRecord = "none"

// closing bounds how long the end waits for the last records to arrive.
const closing = 10 * time.Second

// recording is a recorder for one server.
type recording struct {
	recorder *recorder.Recorder
	store    objstore.Store
}

// open makes sure that the bucket can be written to: a server that couldn't record would refuse every look.
func (f *recordFlags) open(ctx context.Context, bucket string, out *output, log *slog.Logger) (*recording, error) {
	if f.record == noRecord {
		out.note("nobody will know who looks: --record none")
		return &recording{}, nil
	}
	target, dir := f.record, f.dir
	if target == "" {
		target = cmp.Or(bucket, os.Getenv(bucketVariable))
	}
	if dir == "" {
		base, err := os.UserConfigDir()
		if err != nil {
			return nil, fmt.Errorf("--record-dir: %w", err)
		}
		dir = filepath.Join(base, "agentaudit", "recorder")
	}
	store, err := objstore.Open(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("--record: %w", err)
	}
	checking, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if _, err := store.Check(checking, objstore.Requirements{}); err != nil {
		return nil, errors.Join(withHint(fmt.Errorf("--record: %w", err), "each look is recorded: give a bucket that you may write to, or --record none"), store.Close())
	}
	r, err := recorder.Open(recorder.Options{Store: store, Dir: dir, Version: version(), Log: log})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--record-dir: %w", err), store.Close())
	}
	return &recording{r, store}, nil
}

// record keeps one look.
func (r *recording) record(ctx context.Context, who access.User, action, query string) error {
	if r.recorder == nil {
		return nil
	}
	return r.recorder.Record(ctx, recorder.Look{Who: who.Name, Role: who.Role, Action: action, Query: query})
}

func (r *recording) Close() error {
	if r.recorder == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	return errors.Join(r.recorder.Close(ctx), r.store.Close())
}
