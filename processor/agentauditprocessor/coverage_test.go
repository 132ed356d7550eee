package agentauditprocessor

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// coverage says for each dialect how many golden events of each type there are, and which fields they hold.
type coverage struct {
	types  map[string]map[event.Type]int
	fields map[string]map[string]bool
}

// readCoverage counts the golden events under their leading dialect.
func readCoverage(t *testing.T) coverage {
	t.Helper()
	c := coverage{map[string]map[event.Type]int{}, map[string]map[string]bool{}}
	files, err := filepath.Glob("../../testdata/golden/*.jsonl")
	require.NoError(t, err)
	more, err := filepath.Glob("../../testdata/golden/dialects/*.jsonl")
	require.NoError(t, err)
	for _, name := range append(files, more...) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for line := range bytes.Lines(text) {
			c.add(t, bytes.TrimSpace(line))
		}
	}
	return c
}

func (c *coverage) add(t *testing.T, line []byte) {
	t.Helper()
	if len(line) == 0 {
		return
	}
	var e event.Event
	require.NoError(t, event.Decode(line, &e))
	for name := range strings.SplitSeq(e.Convention, ",") {
		if c.types[name] == nil {
			c.types[name], c.fields[name] = map[event.Type]int{}, map[string]bool{}
		}
		c.types[name][e.Type]++
		for key, value := range jsontext.Members(string(line)) {
			c.fields[name][key] = true
			for _, group := range event.Groups() {
				if key == group {
					for member := range jsontext.Members(value) {
						c.fields[name][key+"."+member] = true
					}
				}
			}
		}
	}
}

// always are fields that every event has, whoever told of it.
var always = []string{"schema", "event_id", "event_type", "timestamp", "action", "source", "convention", "redaction_version"}

// TestCoverageTable keeps docs/dialects.md: what comes from whom, as the golden files show it.
func TestCoverageTable(t *testing.T) {
	c := readCoverage(t)
	limits := readLimits(t)
	var doc strings.Builder
	doc.WriteString("# What comes from whom\n\n" +
		"Generated from the golden events in testdata/golden by `go test ./processor/agentauditprocessor -run TestCoverageTable -update`.\n" +
		"A dialect may tell more than the recordings and examples here show, never less. Telemetry that speaks two dialects counts for both.\n\n" +
		"## Event types\n\nHow many golden events of each type a dialect has a part in.\n\n")
	names := dialectNames(c)
	writeTypes(&doc, c, names)
	doc.WriteString("\n## Fields\n\n" + "Fields that at least one event holds, besides those that all have.\n\n")
	for _, name := range names {
		fmt.Fprintf(&doc, "- **%s**: %s\n", name, strings.Join(fieldList(c.fields[name]), ", "))
	}
	doc.WriteString("\n## What a dialect cannot tell\n\nNot for want of reading it: its telemetry does not say.\n\n")
	for _, name := range names {
		require.NotEmpty(t, limits[name], "testdata/dialects/limits.tsv has no line for %s", name)
		fmt.Fprintf(&doc, "- **%s**: %s\n", name, limits[name])
	}
	const file = "../../docs/dialects.md"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(doc.String()), 0o600))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, doc.String(), string(got), "run the test with -update")
}

// dialectNames lists the dialects in their order, and what is of none.
func dialectNames(c coverage) (names []string) {
	for _, d := range dialect.Dialects {
		if c.types[d.Name] != nil {
			names = append(names, d.Name)
		}
	}
	for name := range c.types {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func TestEveryDialectHasGoldenEvents(t *testing.T) {
	c := readCoverage(t)
	for _, d := range dialect.Dialects {
		require.NotEmpty(t, c.types[d.Name], "no golden event speaks %s", d.Name)
	}
}

func writeTypes(doc *strings.Builder, c coverage, names []string) {
	doc.WriteString("| dialect |")
	for _, typ := range event.Types {
		doc.WriteString(" " + strings.TrimPrefix(string(typ), "agent.") + " |")
	}
	doc.WriteString("\n|---|" + strings.Repeat("---|", len(event.Types)) + "\n")
	for _, name := range names {
		doc.WriteString("| " + name + " |")
		for _, typ := range event.Types {
			if n := c.types[name][typ]; n > 0 {
				fmt.Fprintf(doc, " %d |", n)
			} else {
				doc.WriteString(" |")
			}
		}
		doc.WriteString("\n")
	}
}

// fieldList lists the fields in alphabetical order, those of a group together.
func fieldList(fields map[string]bool) (list []string) {
	for name := range fields {
		group, _, member := strings.Cut(name, ".")
		switch {
		case slices.Contains(always, name), slices.Contains([]string{"origin", "service", "retention"}, group):
		case slices.Contains(event.Groups(), name) && !member:
		default:
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// readLimits reads what each dialect cannot tell.
func readLimits(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../testdata/dialects/limits.tsv")
	require.NoError(t, err)
	limits := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, limit, ok := strings.Cut(strings.TrimSpace(line), "\t")
		require.True(t, ok, line)
		limits[name] = limit
	}
	return limits
}
