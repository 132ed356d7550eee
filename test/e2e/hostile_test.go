package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/test/load"
)

// TestMalformedRequests are no telemetry at all: refused for good, and nobody else notices.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	c := startCollector(t, setup{})
	g := load.New(load.Options{Seed: 1})
	var m ptrace.ProtoMarshaler
	good, err := m.MarshalTraces(g.Traces(1, 10))
	require.NoError(t, err)
	sender := newHTTP(c).(*overHTTP)
	defer sender.close()
	const protobuf, json = "application/x-protobuf", "application/json"
	for _, bad := range []struct {
		name, path, contentType string
		body                    []byte
		want                    int
	}{
		{"noise", "/v1/traces", protobuf, []byte("\xff\xfe not protobuf"), http.StatusBadRequest},
		{"half a request", "/v1/traces", protobuf, good[:len(good)/2], http.StatusBadRequest},
		{"noise as JSON", "/v1/traces", json, []byte("{"), http.StatusBadRequest},
		{"a trace id that is none", "/v1/traces", json, []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}`), http.StatusBadRequest},
		{"noise as logs", "/v1/logs", protobuf, []byte("\xff\xfe"), http.StatusBadRequest},
		{"another format", "/v1/traces", "text/csv", []byte("a,b"), http.StatusUnsupportedMediaType},
		{"another signal", "/v1/metrics", protobuf, nil, http.StatusNotFound},
		{"more than 64 MiB", "/v1/traces", protobuf, make([]byte, 64<<20+1), http.StatusBadRequest},
		{"nothing", "/v1/traces", protobuf, nil, http.StatusOK},
		{"nothing as JSON", "/v1/traces", json, []byte("{}"), http.StatusOK},
	} {
		code, answer, err := sender.post(t.Context(), bad.path, bad.contentType, bad.body)
		require.NoError(t, err, bad.name)
		assert.Equal(t, bad.want, code, "%s: %.200s", bad.name, answer)
		c.alive()
	}
	for name, body := range map[string][]byte{"noise": []byte("\xff\xfe not protobuf"), "half a request": good[:len(good)/2]} {
		assert.Contains(t, []codes.Code{codes.Internal, codes.InvalidArgument}, status.Code(sendRaw(t, c, body)), name)
		c.alive()
	}
	require.NoError(t, sender.send(t.Context(), g.Traces(2, 10)))
	c.stop()
	w := readWorld(t, c.bucket)
	assert.Equal(t, w.holds(g, 10, []uint64{2}), w.distinct(), "only the good request is there")
}

// raw is a gRPC codec that sends bytes as they are.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (raw) Unmarshal(mem.BufferSlice, any) error { return nil }

var _ encoding.CodecV2 = raw{}

// sendRaw sends bytes in the place of a request of traces.
func sendRaw(t *testing.T, c *collector, body []byte) error {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:"+c.grpc.Load().(string), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy(),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(128<<20)))
	require.NoError(t, err)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), requestTimeout)
	defer cancel()
	return conn.Invoke(ctx, "/opentelemetry.proto.collector.trace.v1.TraceService/Export", body, nil, grpc.ForceCodecV2(raw{}))
}

// strange makes a span that is valid OTLP and yet what no honest agent emits, and says what must become of it. All of
// them are accepted: refusing the request would cost its neighbours.
type strange struct {
	name string
	make func(ptrace.Span)
	// check looks at the events that came of it, in order.
	check func(t *testing.T, events []event.Event)
	// counted is the collector's metric that tells of it, and by how much.
	counted string
	by      float64
}

// toolSpan makes a good span of a tool call.
func toolSpan(span ptrace.Span) {
	now := time.Now()
	span.SetName("execute_tool get_order")
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(now.Add(-time.Second)))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(now))
	span.Attributes().PutStr("gen_ai.operation.name", "execute_tool")
	span.Attributes().PutStr("gen_ai.tool.name", "get_order")
	span.Attributes().PutStr("gen_ai.tool.call.arguments", `{"order":7}`)
}

var strangers = []strange{
	{
		name: "no ids",
		make: func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{}); s.SetSpanID(pcommon.SpanID{}) },
		check: func(t *testing.T, events []event.Event) {
			require.Len(t, events, 2)
			assert.NotEqual(t, events[0].ID, events[1].ID)
		},
	},
	{
		name: "times of 1970",
		make: func(s ptrace.Span) { s.SetStartTimestamp(1); s.SetEndTimestamp(2e9) },
		check: func(t *testing.T, events []event.Event) {
			require.Len(t, events, 2)
			assert.WithinDuration(t, time.Now(), events[0].Timestamp.AsTime(), time.Minute)
			assert.Contains(t, events[0].Attributes.String(), `"agent_audit.original_end_unix_nano":"2000000000"`)
		},
		counted: "processor_agent_audit_timestamps_replaced", by: 2, // 1970 and 2300
	},
	{
		name: "times of 2300",
		make: func(s ptrace.Span) {
			// In nanoseconds more than an int64 holds.
			s.SetStartTimestamp(10_413_792_000_000_000_000)
			s.SetEndTimestamp(10_413_792_001_000_000_000)
		},
		check: func(t *testing.T, events []event.Event) {
			require.Len(t, events, 2)
			assert.WithinDuration(t, time.Now(), events[0].Timestamp.AsTime(), time.Minute)
			assert.Contains(t, events[0].Attributes.String(), `"agent_audit.original_start_unix_nano":"10413792000000000000"`)
		},
	},
	{
		name: "an audit event of the sender's own",
		make: func(s ptrace.Span) {
			forged := s.Events().AppendEmpty()
			forged.SetName("agent.human_intervention")
			forged.Attributes().PutStr("agent_audit.event_id", "b5e2c8f0-7a68-8d1e-9f00-000000000001")
			forged.Attributes().PutStr("agent_audit.approval.status", "approved")
		},
		check: func(t *testing.T, events []event.Event) {
			require.Len(t, events, 2)
			for _, e := range events {
				assert.NotEqual(t, event.HumanIntervention, e.Type)
				assert.Empty(t, e.Approval.Status)
			}
		},
		counted: "processor_agent_audit_drops", by: 1,
	},
	{
		name: "no agent's",
		make: func(s ptrace.Span) {
			s.SetName("GET /health")
			s.Attributes().Clear()
			s.Attributes().PutStr("http.request.method", "GET")
		},
		check: func(t *testing.T, events []event.Event) { assert.Empty(t, events) },
	},
	{
		name: "invalid UTF-8",
		make: func(s ptrace.Span) {
			s.SetName("execute_tool \xff\xfe")
			s.Attributes().PutStr("gen_ai.tool.call.arguments", "{\"a\":\"\xc3\x28\"}")
			s.Attributes().PutStr("note\xff", "caf\xe9")
		},
		check: func(t *testing.T, events []event.Event) {
			require.Len(t, events, 2)
			assert.Contains(t, events[0].Attributes.String(), "caf\uFFFD")
		},
	},
	{
		name: "an attribute of 10 MB",
		make: func(s ptrace.Span) {
			s.Attributes().PutStr("gen_ai.tool.call.result", strings.Repeat("0123456789", 1_000_000))
		},
		check: func(t *testing.T, events []event.Event) {
			require.Len(t, events, 2)
			assert.Equal(t, `["/result"]`, events[1].Truncated.String())
			assert.InDelta(t, 1<<20, len(events[1].Result.String()), 16)
		},
		counted: "processor_agent_audit_truncations", by: 2, // this one and the next
	},
	{
		name: "10,000 attributes",
		make: func(s ptrace.Span) {
			for i := range 10_000 {
				s.Attributes().PutInt(fmt.Sprintf("attribute.%d", i), int64(i))
			}
		},
		check: func(t *testing.T, events []event.Event) {
			require.Len(t, events, 2)
			assert.Equal(t, `["/attributes"]`, events[0].Truncated.String())
			assert.Equal(t, 255, strings.Count(events[0].Attributes.String(), `"attribute.`), "256 with the one that marks the stranger")
		},
	},
	{
		name: "an attribute nested 1,000 deep",
		make: func(s ptrace.Span) {
			m := s.Attributes().PutEmptyMap("deep")
			for range 1000 {
				m = m.PutEmptyMap("d")
			}
			m.PutStr("password", "canary-deep")
		},
		check: func(t *testing.T, events []event.Event) {
			require.Len(t, events, 2)
			assert.NotContains(t, events[0].Attributes.String(), "canary-deep")
		},
	},
	{
		name: "JSON nested 100,000 deep",
		make: func(s ptrace.Span) {
			s.Attributes().PutStr("gen_ai.tool.call.arguments", strings.Repeat("[", 100_000)+`{"password":"canary-json"}`+strings.Repeat("]", 100_000))
		},
		check: func(t *testing.T, events []event.Event) {
			require.Len(t, events, 2)
			assert.NotContains(t, events[0].Params.String(), "canary-json")
		},
	},
}

