package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake" // registers the engine's driver
)

// standIns give the engine at hand the functions that the views use, and translations the rest, so that the views themselves can run. What
// this proves is that they parse, name what is there, and give the right rows; not that the other engines agree about their functions.
const standIns = `
CREATE MACRO json_parse(x) AS TRY_CAST(x AS JSON);
CREATE MACRO json_format(x) AS CAST(x AS VARCHAR);
CREATE MACRO from_iso8601_timestamp(x) AS CAST(x AS TIMESTAMP);
CREATE MACRO from_iso8601_timestamp_nanos(x) AS CAST(x AS TIMESTAMP_NS);
CREATE MACRO to_utf8(x) AS x;
CREATE MACRO xxhash64(x) AS hash(x);
CREATE MACRO to_hex(x) AS CAST(x AS VARCHAR);
CREATE MACRO last_position(a, b) AS length(a) - instr(reverse(a), reverse(b)) - length(b) + 2;
CREATE MACRO parseDateTime64BestEffortOrNull(x, digits, zone) AS CAST(x AS TIMESTAMP_NS);
CREATE MACRO JSONExtractRaw(x, a) AS coalesce(CAST(TRY_CAST(x AS JSON)->a AS VARCHAR), ''),
  (x, a, b) AS coalesce(CAST(TRY_CAST(x AS JSON)->a->b AS VARCHAR), '');
CREATE MACRO replaceRegexpOne(x, pattern, put) AS regexp_replace(x, pattern, put);
CREATE MACRO cityHash64(x) AS hash(x);
`

// translations are regular expressions and what takes their place.
var translations = map[string][][2]string{
	"trino.sql":  javaFamily,
	"athena.sql": javaFamily,
	"clickhouse.sql": {
		{"`", `"`},
		{`Nullable\((\w+)\)`, "$1"},
		{`Tuple\(`, "row("},
		{`JSONExtract\(line, '([^']*)'\)`, "TRY_CAST(TRY_CAST(line AS JSON) AS $1)"},
		{`CAST\(tuple\((.*)\), '(row.*)'\) AS "`, `CAST(row($1) AS $2) AS "`},
		{`\bInt64\b`, "bigint"},
		{`\bFloat64\b`, "double"},
		{`\bString\b`, "varchar"},
	},
}

var javaFamily = [][2]string{
	{`TRY\(CAST\(json_parse\(line\)`, "(TRY_CAST(json_parse(line)"},
	{`strpos\((.*), -1\)`, "last_position($1)"},
}

func translate(d *dialect, statement string) string {
	for _, t := range translations[d.file] {
		statement = regexp.MustCompile(t[0]).ReplaceAllString(statement, t[1])
	}
	return statement
}

// untidy are events of which one is there twice, one has an alias for its type, and two share an id with other content.
func untidy() []event.Event {
	s := generate.NewScenario(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
	pay := generate.Call{Tool: "pay", CallID: "c-1", Args: `{"amount":90,"writer":"bob"}`, Result: `"ok"`, Operation: event.Write, Resource: "db:payments"}
	s.Session("s-1", "alice", "triage").
		Turn("give it back").
		Model(generate.Model{In: 300, Out: 20, CostUSD: 0.0012, Input: "hello", Output: "bye"}).
		Handoff("refunds", `{"order":7}`).
		Ask(pay).Approve(pay, "bob").
		Call(pay).Repeat().
		Call(generate.Call{Tool: "x"}).Edit(func(e *event.Event) { e.Type = "tool.call" }).
		Fail("ValueError", "no").Repeat().Edit(func(e *event.Event) { e.Error += "!" })
	events := s.Events()
	events[len(events)-1].Error = "something else"
	return events
}

func TestViewsRun(t *testing.T) {
	if !lake.HasEngine {
		t.Skip("the engine needs cgo")
	}
	events := untidy()
	distinct := map[string]bool{}
	types := map[event.Type]int{}
	for i := range events {
		body := string(events[i].AppendBody(nil))
		if !distinct[body] {
			canonical, ok := event.ParseType(string(events[i].Type))
			require.True(t, ok)
			types[canonical]++
		}
		distinct[body] = true
	}
	require.Less(t, len(distinct), len(events))
	for _, d := range dialects {
		t.Run(d.file, func(t *testing.T) {
			db := views(t, d, events)
			got := map[event.Type]int{}
			rows, err := db.QueryContext(t.Context(), "SELECT event_type, count(*) FROM events GROUP BY 1")
			require.NoError(t, err)
			for rows.Next() {
				var name event.Type
				var n int
				require.NoError(t, rows.Scan(&name, &n))
				got[name] = n
			}
			require.NoError(t, rows.Err())
			require.NoError(t, rows.Close())
			assert.Equal(t, types, got)
			for query, want := range map[string]any{
				`SELECT count(*) FROM stored_events`:                                                                                         int64(len(events)),
				`SELECT count(*) FROM event_lines`:                                                                                           int64(len(events) + 1),
				`SELECT sum(tokens.input + tokens.output) = 320 AND sum(cost_usd) = 0.0012 FROM events`:                                      true,
				`SELECT bool_and(approval.action_hash = action_hash) FROM events WHERE approval.status = 'approved'`:                         true,
				`SELECT handoff."to" || json_extract(CAST(handoff."context" AS JSON), '$.order') FROM events WHERE handoff."to" IS NOT NULL`: "refunds7",
				`SELECT min("timestamp") = TIMESTAMP '2026-11-02 09:00:00' FROM events WHERE "date" = '2026-11-02' AND tier = 'info'`:        true,
				`SELECT CAST(result AS VARCHAR) FROM events WHERE result IS NOT NULL AND tool.name = 'pay'`:                                  `"ok"`,
			} {
				var value any
				require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&value), query)
				assert.EqualValues(t, want, value, query)
			}
		})
	}
}

// views runs a dialect's views over the lines of events and one damaged line.
func views(t *testing.T, d *dialect, events []event.Event) *sql.DB {
	db, err := sql.Open("duckdb", "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), standIns+`CREATE TABLE event_lines (line VARCHAR, tier VARCHAR, "date" VARCHAR)`)
	require.NoError(t, err)
	for i := range events {
		e := &events[i]
		line := event.AppendStamp(e.AppendBody(nil), "w", uint64(i+1), e.Timestamp.AsTime(), false)
		_, err = db.ExecContext(t.Context(), "INSERT INTO event_lines VALUES (?, ?, ?)", string(line), e.Retention.Tier, e.Timestamp.AsTime().Format(time.DateOnly))
		require.NoError(t, err)
	}
	_, err = db.ExecContext(t.Context(), `INSERT INTO event_lines VALUES ('{"schema":"agentaud', 'critical', '2026-11-02')`)
	require.NoError(t, err)
	for _, statement := range statements(t, d) {
		if !strings.Contains(statement, "VIEW") || strings.Contains(statement, "VIEW event_lines") {
			continue // what is bound to a place
		}
		statement = translate(d, statement)
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	return db
}

// TestHeaders keeps the words about what was not run where readers look first.
func TestHeaders(t *testing.T) {
	for _, d := range dialects {
		text, err := os.ReadFile(filepath.Join("templates", d.file))
		require.NoError(t, err)
		assert.Contains(t, string(text), "-- Not run:")
	}
}
