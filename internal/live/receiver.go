package live

import (
	"context"
	"errors"
	"fmt"
	"net"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip" // what a collector's exporter compresses with if nobody tells it not to
	"google.golang.org/grpc/mem"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/otlpdepth"
)

// maxMessage bounds a request, in bytes; the collector's own bound.
const maxMessage = 64 << 20

// Receiver takes in audit events over OTLP.
type Receiver struct {
	server   *grpc.Server
	listener net.Listener
	done     chan error
}

// Receive listens on addr, which must be on loopback: what arrives here is shown as it is.
func Receive(ctx context.Context, addr string, hub *Hub) (*Receiver, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("couldn't listen for OTLP on %s: %w", addr, err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("refused to listen for OTLP on %s: only loopback", addr), listener.Close())
	}
	r := &Receiver{server: grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.ForceServerCodecV2(codec{encoding.GetCodecV2("proto")})), listener: listener, done: make(chan error, 1)}
	ptraceotlp.RegisterGRPCServer(r.server, &traces{hub: hub})
	plogotlp.RegisterGRPCServer(r.server, &logs{hub: hub})
	go func() { r.done <- r.server.Serve(listener) }()
	return r, nil
}

// Addr is where it listens.
func (r *Receiver) Addr() net.Addr { return r.listener.Addr() }

// Close ends it, at once: what is under way is on its way to the trail all the same. A nil one is closed already.
func (r *Receiver) Close() error {
	if r == nil {
		return nil
	}
	r.server.Stop()
	return <-r.done
}

// codec refuses what is nested so deeply that reading it would end the process; see internal/otlpdepth.
type codec struct{ encoding.CodecV2 }

func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	whole := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer whole.Free()
	if err := otlpdepth.Check(whole.ReadOnlyData()); err != nil {
		return err
	}
	return c.CodecV2.Unmarshal(mem.BufferSlice{whole}, v)
}

// noEvents is told to a sender, who logs it: what carries our names but is no event is not dropped in silence.
const noEvents = "audit events without an identity: they don't come from the agent_audit processor"

// take adds an event as a feed shows it. What is no audit event at all passes by: the collector's exporter sends all that it has.
func take(items *[]Item, refused *int64, e *event.Event, err error) {
	switch {
	case err == nil:
		*items = append(*items, ItemOf(e))
	case !errors.Is(err, event.ErrNotAudit):
		*refused++
	}
}

type traces struct {
	ptraceotlp.UnimplementedGRPCServer

	hub *Hub
}

func (t *traces) Export(_ context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	var (
		items   []Item
		refused int64
		e       event.Event
	)
	for _, resource := range request.Traces().ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				for _, se := range span.Events().All() {
					_, err := event.FromSpanEvent(span, se, &e)
					take(&items, &refused, &e, err)
				}
			}
		}
	}
	t.hub.Add(items)
	response := ptraceotlp.NewExportResponse()
	if refused > 0 {
		response.PartialSuccess().SetRejectedSpans(refused)
		response.PartialSuccess().SetErrorMessage(noEvents)
	}
	return response, nil
}

type logs struct {
	plogotlp.UnimplementedGRPCServer

	hub *Hub
}

func (l *logs) Export(_ context.Context, request plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	var (
		items   []Item
		refused int64
		e       event.Event
	)
	for _, resource := range request.Logs().ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				_, err := event.FromLogRecord(record, &e)
				take(&items, &refused, &e, err)
			}
		}
	}
	l.hub.Add(items)
	response := plogotlp.NewExportResponse()
	if refused > 0 {
		response.PartialSuccess().SetRejectedLogRecords(refused)
		response.PartialSuccess().SetErrorMessage(noEvents)
	}
	return response, nil
}
