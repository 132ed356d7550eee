package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/verify"
)

const verifyHelp = `verify proves a bucket untouched, or names what was done to it: every signature, every entry of every log, every byte, line,
count, number, day, tier and lock of every object, and what lies there that no log names. docs/verify.md explains each
kind of finding.

Without --key each log is believed by the key that it publishes itself: that finds damage and meddling by those who
don't have a key, but not a bucket that somebody made anew. Give --key, or --trust, or both.

--trust FILE keeps the newest verified checkpoints on your side. The next run proves that every log continues from there, so that not
even the key's holder can change what was once verified, and reads only what is new. The file is made if it is missing, and brought
up to date after a run for every log without a violation.

With --proof FILE one event is checked, offline: see prove. With --pack FILE all that an evidence pack holds: see forensics.`

const verifyExamples = `  agentaudit verify --bucket file:./agentaudit-data/bucket --key trail.pub
  agentaudit verify --bucket 's3://audit/prod?region=eu-central-1' --key trail.pub --trust audit.trust --json
  agentaudit verify --proof event.proof --key trail.pub
  agentaudit verify --pack incident.zip --key trail.pub`

// verifyFlags are the flags of verify as they were given.
type verifyFlags struct {
	bucket, key, since, trust, proof, pack string
	json                                   bool
	parallel                               int
}

func verifyCommand(out *output) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:     "verify --bucket URL",
		Short:   "Prove a bucket untouched, or name what was done to it",
		Long:    verifyHelp,
		Example: verifyExamples,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.pack != "" {
				return checkPack(out, f)
			}
			if f.proof != "" {
				return checkProof(out, f)
			}
			return runVerify(cmd.Context(), out, f)
		},
	}
	flags := cmd.Flags()
	bucketFlag(flags, &f.bucket)
	flags.StringVar(&f.key, "key", "", "file with public keys that logs must lead to: PEM or note verifier keys")
	flags.StringVar(&f.since, "since", "", "read only what was sealed at or after this day or time; the rest is only looked for")
	flags.StringVar(&f.trust, "trust", "", "file with what you verified before; made and kept up to date")
	flags.StringVar(&f.proof, "proof", "", "check this file, which prove made, instead of a bucket")
	flags.StringVar(&f.pack, "pack", "", "check this file, which forensics --pack made, instead of a bucket")
	flags.BoolVar(&f.json, "json", false, "print the report as one JSON object")
	flags.IntVar(&f.parallel, "parallel", 0, "requests at a time (default 16 for a directory, 128 for S3)")
	return cmd
}

func runVerify(ctx context.Context, out *output, f verifyFlags) error {
	opts, err := f.options()
	if err != nil {
		return err
	}
	store, err := openBucket(ctx, f.bucket)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // it was only read
	if _, isDir := store.(*objstore.Dir); !isDir {
		opts.CheckLocks, opts.CheckVersions = true, true
		if f.parallel == 0 {
			opts.Parallel = 128
		}
	}
	bar := out.newProgress("verifying")
	opts.OnProgress = bar.set
	stdout := bufio.NewWriter(bar.behind(out.stdout))
	if !f.json {
		opts.OnFinding = func(finding verify.Finding) { out.printFinding(stdout, finding) }
	}
	rep, err := verify.Run(ctx, store, opts)
	bar.clear()
	if err != nil {
		return errors.Join(readingError(err), stdout.Flush())
	}
	if f.trust != "" {
		if err := writeTrust(f.trust, rep.Trust); err != nil {
			return err
		}
	}
	if f.json {
		err = printReportJSON(out, stdout, rep)
	} else {
		out.printReport(stdout, rep, opts)
	}
	if err := errors.Join(err, stdout.Flush()); err != nil {
		return err
	}
	if !rep.OK {
		return errFinding
	}
	return nil
}

// readingError gives advice for errors of the bucket.
func readingError(err error) error {
	if errors.Is(err, objstore.ErrNoBucket) || errors.Is(err, objstore.ErrDenied) {
		return withHint(err, bucketHint)
	}
	return err
}

