package main

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/agentaudit/agentaudit/internal/redact"
)

// writeReport writes the scores as a page of Markdown.
func writeReport(w io.Writer, r *redact.Redactor, n int, verbose io.Writer) {
	rng := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	_, _ = fmt.Fprintf(w, "# Redaction: what is found and what is missed\n\n%s\n\n", intro)
	for _, part := range []struct {
		title    string
		personal bool
	}{{"Secrets", false}, {"Personal data", true}} {
		scores, missed := scoreFormats(r, rng, n, part.personal)
		for _, m := range missed {
			_, _ = fmt.Fprintf(verbose, "MISSED %.300s\n", m)
		}
		_, _ = fmt.Fprintf(w, "## %s\n\n", part.title)
		writeTable(w, scores)
	}
	_, _ = fmt.Fprintf(w, "%s", outro)
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
	for _, id := range slices.Sorted(maps.Keys(scores)) {
		for p, s := range scores[id] {
			total[p].tried += s.tried
			total[p].found += s.found
		}
	}
	writeRow(w, "**all**", total)
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

const intro = "Recall in per cent, by format and placement. Examples are drawn by lot from the published grammar of each format at every run; an example counts as found if no piece of\n14 bytes of the secret is left, in any encoding. An empty field: the format is known by what stands beside it, and that placement would write it in another way.\nRegenerate with `make redaction-score`."

const outro = ``
