package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/redact"
)

// snippet is an example of another detector: a line of JSON. Without secrets, any change of the
// text counts as found.
type snippet struct {
	Set     string   `json:"set"`
	Rule    string   `json:"rule"`
	Text    string   `json:"text"`
	Secrets []string `json:"secrets"`
}

// scoreSnippets prints the recall over the snippets in a file, and with verbose what was missed.
func scoreSnippets(w io.Writer, r *redact.Redactor, name string, verbose bool) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var all, found int
	missed := map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var s snippet
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all++
		if s.gone(r) {
			found++
			continue
		}
		missed[s.Rule]++
		if verbose {
			_, _ = fmt.Fprintf(w, "MISSED %s: %.200q of %.300q\n", s.Rule, s.Secrets, s.Text)
		}
	}
	_, _ = fmt.Fprintf(w, "%s: %d of %d (%.1f %%)\n", name, found, all, 100*float64(found)/float64(max(all, 1)))
	for _, rule := range slices.SortedFunc(mapKeys(missed), func(a, b string) int { return cmp.Or(missed[b]-missed[a], cmp.Compare(a, b)) }) {
		_, _ = fmt.Fprintf(w, "  %4d %s\n", missed[rule], rule)
	}
	return lines.Err()
}

func (s *snippet) gone(r *redact.Redactor) bool {
	var l redact.Log
	out := r.Text(&l, "", "", s.Text)
	for _, secret := range s.Secrets {
		if strings.Contains(out, secret) {
			return false
		}
	}
	return out != s.Text
}
