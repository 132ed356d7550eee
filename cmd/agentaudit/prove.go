package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/verify"
)

const proveHelp = `prove writes a small file that shows one event to be in the signed log: its line, the path from the line to the root over its
object, the entry with that root, the path from the entry to the log's root, and the signed checkpoint. Whoever has the
public key checks it with verify --proof, offline and without seeing anything else of the bucket.

The bucket is searched for the event: segments, and then day objects, for a segment may have gone that a day object holds. What
you know of the event spares reading: its day and its tier; or, from the stored line, writer and seq, with which nothing is searched.`

const proveExamples = `  agentaudit prove --event 0190163d-8694-839b-aea5-3c1d4b2f7a60 --bucket 's3://audit/prod' --date 2026-11-21 --tier info
  agentaudit prove --event 0190163d-8694-839b-aea5-3c1d4b2f7a60 --bucket file:./agentaudit-data/bucket -o event.proof
  agentaudit verify --proof event.proof --key trail.pub`

var eventID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func proveCommand(out *output) *cobra.Command {
	var f proveFlags
	cmd := &cobra.Command{
		Use:     "prove --event ID --bucket URL",
		Short:   "Write a proof that one event is in the signed log",
		Long:    proveHelp,
		Example: proveExamples,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runProve(cmd.Context(), out, f) },
	}
	flags := cmd.Flags()
	bucketFlag(flags, &f.bucket)
	flags.StringVar(&f.query.ID, "event", "", "event_id of the event")
	flags.StringVar(&f.date, "date", "", "UTC day of the event's timestamp, YYYY-MM-DD: look there alone")
	flags.StringVar(&f.query.Tier, "tier", "", "tier of the event: look there alone")
	flags.StringVar(&f.query.Writer, "writer", "", "writer of the event: look there alone")
	flags.Uint64Var(&f.query.Seq, "seq", 0, "seq of the event, with --writer: the log says where it is")
	flags.StringVarP(&f.file, "output", "o", "-", "file to write; - is standard output")
	return cmd
}

// proveFlags are the flags of prove as they were given.
type proveFlags struct {
	bucket, date, file string
	query              verify.Query
}

func (f *proveFlags) check() (err error) {
	q := &f.query
	switch {
	case !eventID.MatchString(q.ID):
		return withHint(errors.New("--event: not an event_id"), "log --json shows them")
	case q.Tier != "" && !layout.ValidTier(q.Tier):
		return fmt.Errorf("--tier: %q is no tier", q.Tier)
	case q.Writer != "" && !layout.ValidWriter(q.Writer):
		return fmt.Errorf("--writer: %q is no writer", q.Writer)
	case q.Seq > 0 && q.Writer == "":
		return withHint(errors.New("--seq needs --writer"), "each writer counts for itself")
	case f.date != "":
		if q.Day, err = layout.ParseDate(f.date); err != nil {
			return fmt.Errorf("--date: %w", err)
		}
	}
	return nil
}

func runProve(ctx context.Context, out *output, f proveFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	store, err := openBucket(ctx, f.bucket)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // it was only read
	bar := out.newProgress("searching")
	opts := verify.Options{OnProgress: bar.set}
	if _, isDir := store.(*objstore.Dir); !isDir {
		opts.Parallel = 128
	}
	proof, err := verify.ProveEvent(ctx, store, f.query, opts)
	bar.clear()
	switch {
	case errors.Is(err, verify.ErrNotProven):
		out.note("%v", err)
		return errFinding
	case err != nil:
		return readingError(err)
	}
	data, err := proof.Encode()
	if err != nil {
		return fmt.Errorf("couldn't encode the proof: %w", err)
	}
	if f.file == "-" {
		_, err = out.stdout.Write(data)
		return err
	}
	return os.WriteFile(f.file, data, 0o644) //nolint:gosec // a proof is made to be handed on
}

// checkProof is verify --proof.
func checkProof(out *output, f verifyFlags) error {
	if f.key == "" {
		return withHint(errors.New("--proof needs --key"), "a proof by a key that it brings along itself proves nothing")
	}
	if f.bucket != "" || f.trust != "" || f.since != "" {
		return errors.New("--proof is checked offline: it goes with --key alone")
	}
	keys, err := readKeys(f.key)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(f.proof)
	if err != nil {
		return fmt.Errorf("--proof: %w", err)
	}
	p, err := verify.ParseProof(data)
	if err != nil {
		return fmt.Errorf("--proof: %w", err)
	}
	if err := p.Check(keys); err != nil {
		out.note("the proof does not hold: %v", err)
		return errFinding
	}
	if f.json {
		_, err = fmt.Fprintln(out.stdout, p.Line)
		return err
	}
	h, err := event.ReadHeader([]byte(p.Line))
	if err != nil {
		return fmt.Errorf("--proof: %w", err)
	}
	_, err = fmt.Fprintf(out.stdout, "OK     event %s, %s of %s, is number %d in the signed log of %s (%s)\n", sanitize(h.ID), sanitize(string(h.Type)),
		h.Time.UTC().Format("2006-01-02T15:04:05.000000000Z"), h.Seq, sanitize(p.Writer), sanitize(p.Object))
	return err
}
