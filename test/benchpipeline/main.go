// Command benchpipeline measures what a span costs in the built collector: CPU, memory and how many a second
// are acknowledged, for three pipelines in turn: nop (receive only), stock (transform, redaction and file
// exporters of the contrib distribution) and ours; then ours once more under the CPU profiler, for the share of redaction and of the other
// parts. A share of a profile is honest where a run without redaction is not: that would still walk all JSON, and have less to store.
//
// The load is that of package load: agents' spans, each with an id of its own. CPU is the collector's, user and system,
// from the end of the warm-up until it has exited, so what it does after the acknowledgement (sealing, compressing,
// storing) counts too.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

type options struct {
	collector string
	pipelines string
	spans     int
	batch     int
	senders   int
	spanBytes int
	rounds    int
	profile   bool
}

func main() {
	var o options
	flag.StringVar(&o.collector, "collector", "bin/otelcol-agentaudit", "the built collector")
	flag.StringVar(&o.pipelines, "pipelines", "nop,stock,ours", "pipelines to run, in turn: nop, stock, ours, or a configuration file NAME.yaml")
	flag.IntVar(&o.spans, "spans", 100_000, "spans to send to each")
	flag.IntVar(&o.batch, "batch", 100, "spans in a request")
	flag.IntVar(&o.senders, "senders", 4, "concurrent senders")
	flag.IntVar(&o.spanBytes, "span-bytes", 1900, "size of the average span in protobuf")
	flag.IntVar(&o.rounds, "rounds", 1, "times to run each; the round with the least CPU is shown")
	flag.BoolVar(&o.profile, "profile", true, "show the shares of the parts of ours, from one more run")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "benchpipeline:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, o options) error {
	names := strings.Split(o.pipelines, ",")
	best := map[string]result{}
	for round := range o.rounds {
		for _, name := range names {
			fmt.Fprintf(os.Stderr, "%s, round %d of %d: %d spans of %d bytes in requests of %d from %d senders\n",
				name, round+1, o.rounds, o.spans, o.spanBytes, o.batch, o.senders)
			r, err := measure(ctx, name, o)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if b, ok := best[name]; !ok || r.cpu < b.cpu {
				best[name] = r
			}
		}
	}
	if err := show(names, best); err != nil || !o.profile {
		return err
	}
	return showShares(ctx, o)
}

// showShares runs ours under the profiler and prints what its parts take.
func showShares(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "benchpipeline-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	name := filepath.Join(dir, "cpu.pprof")
	fmt.Fprintln(os.Stderr, "ours, profiled")
	if _, err := measure(ctx, "ours", o,
		"extensions::pprof::endpoint: 127.0.0.1:0", "extensions::pprof::save_to_file: "+name, "service::extensions: [otlp_guard, pprof]"); err != nil {
		return fmt.Errorf("ours, profiled: %w", err)
	}
	list, err := shares(name)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "\npart of ours\tshare of its CPU\t")
	for i, p := range parts {
		_, _ = fmt.Fprintf(w, "%s\t%.1f %%\t\n", p.name, 100*list[i])
	}
	return w.Flush()
}

// show prints a row for each pipeline, with its ratios to the first.
func show(names []string, results map[string]result) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "pipeline\tCPU µs/span\tpeak MiB\tacknowledged spans/s\tCPU ratio\trate ratio\t")
	first := results[names[0]]
	for _, name := range names {
		r := results[name]
		_, _ = fmt.Fprintf(w, "%s\t%.1f\t%d\t%.0f\t%.2f\t%.2f\t\n", name, r.cpu, r.peak>>20, r.rate, r.cpu/first.cpu, r.rate/first.rate)
	}
	return w.Flush()
}
