package main

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

//go:embed intro.md
var intro string

//go:embed outro.md
var outro string

// writeReport writes the scores as a page of Markdown.
func writeReport(w io.Writer, r *redact.Redactor, n int, verbose io.Writer) {
	rng := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	_, _ = fmt.Fprintln(w, intro)
	found := 0
	for _, part := range []struct {
		title string
		of    func(*detect.Format) bool
	}{
		{"Secrets of a fixed format", func(f *detect.Format) bool { return f.Group != detect.Labelled && f.Group != detect.Personal }},
		{"Labelled secrets", func(f *detect.Format) bool { return f.Group == detect.Labelled }},
		{"Personal data", func(f *detect.Format) bool { return f.Group == detect.Personal }},
	} {
		scores, missed := scoreFormats(r, rng, n, part.of)
		for _, m := range missed {
			_, _ = fmt.Fprintf(verbose, "MISSED %.300s\n", m)
		}
		_, _ = fmt.Fprintf(w, "## %s\n\n", part.title)
		for _, row := range scores {
			found += row[0].found
		}
		writeTable(w, scores)
	}
	writeClean(w, r, rng, max(1, found/len(cleanDocuments)), found)
	_, _ = fmt.Fprint(w, outro)
}

func writeClean(w io.Writer, r *redact.Redactor, rng *rand.Rand, n, found int) {
	_, _ = fmt.Fprintf(w, "## Clean text\n\nDocuments in which something was found, of %d drawn of each kind:\n\n| kind | documents |\n|---|---|\n", n)
	hits := scoreCleanDocuments(r, rng, n)
	sum := 0
	for _, name := range slices.Sorted(maps.Keys(hits)) {
		sum += hits[name]
		_, _ = fmt.Fprintf(w, "| %s | %d |\n", name, hits[name])
	}
	_, _ = fmt.Fprintf(w, "\nPrecision over as many clean documents as examples: %.2f %%.\n\n", 100*float64(found)/float64(max(1, found+sum)))
}

func writeTable(w io.Writer, scores map[string][]result) {
	_, _ = fmt.Fprint(w, "| format |")
	for _, p := range placements {
		_, _ = fmt.Fprintf(w, " %s |", p.name)
	}
	_, _ = fmt.Fprint(w, "\n|---|")
	for range placements {
		_, _ = fmt.Fprint(w, "---|")
	}
	_, _ = fmt.Fprintln(w)
	total := make([]result, len(placements))
	for _, row := range scores {
		for p, s := range row {
			total[p].tried += s.tried
			total[p].found += s.found
		}
	}
	writeRow(w, fmt.Sprintf("**all %d**", len(scores)), total)
	for _, id := range slices.Sorted(maps.Keys(scores)) {
		writeRow(w, id, scores[id])
	}
	_, _ = fmt.Fprintln(w)
}

func writeRow(w io.Writer, name string, row []result) {
	_, _ = fmt.Fprintf(w, "| %s |", name)
	for _, s := range row {
		if s.tried == 0 {
			_, _ = fmt.Fprint(w, " |")
			continue
		}
		_, _ = fmt.Fprintf(w, " %.4g |", 100*float64(s.found)/float64(s.tried))
	}
	_, _ = fmt.Fprintln(w)
}
