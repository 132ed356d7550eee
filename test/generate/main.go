// Command generate fills a directory with a bucket of audit events, for measurements of what reads buckets:
//
//	go run ./test/generate -out /tmp/lake -events 10000000 -seed 1 -days 1 -writers 2
//
// The same flags make the same bytes. It prints what it wrote, how quickly, and the public key of the logs, which is also
// left beside the bucket, in OUT.pub.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/trail"
)

func main() {
	var spec generate.Spec
	out := flag.String("out", "", "an empty directory, made if it is missing")
	writers := flag.Int("writers", 2, "collectors that wrote the bucket; each takes a core")
	start := flag.String("start", "", "first UTC day, as YYYY-MM-DD (default 2026-11-02)")
	flag.Uint64Var(&spec.Seed, "seed", 1, "decides everything that other flags leave open")
	flag.IntVar(&spec.Events, "events", 100_000, "about how many")
	flag.IntVar(&spec.Days, "days", 1, "UTC days over which they are spread")
	flag.IntVar(&spec.Agents, "agents", 0, "how many agents (default 12)")
	flag.IntVar(&spec.Users, "users", 0, "how many users (default one for 100 sessions, at least 20)")
	flag.IntVar(&spec.Tools, "tools", 0, "how many tools (default 24)")
	flag.IntVar(&spec.Models, "models", 0, "how many models (default 6)")
	flag.Float64Var(&spec.ErrorRate, "error-rate", 0, "share of tool calls that fail (default 0.03; negative for none)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, spec, *out, *start, *writers); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, spec generate.Spec, out, day string, writers int) error {
	if out == "" || flag.NArg() > 0 {
		return fmt.Errorf("-out DIR is needed, and no other arguments")
	}
	if left, err := os.ReadDir(out); err == nil && len(left) > 0 {
		return fmt.Errorf("%s is not empty", out)
	}
	if day != "" {
		start, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return fmt.Errorf("-start: %w", err)
		}
		spec.Start = start
	}
	store, err := objstore.NewDir(out)
	if err != nil {
		return err
	}
	began := time.Now()
	result, err := generate.Write(ctx, spec, store, writers)
	if err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	key, err := trail.MarshalPublicKey(result.Key)
	if err != nil {
		return err
	}
	name := filepath.Clean(out) + ".pub"
	if err := os.WriteFile(name, key, 0o644); err != nil { //nolint:gosec // a public key
		return err
	}
	const mb = 1e6
	fmt.Printf("%d events in %.1f s: %.0f events/s, %.0f MB/s\n", result.Events, took, float64(result.Events)/took, float64(result.Bytes)/took/mb)
	fmt.Printf("%.1f MB of lines, %.0f bytes an event; %.1f MB in %d segments\n", float64(result.Bytes)/mb, float64(result.Bytes)/float64(max(1, result.Events)), float64(result.Stored)/mb, result.Objects)
	fmt.Printf("agentaudit verify --bucket file:%s --key %s\n", out, name)
	return nil
}
