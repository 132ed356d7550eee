package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
)

func testLine(edit func(*event.Event)) []byte {
	e := event.Event{
		ID: "00000000-0000-8000-8000-000000000001", Type: event.ToolCall,
		Timestamp: pcommon.NewTimestampFromTime(time.Date(2026, 11, 21, 10, 0, 0, 123456789, time.UTC)),
		AgentName: "clerk", Action: "tool_call:get_order", Outcome: event.OutcomeError,
		Retention: event.Retention{Tier: event.TierCritical},
	}
	if edit != nil {
		edit(&e)
	}
	return e.AppendJSON(nil)
}

func show(t *testing.T, out *output, lines ...[]byte) string {
	t.Helper()
	var b bytes.Buffer
	rows := newEventTable(out, &b)
	for _, line := range lines {
		require.NoError(t, rows.line(line))
	}
	require.NoError(t, rows.flush())
	return b.String()
}

func TestRowOnTerminal(t *testing.T) {
	t.Parallel()
	hostile := testLine(func(e *event.Event) {
		e.AgentName = "世界\x1b[2J" + strings.Repeat("x", 100)
		e.Error = strings.Repeat("long ", 100)
	})
	out := &output{width: 100, colors: newPalette(true)}
	text := show(t, out, testLine(nil), hostile)
	assert.Contains(t, text, "\x1b[31mcritical\x1b[0", "colour by tier")
	assert.Contains(t, text, "TIME")
	assert.NotContains(t, text, "\x1b[2J")

	out.colors = newPalette(false)
	text = show(t, out, testLine(nil), hostile)
	assert.NotContains(t, text, "\x1b")
	rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	require.Len(t, rows, 3)
	for _, row := range rows {
		assert.LessOrEqual(t, uniseg.StringWidth(row), 100, row)
	}
	assert.Contains(t, rows[2], "…")
	assert.Equal(t, width(rows[1], "tool_call"), width(rows[2], "tool_call"), "columns are aligned by cells, not bytes")
}

// width returns how many cells of row come before text.
func width(row, text string) int {
	before, _, _ := strings.Cut(row, text)
	return uniseg.StringWidth(before)
}

func TestRowsFitEveryTerminal(t *testing.T) {
	t.Parallel()
	line := testLine(func(e *event.Event) { e.AgentName, e.Error = "世界世界世界", strings.Repeat("界", 200) })
	for width := 40; width < 300; width++ {
		for row := range strings.Lines(show(t, &output{width: width, colors: newPalette(false)}, line)) {
			assert.LessOrEqual(t, uniseg.StringWidth(strings.TrimSuffix(row, "\n")), width)
		}
	}
}

func TestRowInPipeIsWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long", 100)
	text := show(t, &output{colors: newPalette(false)}, testLine(func(e *event.Event) { e.AgentName, e.Error = long, long }))
	assert.Equal(t, 2, strings.Count(text, long))
	assert.NotContains(t, text, "TIME")
	assert.NotContains(t, text, "\x1b")
}

func TestRowsBeyondTheSample(t *testing.T) {
	t.Parallel()
	var lines [][]byte
	for i := range sampleRows + 10 {
		lines = append(lines, testLine(func(e *event.Event) { e.AgentName = fmt.Sprintf("agent-%03d", i) }))
	}
	rows := strings.Split(strings.TrimSpace(show(t, &output{colors: newPalette(false)}, lines...)), "\n")
	require.Len(t, rows, sampleRows+10)
	for i, row := range rows {
		assert.Equal(t, fmt.Sprintf("2026-11-21T10:00:00.123Z  agent-%03d  tool_call  tool_call:get_order  error  critical", i), row)
	}
}

func TestDetails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want  string
		event event.Event
	}{
		{"", event.Event{}},
		{`session="a b"`, event.Event{SessionID: "a b"}},
		{`session="x cost=$0"`, event.Event{SessionID: "x cost=$0"}},
		{`session="a\" b"`, event.Event{SessionID: `a" b`}},
		{"tool=get server=mcp-1", event.Event{Tool: event.Tool{Name: "get", Server: "mcp-1"}}},
		{"handoff=?→boss", event.Event{Handoff: event.HandoffInfo{To: "boss"}}},
		{"approval=approved by=eve", event.Event{Approval: event.Approval{Status: "approved", ApproverID: "eve", ActorClass: "human"}}},
		{"tokens=0/?", event.Event{Tokens: event.Tokens{Input: event.IntOf(0)}}},
		{"tokens=7", event.Event{Tokens: event.Tokens{Total: event.IntOf(7)}}},
		{"cost=$0.000012", event.Event{CostUSD: event.FloatOf(0.000012)}},
		{"duration=0.25ms", event.Event{DurationMS: event.FloatOf(0.25)}},
		{"duration=250ms", event.Event{DurationMS: event.FloatOf(250.4)}},
		{"duration=2m3.5s", event.Event{DurationMS: event.FloatOf(123456)}},
		{"duration=1e+300ms", event.Event{DurationMS: event.FloatOf(1e300)}},
		{"conflict=true", event.Event{Conflict: event.BoolOf(true)}},
	} {
		assert.Equal(t, c.want, details(&c.event))
	}
}

func TestJSONOnTerminal(t *testing.T) {
	t.Parallel()
	line := testLine(func(e *event.Event) { e.AgentName = "\u009b2J\u202e" })
	var raw, shown bytes.Buffer
	require.NoError(t, jsonLines(&output{}, &raw)(line))
	assert.Equal(t, string(line)+"\n", raw.String(), "byte for byte in a pipe")
	require.NoError(t, jsonLines(&output{width: 80}, &shown)(line))
	assert.Contains(t, shown.String(), `"\u009b2J\u202e"`)
}
