package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/trail"
	"github.com/agentaudit/agentaudit/internal/verify"
)

const (
	// rollupGrace is that of a collector: so long after its end a day may still get segments.
	rollupGrace = 2 * time.Hour
	// rollupSilence is how long a writer must have been silent to be taken for absent.
	rollupSilence = 24 * time.Hour
)

const rollupHelp = `rollup makes a writer's day objects of one UTC day when that writer will not come back to make them itself: a collector that was
taken down for good, or has lost its journal.

The writer's log is verified first; its segments are then joined as the writer would have done. What was made is told of in a log of this
command's own, which names the writer: nobody but a writer can continue its log. That log's state, its name and, without --key, its key are in
the directory --state: keep it for the next time, and give the public key, which is printed, to whoever runs verify --key.

If the writer does come back, it finds its day objects made. Only if it brings segments of that day that nobody knew of, its own rollup
differs from this one, and it stops with an alarm. So a writer that was heard of within 24 hours is refused.`

const rollupExamples = `  agentaudit rollup --bucket 's3://audit/prod?region=eu-central-1' --writer eu-1-9f3a --date 2026-11-20 --key rollup.pem`

// rollupFlags are the flags of rollup as they were given.
type rollupFlags struct {
	bucket, writer, date, key, state string
	absent                           bool
}

func rollupCommand(out *output) *cobra.Command {
	var f rollupFlags
	cmd := &cobra.Command{
		Use:     "rollup --bucket URL --writer NAME --date DAY",
		Short:   "Make the day objects of a writer that will not come back",
		Long:    rollupHelp,
		Example: rollupExamples,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), out) },
	}
	flags := cmd.Flags()
	bucketFlag(flags, &f.bucket)
	flags.StringVar(&f.writer, "writer", "", "the writer that is absent")
	flags.StringVar(&f.date, "date", "", "UTC day, YYYY-MM-DD")
	flags.StringVar(&f.key, "key", "", "file with the private key that signs this command's log (default: one that is made and kept in --state)")
	flags.StringVar(&f.state, "state", "./agentaudit-rollup", "directory with the state of this command's log; made if it is missing")
	flags.BoolVar(&f.absent, "absent", false, "the writer is known to be gone, however lately it was heard of")
	return cmd
}

func (f *rollupFlags) run(ctx context.Context, out *output) error {
	if !layout.ValidWriter(f.writer) {
		return fmt.Errorf("--writer: %q is no writer", f.writer)
	}
	day, err := layout.ParseDate(f.date)
	if err != nil {
		return fmt.Errorf("--date: %w", err)
	}
	if time.Now().Before(day.AddDays(1).Start().Add(rollupGrace)) {
		return withHint(fmt.Errorf("--date: %v is not over, or not for long enough", day), "a day may be joined two hours after its end, UTC")
	}
	store, err := openBucket(ctx, f.bucket)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // each put has been waited for
	told, err := f.read(ctx, store, day)
	if err != nil {
		return readingError(err)
	}
	log, closeLog, err := f.open(ctx, out, store, told)
	if err != nil {
		return err
	}
	defer closeLog()
	if err := log.Start(ctx); err != nil {
		return fmt.Errorf("couldn't begin a log: %w", err)
	}
	made, err := log.RollUpAbsent(ctx, f.writer, day, told)
	if err = errors.Join(err, log.Close(ctx)); err != nil {
		return fmt.Errorf("couldn't make the day objects: %w", err)
	}
	for _, o := range made.Objects {
		if _, err := fmt.Fprintf(out.stdout, "%s  %s, %s, %d bytes\n", sanitize(o.Key), plural(o.Segments, "segment"), plural(o.Lines, "line"), o.Stored); err != nil {
			return err
		}
	}
	return nil
}

// read verifies the absent writer's log and returns the segments of the day.
func (f *rollupFlags) read(ctx context.Context, store objstore.Store, day layout.Date) ([]trail.Told, error) {
	opts := verify.Options{}
	if _, isDir := store.(*objstore.Dir); !isDir {
		opts.Parallel = 64
	}
	d, err := verify.ReadDay(ctx, store, f.writer, day, opts)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the log of %s: %w", f.writer, err)
	}
	switch silent := time.Since(d.LastEntry); {
	case len(d.Joined) > 0:
		return nil, fmt.Errorf("%s has made its day objects of %v itself: %s", f.writer, day, d.Joined[0].Key)
	case len(d.Segments) == 0:
		return nil, fmt.Errorf("%s has no segments of %v", f.writer, day)
	case silent < rollupSilence && !f.absent:
		return nil, withHint(fmt.Errorf("%s was heard of at %s: it may come back", f.writer, d.LastEntry.UTC().Format(time.RFC3339)),
			"--absent says that it won't")
	}
	told := make([]trail.Told, len(d.Segments))
	for i, o := range d.Segments {
		told[i] = trail.Told{Entry: uint64(o.Entry), Object: trail.Object{ //nolint:gosec // of a verified log
			Key: o.Key, Tier: o.Tier, Day: trail.Day{Date: o.Day}, Lines: int(o.Lines), Bytes: o.Bytes, Stored: o.Stored, SHA256: o.SHA256,
			LockMode: o.LockMode, LockedUntil: trail.Time{Time: o.LockedUntil},
		}}
	}
	return told, nil
}

// open opens this command's own log.
func (f *rollupFlags) open(ctx context.Context, out *output, store objstore.Store, told []trail.Told) (_ *trail.Log, done func(), err error) {
	name, err := journal.WriterID(nil, f.state, "")
	if err != nil {
		return nil, nil, fmt.Errorf("--state: %w", err)
	}
	signer, err := f.signer(name)
	if err != nil {
		return nil, nil, err
	}
	out.note("this log is signed by the key %s", signer.VerifierKey())
	spool, err := os.MkdirTemp(f.state, "spool-")
	if err != nil {
		return nil, nil, fmt.Errorf("--state: %w", err)
	}
	done = func() { _ = os.RemoveAll(spool) } // what is left is cleared by hand
	opts := trail.Options{
		Writer: name, Bucket: store, State: journal.NewDurable(nil, f.state, "trail.state"), Signers: []trail.Signer{signer}, Spool: spool,
		Collector: "agentaudit " + version(),
		Warn:      func(what string, err error) { out.note("%s: %v", what, err) },
	}
	opts.Pointer, _ = store.(objstore.Replacer)
	for _, o := range told {
		if o.LockMode != "" {
			opts.LockMode = objstore.LockMode(o.LockMode) // as the writer's own log is
		}
	}
	if _, err := store.Check(ctx, objstore.Requirements{Write: true, LockMode: opts.LockMode}); err != nil {
		done()
		return nil, nil, withHint(fmt.Errorf("couldn't write to the bucket: %w", err), bucketHint)
	}
	log, err := trail.Open(opts)
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("--state: %w", err)
	}
	return log, done, nil
}

func (f *rollupFlags) signer(name string) (trail.Signer, error) {
	file := f.key
	if file == "" {
		file = filepath.Join(f.state, "trail.key")
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			text, err := trail.GenerateKey()
			if err == nil {
				err = journal.NewDurable(nil, f.state, "trail.key").Save(text)
			}
			if err != nil {
				return nil, fmt.Errorf("couldn't make a key: %w", err)
			}
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	keys, err := trail.ParsePrivateKeys(text)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	return trail.NewSigner(name, keys[0])
}
