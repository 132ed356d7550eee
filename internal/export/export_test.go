package export

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/logread"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

const formula = "=HYPERLINK(\"http://evil.example\")"

func scenario() []event.Event {
	s := generate.NewScenario(monday)
	pay := generate.Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:refunds"}
	s.Session("s-1", "alice", "support").Turn("refund").
		Call(generate.Call{Tool: "get_order", Args: `{"id":7}`, Operation: event.Read, Resource: "db:orders"}).
		Ask(pay).After(time.Minute).Approve(pay, "bob").Call(pay.Approved("bob")).
		Fail("MailError", formula).Answer("done").End()
	s.Session("s-2", "carol", "ops").Turn("look").Call(generate.Call{Tool: "ls", Args: "{}"}).Answer("ok").End()
	return s.Events()
}

// request opens a lake over the scenario.
func request(t *testing.T, format string, filter lake.Filter) Request {
	t.Helper()
	store := generate.NewMemory()
	_, err := generate.WriteEvents(t.Context(), store, scenario(), "one", "two")
	require.NoError(t, err)
	l, err := lake.Open(t.Context(), store, lake.Options{Dir: t.TempDir(), Now: monday.AddDate(0, 0, 2)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	v, err := l.View(t.Context(), filter)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, v.Close()) })
	return Request{
		Lake: l, View: v, Format: format, Lines: logread.Query{Sessions: filter.Sessions},
		OnFinding: func(err error) { assert.NoError(t, err) },
	}
}

func export(t *testing.T, r Request) (Written, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out")
	w, err := File(t.Context(), r, path)
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	sum := sha256.Sum256(data)
	assert.Equal(t, hex.EncodeToString(sum[:]), w.SHA256)
	assert.Equal(t, int64(len(data)), w.Bytes)
	return w, data
}

// TestLinesAreTheStoredOnes: each line decodes strictly, and there is each event once.
func TestLinesAreTheStoredOnes(t *testing.T) {
	w, data := export(t, request(t, "jsonl", lake.Filter{}))
	assert.Equal(t, int64(len(scenario())), w.Rows)
	seen := map[string]bool{}
	for line := range bytes.Lines(data) {
		var e event.Event
		require.NoError(t, event.Decode(bytes.TrimSuffix(line, []byte("\n")), &e))
		assert.NotEmpty(t, e.Writer)
		seen[strings.Clone(e.ID)] = true
	}
	assert.Len(t, seen, len(scenario()))
	w, _ = export(t, request(t, "jsonl", lake.Filter{Sessions: []string{"s-2"}}))
	assert.Positive(t, w.Rows)
	assert.Less(t, w.Rows, int64(len(scenario())))
}

func TestTable(t *testing.T) {
	w, data := export(t, request(t, "csv", lake.Filter{}))
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, int(w.Rows)+1)
	assert.Len(t, rows[0], len(event.Columns())+1)
	column := func(name string) int {
		for i, n := range rows[0] {
			if n == name {
				return i
			}
		}
		t.Fatalf("no column %s", name)
		return 0
	}
	tools, errs := map[string]bool{}, map[string]bool{}
	for _, row := range rows[1:] {
		tools[row[column("tool.name")]] = true
		errs[row[column("error")]] = true
		_, err := time.Parse(time.RFC3339Nano, row[column("timestamp")])
		require.NoError(t, err)
	}
	assert.Contains(t, tools, "issue_refund")
	assert.Contains(t, errs, "'"+formula, "a spreadsheet must not run it")
}

func TestParquet(t *testing.T) {
	w, data := export(t, request(t, "parquet", lake.Filter{}))
	assert.Equal(t, int64(len(scenario())), w.Rows)
	assert.True(t, bytes.HasPrefix(data, []byte("PAR1")) && bytes.HasSuffix(data, []byte("PAR1")))
	_, err := Stream(t.Context(), request(t, "parquet", lake.Filter{}), &bytes.Buffer{})
	assert.ErrorIs(t, err, ErrFile)
}

// TestOCSF checks what OCSF 1.9 requires of API Activity: each required attribute is there, and the ids agree.
func TestOCSF(t *testing.T) {
	w, data := export(t, request(t, "ocsf", lake.Filter{}))
	assert.Equal(t, int64(len(scenario())), w.Rows)
	activities := map[float64]bool{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e map[string]any
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
		for _, required := range []string{"activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id", "metadata", "actor", "api", "src_endpoint"} {
			assert.Contains(t, e, required)
		}
		activity, _ := e["activity_id"].(float64)
		assert.InDelta(t, 600300+activity, e["type_uid"], 0)
		activities[activity] = true
		actor, _ := e["actor"].(map[string]any)
		assert.NotEmpty(t, actor)
		api, _ := e["api"].(map[string]any)
		assert.NotEmpty(t, api["operation"])
		assert.NotContains(t, lines.Text(), ":null", "what is absent is left out")
	}
	require.NoError(t, lines.Err())
	assert.True(t, activities[2] && activities[3] && activities[99], "reads, writes and others")
}

func TestQuery(t *testing.T) {
	r := request(t, "jsonl", lake.Filter{})
	r.SQL = "SELECT tool.name AS tool, count(*) AS calls FROM events WHERE event_type = 'agent.tool_call' GROUP BY ALL ORDER BY ALL"
	w, data := export(t, r)
	assert.Equal(t, int64(3), w.Rows)
	assert.JSONEq(t, `{"tool":"get_order","calls":1}`, strings.SplitN(string(data), "\n", 2)[0])
	r.Format = "csv"
	_, data = export(t, r)
	assert.True(t, strings.HasPrefix(string(data), "tool,calls\nget_order,1\n"), string(data))
	r.Format = "ocsf"
	_, err := Stream(t.Context(), r, &bytes.Buffer{})
	assert.ErrorContains(t, err, "takes no SQL")
}

// TestSameInputSameBytes over every format but Parquet, whose rows the engine orders and whose pages it may cut otherwise.
func TestSameInputSameBytes(t *testing.T) {
	for _, format := range []string{"jsonl", "csv", "ocsf"} {
		first := request(t, format, lake.Filter{})
		w1, _ := export(t, first)
		w2, _ := export(t, first)
		assert.Equal(t, w1, w2, format)
		m1, err := Describe(first, "out", w1, nil).Encode()
		require.NoError(t, err)
		m2, err := Describe(first, "out", w2, nil).Encode()
		require.NoError(t, err)
		assert.Equal(t, string(m1), string(m2))
		assert.Contains(t, string(m1), `"verified": true`)
	}
}
