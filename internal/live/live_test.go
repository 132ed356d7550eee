package live

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/agentaudit/agentaudit/internal/access"
	"github.com/agentaudit/agentaudit/internal/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func items(n int, tier string) []Item {
	list := make([]Item, n)
	for i := range list {
		list[i] = Item{Type: "tool_call", Agent: fmt.Sprint("agent-", i%7), Tier: tier}
	}
	return list
}

func TestHubHandsOutEverythingInOrder(t *testing.T) {
	h := NewHub()
	var group sync.WaitGroup
	const total = 50_000
	for range 3 {
		group.Go(func() {
			number := uint64(1)
			for number <= total {
				got, missed := h.After(t.Context(), number, 777)
				assert.Zero(t, missed)
				for _, item := range got {
					if !assert.Equal(t, number, item.Number) {
						return
					}
					number++
				}
			}
		})
	}
	for range total / 50 {
		h.Add(items(50, "info"))
	}
	group.Wait()
}

func TestHubSaysWhatItForgot(t *testing.T) {
	h := NewHub()
	for range 3 {
		h.Add(items(Window/2, "info"))
	}
	got, missed := h.After(t.Context(), 1, 10)
	assert.Equal(t, uint64(Window/2), missed)
	assert.Equal(t, uint64(Window/2+1), got[0].Number)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, missed = h.After(ctx, h.Next(), 10)
	assert.Empty(t, got)
	assert.Zero(t, missed)
}

func TestHubMemoryIsFlat(t *testing.T) {
	h := NewHub()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	fill := func(n int) {
		for i := range n / 100 {
			list := items(100, "info")
			for j := range list {
				list[j].Details = strings.Repeat("x", maxDetails)
				list[j].Agent = fmt.Sprint("agent", i*100+j)
			}
			h.Add(list)
		}
	}
	fill(2 * Window)
	before := heap()
	fill(4 * Window)
	assert.Less(t, heap(), before+before/4)
	runtime.KeepAlive(h)
}

func TestSumsByTier(t *testing.T) {
	h := NewHub()
	h.Add(items(5, "info"))
	h.Add([]Item{{Type: "error", Outcome: "error", Tier: "critical"}, {Type: "permission_denied", Tier: "critical"}, {Type: "token_usage", Tier: "info", Tokens: 7, CostUSD: 0.5}})
	all := h.Sums(nil)
	assert.Equal(t, int64(8), all.Events)
	assert.Equal(t, int64(1), all.Errors)
	assert.Equal(t, int64(1), all.Denials)
	assert.Equal(t, int64(7), all.Tokens)
	assert.Equal(t, 5, all.Agents)
	some := h.Sums([]string{"debug", "info"})
	assert.Equal(t, int64(6), some.Events)
	assert.NotContains(t, some.Tiers, "critical")
	assert.Zero(t, some.Errors)
}

// read reads messages until n items came, and returns their numbers.
func read(t *testing.T, body *bufio.Reader, n int) (got []Item) {
	t.Helper()
	for len(got) < n {
		line, err := body.ReadString('\n')
		require.NoError(t, err)
		if data, ok := strings.CutPrefix(line, "data: ["); ok {
			var list []Item
			require.NoError(t, json.Unmarshal([]byte("["+data), &list))
			got = append(got, list...)
		}
	}
	return got
}

func TestFeedKeepsToTheTiers(t *testing.T) {
	h := NewHub()
	users, err := access.ParseUsers("developer dev 0123456789abcdef\nauditor aud fedcba9876543210")
	require.NoError(t, err)
	server := httptest.NewServer((&access.Guard{Users: users}).Protect(http.HandlerFunc(h.Feed)))
	ctx, hangUp := context.WithCancel(t.Context())
	defer func() { // a feed ends with its reader
		hangUp()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	}()
	listen := func(token string) *bufio.Reader {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/?after=1", nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		t.Cleanup(func() { _ = response.Body.Close() })
		require.Equal(t, http.StatusOK, response.StatusCode)
		return bufio.NewReader(response.Body)
	}
	developer, auditor := listen("0123456789abcdef"), listen("fedcba9876543210")
	h.Add([]Item{{Type: "a", Tier: "info"}, {Type: "b", Tier: "critical"}, {Type: "c", Tier: "debug"}})
	for i, item := range read(t, developer, 2) {
		assert.Equal(t, []string{"a", "c"}[i], item.Type)
	}
	assert.Len(t, read(t, auditor, 3), 3)
}

func TestReceiver(t *testing.T) {
	h := NewHub()
	r, err := Receive(t.Context(), "127.0.0.1:0", h)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	conn, err := grpc.NewClient(r.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()

	e := event.Event{Retention: event.Retention{Tier: "info"}, ID: event.SpanEventID([16]byte{1}, [8]byte{2}, event.ToolCall, 0), Type: event.ToolCall, AgentName: "a", Timestamp: pcommon.NewTimestampFromTime(time.Unix(1, 0)), TraceID: [16]byte{1}, SpanID: [8]byte{2}}
	td := ptrace.NewTraces()
	span := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(e.TraceID)
	span.SetSpanID(e.SpanID)
	span.Events().AppendEmpty().SetName("something else")
	event.ToSpanEvent(&e, span)
	_, err = ptraceotlp.NewGRPCClient(conn).Export(t.Context(), ptraceotlp.NewExportRequestFromTraces(td))
	require.NoError(t, err)

	ld := plog.NewLogs()
	event.ToLogRecord(&e, ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty())
	_, err = plogotlp.NewGRPCClient(conn).Export(t.Context(), plogotlp.NewExportRequestFromLogs(ld), grpc.UseCompressor("gzip"))
	require.NoError(t, err)
	require.Equal(t, uint64(3), h.Next())
	got, _ := h.After(t.Context(), 1, 10)
	assert.Equal(t, "tool_call", got[0].Type)
	assert.Equal(t, "a", got[1].Agent)

	// What is called an event and is none is told to the sender.
	e.Retention.Tier = ""
	event.ToLogRecord(&e, ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0))
	answer, err := plogotlp.NewGRPCClient(conn).Export(t.Context(), plogotlp.NewExportRequestFromLogs(ld))
	require.NoError(t, err)
	assert.Equal(t, int64(1), answer.PartialSuccess().RejectedLogRecords())
	assert.Equal(t, uint64(3), h.Next())

	// What would end the process is refused.
	deep := ptrace.NewTraces()
	list := deep.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().Attributes().PutEmptySlice("x")
	for range 20_000 {
		list = list.AppendEmpty().SetEmptySlice()
	}
	_, err = ptraceotlp.NewGRPCClient(conn).Export(t.Context(), ptraceotlp.NewExportRequestFromTraces(deep))
	assert.Error(t, err)
}

func TestReceiverListensOnLoopbackAlone(t *testing.T) {
	_, err := Receive(t.Context(), "0.0.0.0:0", NewHub())
	assert.ErrorContains(t, err, "only loopback")
}

func TestClip(t *testing.T) {
	assert.Equal(t, "aé", clip("aéz", 3))
	assert.Equal(t, "a", clip("aéz", 2))
}

func BenchmarkAdd(b *testing.B) {
	h := NewHub()
	list := items(100, "info")
	b.ReportAllocs()
	for b.Loop() {
		h.Add(list)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/event")
}
