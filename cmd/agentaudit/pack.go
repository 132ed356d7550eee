package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/agentaudit/agentaudit/internal/evidence"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/timeline"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// pack writes an evidence pack about the events of a timeline.
func (a *asking) pack(ctx context.Context, out *output, file, subject string, t *timeline.Timeline, d *report.Document) error {
	if a.opts.Unverified {
		return errors.New("--pack: unverified events prove nothing: it goes without --unverified")
	}
	if t.More {
		return fmt.Errorf("--pack: there are more than %d events", timeline.MaxEvents)
	}
	queries := make([]verify.Query, len(t.Events))
	for i := range t.Events {
		e := &t.Events[i]
		queries[i] = verify.Query{ID: e.ID, Tier: e.Tier, Day: layout.DateOf(e.At), Writer: e.Writer, Seq: uint64(e.Seq)} //nolint:gosec // a seq is positive
	}
	bar := out.newProgress("proving")
	proofs, err := verify.ProveAll(ctx, a.store, queries, verify.Options{Keys: a.opts.Keys, OnProgress: bar.set})
	bar.clear()
	if err != nil {
		return fmt.Errorf("--pack: %w", readingError(err))
	}
	keys := map[string][]string{}
	for _, w := range a.lake.Provenance().Writers {
		keys[w.Writer] = w.Keys
	}
	var sum string
	err = writeWhole(file, func(tmp *os.File) (err error) {
		sum, err = evidence.Write(tmp, evidence.Pack{Subject: subject, Proofs: proofs, Keys: keys, Report: d})
		return err
	})
	if err != nil {
		return fmt.Errorf("--pack: %w", err)
	}
	out.note("%s: %s proven, SHA-256 %s", file, plural(len(proofs), "event"), sum)
	return nil
}

// writeWhole writes a file as a whole or not at all.
func writeWhole(file string, write func(*os.File) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".agentaudit-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(tmp), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}

// checkPack is verify --pack.
func checkPack(out *output, f verifyFlags) (err error) {
	if f.key == "" {
		return withHint(errors.New("--pack needs --key"), "the keys that a pack brings along prove nothing")
	}
	if f.bucket != "" || f.trust != "" || f.since != "" || f.proof != "" {
		return errors.New("--pack is checked offline: it goes with --key alone")
	}
	keys, err := readKeys(f.key)
	if err != nil {
		return err
	}
	in, err := os.Open(f.pack)
	if err != nil {
		return fmt.Errorf("--pack: %w", err)
	}
	defer in.Close() //nolint:errcheck // it was only read
	info, err := in.Stat()
	if err != nil {
		return fmt.Errorf("--pack: %w", err)
	}
	r, err := evidence.Check(in, info.Size(), keys)
	if err != nil {
		return fmt.Errorf("--pack: %w", err)
	}
	if err := out.printPack(r, f.json); err != nil {
		return err
	}
	if !r.OK() {
		return errFinding
	}
	return nil
}

func (o *output) printPack(r *evidence.Result, asJSON bool) error {
	if asJSON {
		data, err := json.MarshalIndent(struct {
			OK bool `json:"ok"`
			*evidence.Result
		}{r.OK(), r}, "", "  ")
		if err != nil {
			return fmt.Errorf("couldn't encode the result: %w", err)
		}
		if o.width > 0 {
			data = []byte(strings.ReplaceAll(sanitizeJSON(string(data)), `\u000a`, "\n"))
		}
		_, err = fmt.Fprintf(o.stdout, "%s\n", data)
		return err
	}
	for _, problem := range r.Problems {
		if _, err := fmt.Fprintf(o.stdout, "FOUND  %s\n", sanitize(problem)); err != nil {
			return err
		}
	}
	if r.More > 0 {
		o.note("%s more", plural(r.More, "problem"))
	}
	mark := "OK    "
	if !r.OK() {
		mark = "BAD   "
	}
	_, err := fmt.Fprintf(o.stdout, "%s %s: %d of %s proven, by the logs of %s; pack %s\n", mark, sanitize(r.Manifest.Subject), r.Proven,
		plural(r.Manifest.Events, "event"), sanitize(strings.Join(r.Manifest.Writers, ", ")), r.SHA256)
	return err
}