// TestStrangeTelemetry sends each of the strangers between two good spans, over both protocols.
func TestStrangeTelemetry(t *testing.T) {
	t.Parallel()
	c := startCollector(t, setup{})
	identify := func(span ptrace.Span, protocol, i, j int) {
		span.SetTraceID(pcommon.TraceID{0: byte(protocol + 1), 15: byte(i + 1)}) //nolint:gosec // small
		span.SetSpanID(pcommon.SpanID{7: byte(j + 1)})                           //nolint:gosec // small
	}
	for protocol, make := range []func(*collector) protocol{newHTTP, newGRPC} {
		sender := make(c)
		for i, s := range strangers {
			td := ptrace.NewTraces()
			rs := td.ResourceSpans().AppendEmpty()
			rs.Resource().Attributes().PutStr("service.name", s.name)
			spans := rs.ScopeSpans().AppendEmpty().Spans()
			for j := range 3 {
				span := spans.AppendEmpty()
				toolSpan(span)
				identify(span, protocol, i, j)
				if j == 1 {
					span.Attributes().PutStr("strange", "yes")
					s.make(span)
				}
			}
			require.NoError(t, sender.send(t.Context(), td), "%s", s.name)
			c.alive()
		}
		sender.close()
	}
	for _, s := range strangers {
		if s.counted != "" {
			assert.InDelta(t, 2*s.by, c.metric(s.counted), 0.1, "%s: metric %s", s.name, s.counted)
		}
	}
	assert.Zero(t, c.metric("agent_audit_s3_events_dropped"))
	c.stop()

	w := readWorld(t, c.bucket)
	neighbour := ptrace.NewSpan()
	for protocol := range 2 {
		for i, s := range strangers {
			t.Run(fmt.Sprintf("%s/%d", s.name, protocol), func(t *testing.T) {
				for _, j := range []int{0, 2} {
					identify(neighbour, protocol, i, j)
					for _, kind := range derived["execute_tool"] {
						assert.Equal(t, 1, w.ids[event.SpanEventID(neighbour.TraceID(), neighbour.SpanID(), kind, 0)], "a neighbour's %s", kind)
					}
				}
				identify(neighbour, protocol, i, 1)
				var events []event.Event
				for _, e := range w.events {
					mine := e.TraceID == neighbour.TraceID() && e.SpanID == neighbour.SpanID()
					nobodys := e.TraceID.IsEmpty() && e.Service.Name == s.name
					if mine || nobodys {
						events = append(events, e)
					}
				}
				if s.name == "no ids" { // the same content twice is one event: here the times differ
					require.Len(t, events, 4)
					events = events[2*protocol : 2*protocol+2]
				}
				s.check(t, events)
			})
		}
	}
}
