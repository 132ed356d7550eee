package main

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

//go:embed intro.md
var intro string

//go:embed outro.md
var outro string

// parts are the classes of formats, and what the recall and precision of each should be at least, in per cent.
var parts = []struct {
	title, class      string
	recall, precision float64
}{
	{"Secrets of a fixed format", "fixed", 99, 97},
	{"Labelled secrets", detect.Labelled, 90, 80},
	{"Personal data", detect.Personal, 97, 95},
}

// writeReport writes the scores as a page of Markdown.
func writeReport(w io.Writer, r *redact.Redactor, n int, verbose io.Writer) error {
	rng := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	_, _ = fmt.Fprintln(w, intro)
	recall := map[string]float64{}
	var tables strings.Builder
	for _, part := range parts {
		scores, missed := scoreFormats(r, rng, n, func(f *detect.Format) bool { return class(f.Group) == part.class })
		for _, m := range missed {
			_, _ = fmt.Fprintf(verbose, "MISSED %.300s\n", m)
		}
		_, _ = fmt.Fprintf(&tables, "## %s\n\n", part.title)
		recall[part.class] = recallOf(scores)
		writeTable(&tables, scores)
	}
	if err := writeClean(w, r, rng, recall); err != nil {
		return err
	}
	_, _ = fmt.Fprint(w, tables.String(), outro)
	return nil
}

// recallOf is the share of examples that were found, over all formats and placements.
func recallOf(scores map[string][]result) float64 {
	var sum result
	for _, row := range scores {
		for _, s := range row {
			sum.tried += s.tried
			sum.found += s.found
		}
	}
	return float64(sum.found) / float64(max(1, sum.tried))
}

// cleanOfEach is how many clean documents of each kind are drawn.
const cleanOfEach = 2000

// writeClean writes what was found where there was nothing to find, and the recall and precision that follow.
func writeClean(w io.Writer, r *redact.Redactor, rng *rand.Rand, recall map[string]float64) error {
	kinds, classes := scoreCleanDocuments(r, rng, cleanOfEach)
	documents := float64(cleanOfEach * len(cleanDocuments))
	_, _ = fmt.Fprint(w, "## Recall and precision\n\nRecall is over all formats and placements of the tables below; precision over as many clean documents as examples. All in per cent.\n\n"+
		"| | recall | wanted | precision | wanted |\n|---|---|---|---|---|\n")
	for _, part := range parts {
		false1 := float64(classes[part.class]) / documents
		_, _ = fmt.Fprintf(w, "| %s | %.2f | %g | %.2f | %g |\n", part.title, 100*recall[part.class], part.recall, 100*recall[part.class]/(recall[part.class]+false1), part.precision)
	}
	_, _ = fmt.Fprintf(w, "\n## Clean text\n\nDocuments in which something was found, of %d drawn of each kind:\n\n| kind | documents |\n|---|---|\n", cleanOfEach)
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		_, _ = fmt.Fprintf(w, "| %s | %d |\n", name, kinds[name])
	}
	_, _ = fmt.Fprintln(w)
	return writeTrees(w, r)
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
