package report

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

// documents are all reports over the scenario.
func documents(t *testing.T, w *world) map[string]*Document {
	t.Helper()
	docs := map[string]*Document{}
	v := w.view(t, lake.Filter{})
	for _, def := range Definitions {
		d, err := Run(t.Context(), v, def)
		require.NoError(t, err)
		docs[def.Name] = d
	}
	budgets := []policy.Budget{{Per: "session", CostUSD: 0.1}, {Per: "day", Tokens: 1_000_000}, {Per: "agent", Only: "tri*", Tokens: 100}}
	require.NoError(t, AddBudgets(t.Context(), v, docs["tokens"], budgets))
	d, err := Agent(t.Context(), v, "triage", Period{})
	require.NoError(t, err)
	docs["agent"] = d
	day := monday.Truncate(24 * time.Hour)
	docs["daily"], err = Daily(t.Context(), w.view(t, lake.Filter{Since: day, Until: day.AddDate(0, 0, 1)}), day)
	require.NoError(t, err)
	return docs
}

func printed(t *testing.T, d *Document, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Print(&b, d, format))
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	docs := documents(t, writtenWorld(t, "scenario", scenario()))
	again := documents(t, writtenWorld(t, "scenario", scenario()))
	for name, d := range docs {
		for _, format := range Formats {
			got := printed(t, d, format)
			assert.Equal(t, string(got), string(printed(t, again[name], format)), "the same input gives the same bytes")
			file := filepath.Join("testdata", "golden", name+"."+format)
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
				require.NoError(t, os.WriteFile(file, got, 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got), "%s: go test ./internal/report -run TestGolden -update, and read the diff", file)
			assert.NotContains(t, string(got), "\x1b[31m", "an escape sequence of a terminal went through")
			assert.NotContains(t, string(got), "nan")
		}
		html := string(printed(t, d, "html"))
		assert.NotContains(t, html, "<script>alert")
		assert.NotContains(t, string(printed(t, d, "md")), "<script>")
		for line := range strings.Lines(string(printed(t, d, "csv"))) {
			assert.False(t, strings.HasPrefix(line, "="), "a spreadsheet would run %q", line)
		}
	}
}

func TestNothingHappened(t *testing.T) {
	w := writtenWorld(t, "scenario", scenario())
	empty := lake.Filter{Since: monday.AddDate(0, 0, 10), Until: monday.AddDate(0, 0, 11)}
	for _, v := range []*lake.View{w.view(t, empty), emptyView(t)} {
		for _, def := range Definitions {
			d, err := Run(t.Context(), v, def)
			require.NoError(t, err, def.Name)
			for _, format := range Formats {
				assert.NotEmpty(t, printed(t, d, format))
			}
			if def.Name == "summary" {
				assert.Contains(t, d.Lead[0], "No events")
			}
		}
		_, err := Agent(t.Context(), v, "triage", Period{})
		require.ErrorIs(t, err, ErrNoAgent)
		d, err := Daily(t.Context(), v, monday.AddDate(0, 0, 10))
		require.NoError(t, err)
		assert.Contains(t, d.Lead[0], "No events")
	}
}

func emptyView(t *testing.T) *lake.View {
	t.Helper()
	return writtenWorld(t, "empty", nil).view(t, lake.Filter{})
}

func TestEveryQuestionSaysWhatItAnswers(t *testing.T) {
	for _, q := range Questions() {
		assert.Greater(t, len(q.About), 20, q.Name)
		assert.NotContains(t, q.About, "SELECT", q.Name)
	}
	_, err := FindQuestion("../reports")
	require.ErrorIs(t, err, ErrNoQuestion)
	for _, def := range Definitions {
		for _, s := range def.Sections {
			_, err := FindQuestion(s.Question)
			require.NoError(t, err)
		}
	}
}

func TestSuggestions(t *testing.T) {
	for _, tt := range []struct{ class, message, cause string }{
		{"RateLimitError", "", "rate limit"},
		{"", "Too Many Requests", "rate limit"},
		{"openai.BadRequestError", "maximum context length is 8192 tokens", "context too long"},
		{"AuthenticationError", "", "credentials"},
		{"PermissionError", "access denied", "permission"},
		{"", "payment gateway timeout", "timeout"},
		{"ConnectError", "connection refused: #.#.#.#:#", "network"},
		{"", "503 service unavailable", "service down"},
		{"pydantic.ValidationError", "", "wrong arguments"},
		{"", "order not found", "not found"},
		{"Odd", "something", "other"},
	} {
		cause, action := Suggest(tt.class, tt.message)
		assert.Equal(t, tt.cause, cause, "%s %s", tt.class, tt.message)
		assert.NotEmpty(t, action)
	}
}

func TestColumns(t *testing.T) {
	at := time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, engine, heading string
		value                 any
		text                  string
	}{
		{"cost_usd", "DOUBLE", "cost", 0.01234, "$0.0123"},
		{"cost_usd", "DOUBLE", "cost", 1234.5, "$1,234.50"},
		{"p95_ms", "DOUBLE", "p95", 0.5, "0.50 ms"},
		{"p95_ms", "DOUBLE", "p95", 1234.0, "1.2 s"},
		{"p95_ms", "DOUBLE", "p95", 200_000.0, "3m20s"},
		{"error_rate", "DOUBLE", "error rate", 0.125, "12.5 %"},
		{"first_at", "TIMESTAMP_NS", "first at", at, "2026-11-16T09:00:00.000Z"},
		{"day", "DATE", "day", at, "2026-11-16"},
		{"event_ids", "VARCHAR[]", "event ids", []string{"a", "b", "c", "d"}, "a b c +1"},
		{"agents", "VARCHAR[]", "agents", []string{"a", "b"}, "a, b"},
		{"events", "BIGINT", "events", int64(1234567), "1,234,567"},
		{"cost_usd", "DOUBLE", "cost", nil, "-"},
	} {
		c := Column{tt.name, kindOf(tt.name, tt.engine)}
		assert.Equal(t, tt.heading, c.Heading())
		assert.Equal(t, tt.text, c.Cell(tt.value), tt.name)
	}
}

func TestWrap(t *testing.T) {
	for _, width := range []int{1, 7, 20, 1000} {
		text := "one two  three fourteenletters five"
		lines := wrap(text, width)
		assert.Equal(t, strings.Fields(text), strings.Fields(strings.Join(lines, " ")))
		for _, line := range lines {
			assert.True(t, len(line) <= width || !strings.Contains(line, " "), "%q", line)
		}
	}
}

func TestCancelled(t *testing.T) {
	v := writtenWorld(t, "scenario", scenario()).view(t, lake.Filter{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, v, Definitions[0])
	require.ErrorIs(t, err, context.Canceled)
}
