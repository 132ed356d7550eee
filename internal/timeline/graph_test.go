package timeline

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/report"
)

var (
	update      = flag.Bool("update", false, "write the golden files")
	reportStyle = report.Style{}
)

// scenario is a run with a handoff, an approval, a denial, a failure and a hostile name.
func scenario() *Timeline {
	s := generate.NewScenario(monday)
	pay := generate.Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:refunds"}
	s.Session("s-1", "alice", "triage").
		Turn("I want my money back").
		Model(generate.Model{Input: "I want my money back", In: 310, Out: 40, CostUSD: 0.002, Reasoning: "they want money"}).
		Handoff("refunds", `{"order":"ORD-1"}`).
		Call(generate.Call{Tool: "get_order", Args: `{"id":"ORD-1"}`, Operation: event.Read, Resource: "db:orders"}).
		Call(generate.Call{Tool: `</svg>"];}--><script>alert(1)</script>` + "\x1b[31m\u202e", Args: `{}`, Error: "no\nsuch <tool> \"x\" | # `y`", ErrorType: "ToolError"}).
		Ask(pay).After(40*time.Second).Approve(pay, "bob").
		Call(pay.Approved("bob")).
		Deny(generate.Call{Tool: "drop_table", CallID: "call-2"}, "no-ddl", "never").
		Return("refunded").
		Answer("You will have it back in five days.").
		End()
	list := s.Events()
	events := make([]Event, len(list))
	for i := range list {
		events[i] = FromEvent(&list[i])
	}
	return Build(events)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, got, 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "go test -update, and read the difference")
}

func TestGraphGolden(t *testing.T) {
	t.Parallel()
	for format, ending := range map[string]string{"text": "txt", "dot": "dot", "mermaid": "mmd", "json": "json", "svg": "svg"} {
		var got bytes.Buffer
		require.NoError(t, scenario().Graph(&got, format, reportStyle))
		golden(t, "graph."+ending, got.Bytes())
		assert.NotContains(t, got.String(), "\x1b", format)
		if format != "json" { // JSON is read by programs, which get what was stored
			assert.NotContains(t, got.String(), "\u202e", format)
		}
		if format != "text" && format != "json" {
			assert.NotContains(t, got.String(), "no\nsuch", format)
		}
	}
	require.Error(t, scenario().Graph(io.Discard, "png", reportStyle))
}

func TestDocumentGolden(t *testing.T) {
	t.Parallel()
	for _, format := range report.Formats {
		var got bytes.Buffer
		require.NoError(t, report.Print(&got, scenario().Document("Trace"), format))
		golden(t, "trace."+format, got.Bytes())
		got.Reset()
		require.NoError(t, report.Print(&got, scenario().SessionDocument("Session", monday.Add(time.Hour), time.Minute), format))
		golden(t, "session."+format, got.Bytes())
	}
}

// TestSVGIsSelfContained reads it as XML and wants nothing that runs or comes from elsewhere.
func TestSVGIsSelfContained(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	require.NoError(t, scenario().Graph(&got, "svg", reportStyle))
	d := xml.NewDecoder(&got)
	names := map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok {
			names[e.Name.Local]++
			for _, a := range e.Attr {
				assert.False(t, strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href", a.Name.Local)
			}
		}
	}
	for name := range names {
		assert.Contains(t, []string{"svg", "title", "rect", "text", "g", "path"}, name)
	}
	assert.Equal(t, len(scenario().Steps), names["g"]-1, "a bar for each step")
}

func TestGraphJSONReadsBack(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	require.NoError(t, scenario().Graph(&got, "json", reportStyle))
	var back Timeline
	require.NoError(t, json.Unmarshal(got.Bytes(), &back))
	assert.Len(t, back.Steps, len(scenario().Steps))
	assert.Equal(t, scenario().Events, back.Events)
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	for _, format := range GraphFormats {
		require.NoError(t, Build(nil).Graph(io.Discard, format, reportStyle))
	}
	for _, format := range report.Formats {
		require.NoError(t, report.Print(io.Discard, Build(nil).SessionDocument("", monday, time.Hour), format))
	}
}