func (f *verifyFlags) options() (opts verify.Options, err error) {
	opts.Parallel = f.parallel
	if f.parallel < 0 || f.parallel > 1024 {
		return opts, fmt.Errorf("--parallel: %d is not between 0 and 1024", f.parallel)
	}
	if opts.Since, _, err = parseTime("--since", f.since); err != nil {
		return opts, err
	}
	if opts.Keys, err = readKeys(f.key); err != nil {
		return opts, err
	}
	if f.trust != "" {
		if opts.Trust, err = verify.ReadTrust(f.trust); err != nil {
			return opts, fmt.Errorf("--trust: %w", err)
		}
	}
	return opts, nil
}

func readKeys(file string) ([]ed25519.PublicKey, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	keys, err := verify.ParseKeys(data)
	if err != nil {
		return nil, withHint(fmt.Errorf("--key: %s: %w", file, err), "give the public key: what keygen wrote beside the private one")
	}
	return keys, nil
}

// writeTrust replaces the trust file as a whole: half of one would be worse than none.
func writeTrust(file string, trust *verify.Trust) error {
	data, err := trust.Encode()
	if err != nil {
		return fmt.Errorf("--trust: %w", err)
	}
	if err := journal.NewDurable(nil, filepath.Dir(file), filepath.Base(file)).Save(data); err != nil {
		return fmt.Errorf("--trust: %w", err)
	}
	return nil
}

// printReportJSON prints the report; on a terminal with all that is not printable escaped.
func printReportJSON(out *output, w *bufio.Writer, rep verify.Report) error {
	data, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't encode the report: %w", err)
	}
	text := string(data)
	if out.width > 0 {
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			lines[i] = sanitizeJSON(line)
		}
		text = strings.Join(lines, "\n")
	}
	_, err = fmt.Fprintln(w, text)
	return err
}

func (o *output) printFinding(w *bufio.Writer, f verify.Finding) {
	mark := o.colors.bad.Sprint("FOUND")
	if f.Note {
		mark = o.colors.faint.Sprint("note ")
	}
	_, _ = fmt.Fprintf(w, "%s  %s\n", mark, sanitize(f.String()))
	_ = w.Flush() // a run may be long; a pipe that is gone shows at the end
}

// printReport says what was verified and how it ended.
func (o *output) printReport(w *bufio.Writer, rep verify.Report, opts verify.Options) {
	for _, l := range rep.Writers {
		state := "open"
		if l.Closed {
			state = "closed"
		}
		fmt.Fprintf(w, "log    %s: size %d, %s, seq 1 to %d, last entry %s, %s\n", sanitize(l.Writer), l.Size, plural(int(l.Seals), "seal"),
			l.LastSeq, l.LastEntry.UTC().Format(time.RFC3339), state)
		names := make([]string, 0, len(l.Counts))
		for name, n := range l.Counts {
			names = append(names, fmt.Sprintf("%s %d", name, n))
		}
		if slices.Sort(names); len(names) > 0 {
			fmt.Fprintf(w, "       not written, by its own count: %s\n", sanitize(strings.Join(names, ", ")))
		}
	}
	fmt.Fprintf(w, "read   %s, %s, %d bytes of lines", plural(int(rep.Objects), "object"), plural(int(rep.Lines), "line"), rep.Bytes)
	if rep.Skipped > 0 {
		fmt.Fprintf(w, "; %s only looked for", plural(int(rep.Skipped), "object"))
	}
	fmt.Fprintln(w)
	if rep.PublishedKeys {
		fmt.Fprintln(w, "key    trusting the key published in the bucket: give --key to know whose it is")
	}
	if !opts.CheckLocks {
		fmt.Fprintln(w, "locks  not checked: a directory has none")
	}
	switch {
	case len(rep.Writers) == 0 && rep.OK:
		fmt.Fprintln(w, o.colors.warn.Sprint("EMPTY")+"  there is no log in this bucket")
	case rep.OK:
		fmt.Fprintln(w, o.colors.good.Sprint("OK")+"     everything is as it was signed")
	default:
		fmt.Fprintf(w, "%s    %s\n", o.colors.bad.Sprint("BAD"), plural(rep.Violations, "violation"))
	}
}
