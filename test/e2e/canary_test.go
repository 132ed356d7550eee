package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

// control is a text that is no secret: a sink in which it isn't found was not looked at.
const control = "nothing-to-hide-here"

// drawn is one example of a format, drawn by lot.
type drawn struct {
	format  string
	text    string
	secrets []string // what of it must go: all, if its own form tells it, else what stands behind its label
	own     bool     // its own form tells it, whatever stands beside it
}

// drawer draws examples of all formats in turn.
type drawer struct {
	rng      *rand.Rand
	redactor *redact.Redactor
	formats  []detect.Format
	turn     [2]int // whose it is: of all formats, and of those whose own form tells
	refused  map[string]int
	written  [len(waysOfWriting)]int
	texts    []drawn
}

// next draws an example. One that the format's own check refuses, an entropy by chance too low, is no example of it.
func (d *drawer) next(t *testing.T, ownOnly bool) drawn {
	t.Helper()
	turn := &d.turn[0]
	if ownOnly {
		turn = &d.turn[1]
	}
	for range 100_000 {
		f := &d.formats[*turn%len(d.formats)]
		text := f.Example(d.rng)
		const before = "x "
		var l redact.Log
		_, list := d.redactor.Explain(&l, "", "", before+text+" y")
		c := drawn{format: f.ID, text: text}
		for _, e := range list {
			c.secrets = append(c.secrets, (before + text + " y")[e.Start:e.End])
		}
		c.own = f.Group != detect.Labelled && !strings.ContainsAny(text, " \n") && slices.Contains(c.secrets, text)
		if len(list) == 0 {
			d.refused[f.ID]++
			continue
		}
		*turn++
		if ownOnly && !c.own {
			continue
		}
		d.texts = append(d.texts, c)
		return c
	}
	t.Fatal("no format has an example")
	return drawn{}
}

// waysOfWriting are the ways in which agents write a secret into a text.
var waysOfWriting = [...]struct {
	ownOnly bool // for secrets that their own form tells: a label would be written in another way
	write   func(secret string) string
}{
	{false, func(s string) string { return s }},
	{false, func(s string) string { return "I have set it up. Here it is: " + s + "\nLet me know whether it works." }},
	{false, func(s string) string {
		return `{"role":"user","parts":[{"type":"text","content":` + quoted("use "+s+" please") + `}]}`
	}},
	{false, func(s string) string {
		return `{"body":` + quoted(`{"body":`+quoted(`{"note":`+quoted(s)+`}`)+`,"n":1}`) + `}`
	}},
	{false, func(s string) string { return `{"output":` + quoted("one\n\tresult: "+s+"\nthree") + `,"next":{"a":` }},
	{false, func(s string) string {
		return "payload=" + base64.StdEncoding.EncodeToString([]byte("config follows\n"+s+"\nend")) + " (encoded)"
	}},
	{true, func(s string) string {
		return "GET / HTTP/1.1\r\nHost: api.internal\r\nX-Custom: " + s + "\r\nAccept: */*\r\n\r\n"
	}},
	{true, func(s string) string { return "https://api.internal/v1/run?q=" + url.QueryEscape(s) + "&page=2" }},
	{true, func(s string) string { return "- the value is **`" + s + "`**, keep it\n" }},
	{true, func(s string) string { // every third character as an escape
		var b strings.Builder
		for i, c := range s {
			if i%3 == 0 {
				fmt.Fprintf(&b, `\u%04x`, c)
			} else {
				b.WriteString(strings.Trim(quoted(string(c)), `"`))
			}
		}
		return `{"text":"` + b.String() + `"}`
	}},
	{false, func(s string) string { return `{"path":` + strings.ReplaceAll(quoted("a/b "+s), "/", `\/`) + `}` }},
	{true, func(s string) string { return `{"by name":{` + quoted(s) + `:true}}` }},
	{true, func(s string) string { // every byte
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
		return "callback?state=" + b.String()
	}},
	{true, func(s string) string { return "run 'tool' --with " + split(s, `'"'`) + "\n" }},
	{true, func(s string) string { return "It is " + split(s, "**") + ", as I said." }},
}

