package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/verify"
)

const proveHelp = `prove writes a small file that shows one event to be in the signed log: its line, the path from the line to the root over its
object, the entry with that root, the path from the entry to the log's root, and the signed checkpoint. Whoever has the
public key checks it with verify --proof, offline and without seeing anything else of the bucket.

The bucket is searched for the event, which reads segments until it is found.`

const proveExamples = `  agentaudit prove --event 0190163d-8694-839b-aea5-3c1d4b2f7a60 --bucket file:./agentaudit-data/bucket -o event.proof
  agentaudit verify --proof event.proof --key trail.pub`

var eventID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func proveCommand(out *output) *cobra.Command {
	var bucket, id, file string
	cmd := &cobra.Command{
		Use:     "prove --event ID --bucket URL",
		Short:   "Write a proof that one event is in the signed log",
		Long:    proveHelp,
		Example: proveExamples,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runProve(cmd.Context(), out, bucket, id, file) },
	}
	flags := cmd.Flags()
	flags.StringVar(&bucket, "bucket", "", "where the objects are: file:DIR or s3://BUCKET/PREFIX?region=…&endpoint=…")
	flags.StringVar(&id, "event", "", "event_id of the event")
	flags.StringVarP(&file, "output", "o", "-", "file to write; - is standard output")
	return cmd
}

func runProve(ctx context.Context, out *output, bucket, id, file string) error {
	if !eventID.MatchString(id) {
		return withHint(errors.New("--event: not an event_id"), "log --json shows them")
	}
	store, err := openBucket(ctx, bucket)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // it was only read
	bar := out.newProgress("searching")
	proof, err := verify.Prove(ctx, store, id, verify.Options{OnProgress: bar.set})
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
	if file == "-" {
		_, err = out.stdout.Write(data)
		return err
	}
	return os.WriteFile(file, data, 0o644) //nolint:gosec // a proof is made to be handed on
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
