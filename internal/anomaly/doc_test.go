package anomaly_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/anomaly"
)

var update = flag.Bool("update", false, "write docs/anomalies.md")

// score is how well a rule did: how many scenarios it should and did find, and how many of those that it named were right.
type score struct {
	Rule                     *anomaly.Rule
	Wanted, Right, Wrong, Of int
}

func (s score) Recall() string    { return percent(s.Right, s.Wanted) }
func (s score) Precision() string { return percent(s.Right, s.Right+s.Wrong) }

func percent(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(n)/float64(of))
}

// writeDoc compares docs/anomalies.md with what the rules are and how they did, or writes it.
func writeDoc(t *testing.T, result *anomaly.Result) {
	t.Helper()
	page := struct {
		Scores      []score
		Scenarios   []scenario
		Clean       int
		Definitions []definition
	}{Scenarios: scenarios}
	for i := range anomaly.Rules {
		page.Scores = append(page.Scores, scoreOf(&anomaly.Rules[i], result))
		page.Definitions = append(page.Definitions, definition{&anomaly.Rules[i]})
	}
	for _, sc := range scenarios {
		if len(sc.want) == 0 {
			page.Clean++
		}
	}
	var b bytes.Buffer
	tmpl, err := template.New("anomalies.md.tmpl").Funcs(template.FuncMap{"name": func(s scenario) string { return s.name },
		"about": func(s scenario) string { return s.about }, "want": func(s scenario) string { return strings.Join(s.want, ", ") },
		"missed": func(s scenario) string {
			rules, ok := instead[s.name]
			if ok && len(rules) == 0 {
				return "nothing"
			}
			return strings.Join(rules, ", ")
		}}).
		ParseFiles(filepath.Join("testdata", "anomalies.md.tmpl"))
	require.NoError(t, err)
	require.NoError(t, tmpl.Execute(&b, page))
	file := filepath.Join("..", "..", "docs", "anomalies.md")
	if *update {
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o600))
	}
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, b.String(), string(have), "docs/anomalies.md is stale: go test ./internal/anomaly -run TestScenarios -update")
}

func scoreOf(rule *anomaly.Rule, result *anomaly.Result) score {
	s := score{Rule: rule, Of: len(scenarios)}
	for _, sc := range scenarios {
		wanted := slices.Contains(sc.want, rule.Name)
		found := slices.ContainsFunc(result.Findings, func(f anomaly.Finding) bool { return f.Rule == rule.Name && f.Agent == sc.name })
		if wanted {
			s.Wanted++
		}
		switch {
		case found && wanted:
			s.Right++
		case found:
			s.Wrong++
		}
	}
	return s
}

// definition is a rule as the page tells it.
type definition struct{ *anomaly.Rule }

// Settings are the thresholds with their defaults.
func (d definition) Settings() string {
	var list []string
	for _, p := range d.Params {
		v := fmt.Sprint(p.Default)
		if patterns, ok := p.Default.([]string); ok {
			if v = "none"; len(patterns) > 0 {
				v = strings.Join(patterns, " ")
			}
		}
		list = append(list, fmt.Sprintf("`%s` %s: `%s`", p.Name, p.About, v))
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, "; ")
}
