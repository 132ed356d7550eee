// Command load measures the live feed of agentaudit serve: it sends events over OTLP at a steady rate, reads several feeds at once, and tells
// what was lost, how late events came, and how much memory serve held. `make load-serve` runs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/agentaudit", "the command")
	flag.IntVar(&o.rate, "rate", 2000, "events a second")
	flag.IntVar(&o.feeds, "feeds", 5, "open feeds")
	flag.DurationVar(&o.duration, "duration", time.Minute, "for how long")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(2)
	}
	fmt.Print(r)
	if r.lost() {
		os.Exit(1)
	}
}
