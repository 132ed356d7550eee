package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

// class is what a rule is for: secrets of a fixed format, labelled ones, or personal data.
func class(group string) string {
	switch group {
	case detect.Labelled, "key":
		return detect.Labelled
	case detect.Personal:
		return detect.Personal
	}
	return "fixed"
}

// cleanScore counts what was found below a directory.
type cleanScore struct {
	files, size int
	rules       map[string]int
	classes     map[string]int
}

// scoreTree looks for secrets in all texts below a directory that skip does not name, and calls found at each.
func scoreTree(r *redact.Redactor, dir string, skip func(name string) bool, found func(name, text string, f redact.Explanation)) (cleanScore, error) {
	s := cleanScore{rules: map[string]int{}, classes: map[string]int{}}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || skip(name) || !slices.Contains([]string{".go", ".md", ".html", ".txt", ".json", ".jsonl", ".js", ".css"}, filepath.Ext(name)) {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		s.files++
		s.size += len(text)
		var l redact.Log
		_, list := r.Explain(&l, "", "", string(text))
		for _, f := range list {
			s.rules[f.Rule]++
			s.classes[class(f.Group)]++
			found(name, string(text), f)
		}
		return nil
	})
	return s, err
}

// scoreClean prints what is found below a directory that holds no secrets.
func scoreClean(w io.Writer, r *redact.Redactor, dir string, verbose bool) error {
	s, err := scoreTree(r, dir, func(string) bool { return false }, func(name, text string, f redact.Explanation) {
		switch {
		case verbose && f.Path != "": // offsets are those in the JSON string there
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", f.Rule, f.Path, name)
		case verbose:
			from := max(0, f.Start-40)
			_, _ = fmt.Fprintf(w, "%s\t%.60q\t…%s\t%s\n", f.Rule, text[f.Start:f.End], strings.ReplaceAll(text[from:f.Start], "\n", "⏎"), name)
		}
	})
	total := 0
	for _, rule := range slices.SortedFunc(mapKeys(s.rules), func(a, b string) int { return s.rules[b] - s.rules[a] }) {
		total += s.rules[rule]
		_, _ = fmt.Fprintf(w, "  %5d %s\n", s.rules[rule], rule)
	}
	_, _ = fmt.Fprintf(w, "%s: %d files, %.1f MB, %d findings\n", dir, s.files, float64(s.size)/1e6, total)
	return err
}

// isTest says whether a file of Go's tree is a test or its data: those hold passwords and keys that were made up.
func isTest(name string) bool {
	return strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata") || strings.Contains(name, "test2json")
}

// writeTrees writes what is found in texts that were not made for this.
func writeTrees(w io.Writer, r *redact.Redactor) error {
	_, _ = fmt.Fprint(w, "Texts that were not made for this, findings a megabyte. The recorded conversations are those of testdata/recorded, with the people that the examples in them made up.\n\n"+
		"| text | MB | labelled | fixed format | personal data |\n|---|---|---|---|---|\n")
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	src := filepath.Join(strings.TrimSpace(string(root)), "src")
	nothing := func(string) bool { return false }
	for _, t := range []struct {
		name, dir string
		skip      func(string) bool
	}{
		{"Go's source tree, without tests", src, isTest},
		{"Go's source tree, its tests, their keys and passwords too", src, nothing},
		{"Go's documents", filepath.Join(src, "..", "doc"), nothing},
		{"recorded conversations", "testdata/recorded", nothing},
	} {
		s, err := scoreTree(r, t.dir, t.skip, func(string, string, redact.Explanation) {})
		if err != nil {
			return err
		}
		mb := max(float64(s.size)/1e6, 0.001)
		_, _ = fmt.Fprintf(w, "| %s | %.1f | %.2f | %.2f | %.2f |\n", t.name, mb, float64(s.classes[detect.Labelled])/mb, float64(s.classes["fixed"])/mb, float64(s.classes[detect.Personal])/mb)
	}
	_, _ = fmt.Fprintln(w)
	return nil
}
