package main

import (
	"bufio"
	"fmt"
	"io"

	"github.com/agentaudit/agentaudit/internal/verify"
	"github.com/agentaudit/agentaudit/test/faultproxy"
)

// result is what a soak found.
type result struct {
	seconds  float64
	kills    int
	faults   map[faultproxy.Fault]int64
	requests int64 // of the collector to S3

	batches []uint64 // acknowledged
	again   int      // requests that were sent again
	refused int      // batches that were refused for good

	objects, lines int
	events         int // of acknowledged batches
	lost           int // of them
	duplicates     int // copies, beyond the first, that nothing marks
	flagged        int // copies that are marked as conflict
	strangers      int // events that nobody was promised
	rewritten      []string
	panics         int // and alarms
	report         verify.Report
}

func (r *result) good() bool {
	return r.lost == 0 && r.duplicates == 0 && r.refused == 0 && r.strangers == 0 && len(r.rewritten) == 0 && r.panics == 0 &&
		r.report.OK && len(r.report.Writers) == 1 && r.report.Writers[0].Closed && r.events > 0
}

const shown = 20

func (r *result) print(to io.Writer) {
	w := bufio.NewWriter(to)
	defer func() { _ = w.Flush() }() // a terminal
	var faults int64
	for _, n := range r.faults {
		faults += n
	}
	fmt.Fprintf(w, "trials                %d (%d kills, %d faults in %d requests to S3)\n", int64(r.kills)+faults, r.kills, faults, r.requests)
	for _, f := range faultproxy.All() {
		if n := r.faults[f]; n > 0 {
			fmt.Fprintf(w, "  %-19s %d\n", f, n)
		}
	}
	fmt.Fprintf(w, "batches acknowledged  %d (%d requests sent again, %d refused for good)\n", len(r.batches), r.again, r.refused)
	fmt.Fprintf(w, "events acknowledged   %d (%d lines in %d objects)\n", r.events, r.lines, r.objects)
	fmt.Fprintf(w, "lost                  %d\n", r.lost)
	fmt.Fprintf(w, "duplicates            %d, and %d flagged\n", r.duplicates, r.flagged)
	fmt.Fprintf(w, "events of nobody      %d\n", r.strangers)
	fmt.Fprintf(w, "objects rewritten     %d\n", len(r.rewritten))
	fmt.Fprintf(w, "panics and alarms     %d\n", r.panics)
	entries := int64(0)
	for _, writer := range r.report.Writers {
		entries += writer.Size
	}
	fmt.Fprintf(w, "trail                 %d entries, %d objects, %d lines verified; %d violations, %d notes\n",
		entries, r.report.Objects, r.report.Lines, r.report.Violations, r.report.Notes)
	fmt.Fprintf(w, "seconds               %.0f\n", r.seconds)
	for _, name := range r.rewritten[:min(shown, len(r.rewritten))] {
		fmt.Fprintln(w, "rewritten:", name)
	}
	for _, f := range r.report.Findings[:min(shown, len(r.report.Findings))] {
		fmt.Fprintln(w, "finding:", f)
	}
}
