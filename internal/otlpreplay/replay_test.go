package otlpreplay

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is an OTLP/HTTP server that keeps what it gets. Before that, it gives the answers that were prepared.
type server struct {
	*httptest.Server

	mu      sync.Mutex
	answers []http.HandlerFunc
	traces  []ptrace.Traces
	logs    []plog.Logs
	asked   int
	header  http.Header
}

func newServer(t *testing.T, answers ...http.HandlerFunc) *server {
	s := &server{answers: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.header = r.Header
	if len(s.answers) > 0 {
		var answer http.HandlerFunc
		answer, s.answers = s.answers[0], s.answers[1:]
		answer(w, r)
		return
	}
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	text, _ := io.ReadAll(body)
	switch r.URL.Path {
	case "/v1/traces":
		req := ptraceotlp.NewExportRequest()
		if req.UnmarshalProto(text) == nil {
			s.traces = append(s.traces, req.Traces())
		}
	case "/v1/logs":
		req := plogotlp.NewExportRequest()
		if req.UnmarshalProto(text) == nil {
			s.logs = append(s.logs, req.Logs())
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// settle waits until no request is being served, so that what the server kept may be read.
func (s *server) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

func answer(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func (s *server) options(t *testing.T) Options {
	u, err := ParseEndpoint(s.URL)
	require.NoError(t, err)
	return Options{Endpoint: u, Timeout: 10 * time.Second}
}

func text(name, lines string) Input {
	return Input{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(lines)), nil }}
}

func span(trace, start, end int) string {
	return fmt.Sprintf(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%032x","spanId":"0000000000000001","name":"n",`+
		`"startTimeUnixNano":"%d","endTimeUnixNano":"%d","links":[{"traceId":"%032x","spanId":"0000000000000002"}],`+
		`"events":[{"timeUnixNano":"%d","name":"e"}]}]}]}]}`+"\n", trace, start, end, trace, end)
}

func record(at int) string {
	return fmt.Sprintf(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"%d","body":{"stringValue":"x"}}]}]}]}`+"\n", at)
}

func firstSpan(td ptrace.Traces) ptrace.Span {
	return td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
}

func TestRunSendsInOrder(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o := s.options(t)
	o.Header, o.Gzip, o.Repeat = http.Header{"X-Key": {"k"}}, true, 2
	read := 0
	o.OnRead = func(n int) { read += n }
	one, two := span(1, 1, 2)+record(5), "\n"+span(2, 3, 4)+`{"resourceMetrics":[]}`
	stats, err := Run(t.Context(), []Input{text("a", one), text("b", two)}, o)
	require.NoError(t, err)
	assert.Equal(t, Stats{Requests: 6, Spans: 4, LogRecords: 2, Skipped: 2}, stats)
	require.Len(t, s.traces, 4)
	assert.Len(t, s.logs, 2)
	for i, want := range []byte{1, 2, 1, 2} {
		assert.Equal(t, want, firstSpan(s.traces[i]).TraceID()[15])
	}
	assert.Equal(t, "k", s.header.Get("X-Key"))
	assert.Equal(t, 2*(len(one)+len(two)-1), read, "all but the blank lines")
}

func TestBothSignalsOnOneLine(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	line := strings.TrimSuffix(span(1, 1, 2), "}\n") + "," + record(3)[1:]
	stats, err := Run(t.Context(), []Input{text("a", line)}, s.options(t))
	require.NoError(t, err)
	assert.Equal(t, Stats{Requests: 2, Spans: 1, LogRecords: 1}, stats)
}

func TestShiftToNow(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o := s.options(t)
	o.ShiftToNow = true
	begin := time.Now()
	_, err := Run(t.Context(), []Input{text("a", span(1, 1000, 5000)+"bad\n"+span(2, 2000, 0)), text("b", record(9000))}, o)
	require.NoError(t, err)
	newest := s.logs[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Timestamp()
	assert.WithinRange(t, newest.AsTime(), begin.Add(-time.Millisecond), time.Now())
	first, second := firstSpan(s.traces[0]), firstSpan(s.traces[1])
	assert.Equal(t, newest-8000, first.StartTimestamp())
	assert.Equal(t, newest-4000, first.EndTimestamp())
	assert.Equal(t, newest-4000, first.Events().At(0).Timestamp())
	assert.Equal(t, newest-7000, second.StartTimestamp())
	assert.Zero(t, second.EndTimestamp(), "absent stays absent")
}

func TestShiftStaysInRange(t *testing.T) {
	t.Parallel()
	assert.EqualValues(t, 1, shift(-100)(50))
	assert.EqualValues(t, 1, shift(-50)(50))
	assert.EqualValues(t, 10, shift(-90)(100))
	assert.EqualValues(t, ^uint64(0), shift(100)(1<<64-50))
	assert.EqualValues(t, 150, shift(100)(50))
}

func TestFreshIDs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o := s.options(t)
	o.FreshIDs, o.Repeat = true, 2
	_, err := Run(t.Context(), []Input{text("a", span(1, 1, 2)+span(1, 1, 2)+span(2, 1, 2))}, o)
	require.NoError(t, err)
	require.Len(t, s.traces, 6)
	id := func(i int) any { return firstSpan(s.traces[i]).TraceID() }
	assert.Equal(t, id(0), id(1), "one trace stays one")
	assert.NotEqual(t, id(0), id(2))
	assert.NotEqual(t, id(0), id(3))
	assert.EqualValues(t, id(0), firstSpan(s.traces[0]).Links().At(0).TraceID(), "links follow")
}

func TestPassingTroubleIsWaitedOut(t *testing.T) {
	t.Parallel()
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.Close()
	}
	s := newServer(t, answer(429, "Retry-After", "0"), answer(503), hangUp, answer(502))
	o := s.options(t)
	var told []string
	o.OnRetry = func(err error, pause time.Duration) {
		assert.Positive(t, pause)
		told = append(told, err.Error())
	}
	stats, err := Run(t.Context(), []Input{text("a", span(1, 1, 2))}, o)
	require.NoError(t, err)
	assert.Equal(t, Stats{Requests: 1, Spans: 1}, stats)
	require.Len(t, told, 4)
	assert.Contains(t, told[0], "429 Too Many Requests")
	assert.Len(t, s.traces, 1)
}

func TestServerThatComesUpLater(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	later := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	later.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	var start sync.Once
	served := make(chan error, 1)
	o := Options{Endpoint: &url.URL{Scheme: "http", Host: address}, Timeout: 10 * time.Second}
	o.OnRetry = func(error, time.Duration) {
		start.Do(func() {
			l, err := net.Listen("tcp", address)
			require.NoError(t, err)
			go func() { served <- later.Serve(l) }()
		})
	}
	stats, err := Run(t.Context(), []Input{text("a", span(1, 1, 2))}, o)
	require.NoError(t, err)
	assert.Equal(t, 1, stats.Requests)
	require.NoError(t, later.Close())
	assert.ErrorIs(t, <-served, http.ErrServerClosed)
}

func TestTroubleThatStays(t *testing.T) {
	t.Parallel()
	denial, err := proto.Marshal(&status.Status{Message: "no such tenant"})
	require.NoError(t, err)
	denied := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(denial)
	}
	slow := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // else the server doesn't notice that the client left
		<-r.Context().Done()
	}
	for _, c := range []struct {
		name    string
		answer  http.HandlerFunc
		timeout time.Duration
		want    string
	}{
		{"denied", denied, time.Minute, "a:1: .*403 Forbidden: no such tenant"},
		{"not found", answer(404), time.Minute, "a:1: .*404"},
		{"redirect", answer(307, "Location", "http://127.0.0.1:1/"), time.Minute, "a:1: .*307"},
		{"come again tomorrow", answer(503, "Retry-After", "86400"), time.Minute, "a:1: gave up after 1m0s: .*503"},
		{"date", answer(503, "Retry-After", "Fri, 31 Dec 2199 23:59:59 GMT"), time.Minute, "a:1: gave up after 1m0s: .*503"},
		{"no answer", slow, 50 * time.Millisecond, "a:1: gave up after 50ms: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, c.answer)
			o := s.options(t)
			o.Timeout = c.timeout
			stats, err := Run(t.Context(), []Input{text("a", span(1, 1, 2)+span(1, 1, 2))}, o)
			require.Error(t, err)
			assert.Regexp(t, "^"+c.want, err.Error())
			assert.Zero(t, stats)
			s.settle()
			assert.Equal(t, 1, s.asked)
		})
	}
}

func TestProblemsDontStopIt(t *testing.T) {
	t.Parallel()
	s := newServer(t, answer(400), answer(413), answer(200))
	o := s.options(t)
	var told []string
	o.OnProblem = func(place string, err error) { told = append(told, place+": "+err.Error()) }
	lines := span(1, 1, 2) + record(1) + "{}\n" + span(1, 1, 2) + `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}`
	stats, err := Run(t.Context(), []Input{text("a", lines)}, o)
	require.NoError(t, err)
	assert.Equal(t, Stats{Requests: 1, Spans: 1, Problems: 4}, stats)
	require.Len(t, told, 4)
	for i, want := range []string{"a:1: refused: ", "a:2: refused: ", "a:3: holds neither", "a:5: no valid traces"} {
		assert.True(t, strings.HasPrefix(told[i], want), told[i])
	}
}

func TestPartialSuccess(t *testing.T) {
	t.Parallel()
	partial := func(w http.ResponseWriter, _ *http.Request) {
		r := plogotlp.NewExportResponse()
		r.PartialSuccess().SetRejectedLogRecords(1)
		r.PartialSuccess().SetErrorMessage("too old")
		body, _ := r.MarshalProto()
		_, _ = w.Write(body)
	}
	garbage := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }
	s := newServer(t, partial, garbage)
	stats, err := Run(t.Context(), []Input{text("a", record(1)+record(2))}, s.options(t))
	require.NoError(t, err)
	assert.Equal(t, Stats{Requests: 2, LogRecords: 2, Rejected: 1, Problems: 2}, stats)
}

func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := replay{Options: Options{Rate: 100}, start: time.Now()}
		for range 11 {
			require.NoError(t, r.pace(t.Context()))
			r.sent += 10
		}
		assert.Equal(t, time.Second, time.Since(r.start))
	})
}

func TestParseEndpoint(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"http://127.0.0.1:4318":   "http://127.0.0.1:4318",
		"https://h/base/":         "https://h/base/",
		"http://h:4318/v1/traces": "http://h:4318",
		"127.0.0.1:4318":          "",
		"h:4318":                  "",
		"grpc://h:4317":           "",
		"http://":                 "",
		"http://user:secret@h":    "",
		"http://h?token=secret":   "",
		"http://h\x7f":            "",
	} {
		u, err := ParseEndpoint(raw)
		if want == "" {
			require.Error(t, err, raw)
			assert.NotContains(t, err.Error(), "secret")
			continue
		}
		require.NoError(t, err, raw)
		assert.Equal(t, want, u.String())
	}
}

func FuzzParse(f *testing.F) {
	f.Add(span(1, 2, 3))
	f.Add(record(1))
	f.Add(`{"resource_spans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"k","value":{"arrayValue":{"values":[{}]}}}]}]}]}]}`)
	f.Add(`{"resourceLogs":null,"resourceSpans":5}`)
	f.Fuzz(func(t *testing.T, line string) {
		b, err := parse([]byte(line))
		if err != nil {
			return
		}
		b.newest()
		b.rewrite(shift(-5), freshTraces(7))
		_, err = b.requests()
		require.NoError(t, err)
	})
}