// split puts quotes of a shell or of Markdown into the middle of a word, in which they mean nothing.
func split(s, quotes string) string {
	letter := func(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
	for i := len(s) / 2; i < len(s); i++ {
		if i > 0 && letter(s[i-1]) && letter(s[i]) {
			return s[:i] + quotes + s[i:]
		}
	}
	return s
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(text)
}

// text is the next secret, written in one of the ways.
func (d *drawer) text(t *testing.T) string {
	n := d.rng.IntN(len(waysOfWriting))
	d.written[n]++
	way := &waysOfWriting[n]
	return way.write(d.next(t, way.ownOnly).text)
}

// fill puts secrets into all kinds of values of m.
func (d *drawer) fill(t *testing.T, m pcommon.Map) {
	m.PutStr("note", d.text(t))
	m.PutEmptyBytes("blob").FromRaw([]byte(d.text(t)))
	m.PutEmptySlice("lines").AppendEmpty().SetStr(d.text(t))
	m.PutEmptyMap("form").PutEmptyMap("inner").PutStr("comment", d.text(t))
	m.PutStr("for "+d.next(t, true).text, "by its name")
}

// message is a chat with a secret in a text, in a call's arguments and in its result.
func (d *drawer) message(t *testing.T) string {
	return fmt.Sprintf(`[{"role":"assistant","parts":[{"type":"text","content":%s},{"type":"tool_call","name":"run","arguments":{"command":%s}},{"type":"tool_call_response","response":%s}]}]`,
		quoted(d.text(t)), quoted(d.text(t)), quoted(d.text(t)))
}

func (d *drawer) span(t *testing.T, span ptrace.Span, id int) {
	operation := []string{"execute_tool", "chat", "invoke_agent", "search_memory", "plan"}[id%5]
	now := pcommon.NewTimestampFromTime(time.Now())
	span.SetTraceID(pcommon.TraceID{0: 1, 14: byte(id >> 8), 15: byte(id)}) //nolint:gosec // cut on purpose
	span.SetSpanID(pcommon.SpanID{0: 1, 6: byte(id >> 8), 7: byte(id)})     //nolint:gosec // cut on purpose
	span.SetStartTimestamp(now)
	span.SetEndTimestamp(now)
	span.SetName(operation + " " + d.text(t))
	span.Status().SetCode(ptrace.StatusCodeError)
	span.Status().SetMessage(d.text(t))
	a := span.Attributes()
	a.PutStr("gen_ai.operation.name", operation)
	a.PutStr("gen_ai.agent.name", control)
	a.PutStr("gen_ai.tool.call.arguments", `{"input":`+quoted(d.text(t))+`}`)
	a.PutStr("gen_ai.tool.call.result", d.text(t))
	a.PutStr("gen_ai.input.messages", d.message(t))
	a.PutStr("gen_ai.output.messages", d.message(t))
	a.PutStr("gen_ai.system_instructions", `[{"type":"text","content":`+quoted(d.text(t))+`}]`)
	d.fill(t, a)
	exception := span.Events().AppendEmpty()
	exception.SetName("exception")
	exception.Attributes().PutStr("exception.message", d.text(t))
	exception.Attributes().PutStr("exception.stacktrace", "at main\n"+d.text(t))
	d.fill(t, exception.Attributes())
	span.Events().AppendEmpty().SetName(d.text(t))
	span.TraceState().FromRaw("vendor=" + d.next(t, true).text)
	link := span.Links().AppendEmpty()
	link.TraceState().FromRaw("vendor=" + d.next(t, true).text)
	d.fill(t, link.Attributes())
}

func (d *drawer) record(t *testing.T, record plog.LogRecord, i int) {
	record.SetEventName([]string{"gen_ai.client.inference.operation.details", "gen_ai.user.message", "gen_ai.choice", "gen_ai.tool.message", d.next(t, true).text}[i%5])
	record.SetSeverityText("WARN " + d.text(t))
	record.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	record.Attributes().PutStr("gen_ai.system", "openai")
	record.Attributes().PutStr("gen_ai.operation.name", "execute_tool")
	record.Attributes().PutStr("gen_ai.agent.name", control)
	d.fill(t, record.Attributes())
	if i%2 == 0 {
		record.Body().SetStr(d.text(t))
		return
	}
	d.fill(t, record.Body().SetEmptyMap())
}

// TestCanaries sends secrets and personal data of every format, drawn by lot, in every place and way of writing, and looks for
// them wherever the collector writes to, a tracing backend behind it included.
func TestCanaries(t *testing.T) {
	t.Parallel()
	forwarded := t.TempDir()
	c := startCollector(t, setup{
		env: map[string]string{"AGENTAUDIT_SEAL_AGE": "1h"}, // so that the journal can be looked at
		config: []string{
			"service::telemetry::logs::level: debug", "processors::agent_audit::output: annotate",
			"exporters::file/spans::path: " + filepath.Join(forwarded, "spans.json"), "exporters::file/logs::path: " + filepath.Join(forwarded, "logs.json"),
			"service::pipelines::traces::exporters: [agent_audit_s3, file/spans]", "service::pipelines::logs::exporters: [agent_audit_s3, file/logs]",
		},
	})
	redactor, err := redact.New(redact.Config{})
	require.NoError(t, err)
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any
	t.Logf("seed %d", seed)
	d := &drawer{rng: rand.New(rand.NewPCG(seed, 0)), redactor: redactor, formats: detect.Formats(), refused: map[string]int{}} //nolint:gosec // a test's
	sender := newHTTP(c).(*overHTTP)
	defer sender.close()
	const requests, spans, records = 5, 32, 12
	var sent []byte
	for request := range requests {
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		d.fill(t, rs.Resource().Attributes())
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName("scope " + d.next(t, true).text)
		ss.SetSchemaUrl("https://schemas.internal/1?token=" + d.next(t, true).text)
		d.fill(t, ss.Scope().Attributes())
		for i := range spans {
			d.span(t, ss.Spans().AppendEmpty(), request*spans+i)
		}
		sent = append(sent, asJSON(t, (&ptrace.JSONMarshaler{}).MarshalTraces, td)...)
		require.NoError(t, sender.send(t.Context(), td))
		ld := plog.NewLogs()
		rl := ld.ResourceLogs().AppendEmpty()
		d.fill(t, rl.Resource().Attributes())
		for i := range records {
			d.record(t, rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty(), i)
		}
		sent = append(sent, asJSON(t, (&plog.JSONMarshaler{}).MarshalLogs, ld)...)
		body, err := plogotlp.NewExportRequestFromLogs(ld).MarshalProto()
		require.NoError(t, err)
		code, answer, err := sender.post(t.Context(), "/v1/logs", "application/x-protobuf", body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, code, "%s", answer)
	}
	t.Logf("%d canaries of %d formats; drafts refused by their own check: %v", len(d.texts), len(d.formats), d.refused)
	require.GreaterOrEqual(t, len(d.texts), 5000)
	d.coversAll(t)

	search := newSearch(d.texts)
	seen := len(search.find(sent))
	t.Logf("the search sees %d of them in what was sent", seen)
	require.Greater(t, seen, len(d.texts)*95/100)
	_, page := c.get(c.metrics, "/metrics")
	search.absent(t, "metrics", []byte(page))
	search.absentBelow(t, "journal", c.journal, true)
	c.stop()
	search.absent(t, "the collector's log", c.log())
	search.absentBelow(t, "forwarded", forwarded, true)
	w := readWorld(t, c.bucket)
	require.Greater(t, len(w.events), requests*spans)
	search.absent(t, "bucket", w.text)
	assert.Contains(t, string(w.text), control)
	search.absentBelow(t, "whatever lies about", c.dir, false)
}

// coversAll wants every format, every kind of personal data and every way of writing among what was drawn.
func (d *drawer) coversAll(t *testing.T) {
	t.Helper()
	drawn := map[string]int{}
	for _, c := range d.texts {
		drawn[c.format]++
	}
	for i := range d.formats {
		id := d.formats[i].ID
		assert.Positive(t, drawn[id], "%s was never drawn", id)
		assert.Less(t, d.refused[id], 1+drawn[id]/2, "%s: examples that are none", id)
	}
	for i, n := range d.written {
		assert.Greater(t, n, 50, "way %d of writing", i)
	}
}

func asJSON[T any](t *testing.T, marshal func(T) ([]byte, error), data T) []byte {
	t.Helper()
	text, err := marshal(data)
	require.NoError(t, err)
	return text
}

// absentBelow looks at all files below dir; with controlled the control must be in one of them.
func (s *search) absentBelow(t *testing.T, where, dir string, controlled bool) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(name, ".key") { // the collector's own
			return err
		}
		text, err := os.ReadFile(name)
		s.absent(t, where+": "+filepath.Base(name), text)
		return err
	}))
	if controlled {
		assert.NotEmpty(t, grep(t, dir, control), "%s: the search sees nothing there", where)
	}
}
