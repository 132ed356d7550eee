package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact"
)

// scoreClean prints what is found below a directory that holds no secrets.
func scoreClean(w io.Writer, r *redact.Redactor, dir string, verbose bool) error {
	rules := map[string]int{}
	files, size := 0, 0
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".go", ".md", ".html", ".txt", ".json", ".jsonl", ".js", ".css"}, filepath.Ext(name)) {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files++
		size += len(text)
		var l redact.Log
		_, list := r.Explain(&l, "", "", string(text))
		for _, f := range list {
			rules[f.Rule]++
			switch {
			case verbose && f.Path != "": // offsets are those in the JSON string there
				_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", f.Rule, f.Path, name)
			case verbose:
				from := max(0, f.Start-40)
				_, _ = fmt.Fprintf(w, "%s\t%.60q\t…%s\t%s\n", f.Rule, text[f.Start:f.End], strings.ReplaceAll(string(text[from:f.Start]), "\n", "⏎"), name)
			}
		}
		return nil
	})
	total := 0
	for _, rule := range slices.SortedFunc(mapKeys(rules), func(a, b string) int { return rules[b] - rules[a] }) {
		total += rules[rule]
		_, _ = fmt.Fprintf(w, "  %5d %s\n", rules[rule], rule)
	}
	_, _ = fmt.Fprintf(w, "%s: %d files, %.1f MB, %d findings\n", dir, files, float64(size)/1e6, total)
	return err
}
