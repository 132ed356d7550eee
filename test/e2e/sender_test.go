package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/agentaudit/agentaudit/test/load"
)

// errAgain marks an answer, or the lack of one, after which OTLP has the sender send the same again.
var errAgain = errors.New("to be sent again")

const requestTimeout = 20 * time.Second

// protocol sends one request once. It returns nil if the collector took responsibility for all of it.
type protocol interface {
	send(ctx context.Context, td ptrace.Traces) error
	close()
}

// overHTTP speaks OTLP/HTTP to whatever address the collector has at the time.
type overHTTP struct {
	collector *collector
	client    http.Client
}

func newHTTP(c *collector) protocol {
	return &overHTTP{collector: c, client: http.Client{Transport: &http.Transport{}, Timeout: requestTimeout}}
}

func (h *overHTTP) close() { h.client.CloseIdleConnections() }

func (h *overHTTP) send(ctx context.Context, td ptrace.Traces) error {
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		return err
	}
	code, answer, err := h.post(ctx, "/v1/traces", "application/x-protobuf", body)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errAgain, err)
	case code == http.StatusTooManyRequests, code == http.StatusBadGateway, code == http.StatusServiceUnavailable, code == http.StatusGatewayTimeout:
		return fmt.Errorf("%w: %d %s", errAgain, code, answer)
	case code != http.StatusOK:
		return fmt.Errorf("%d %s", code, answer)
	}
	response := ptraceotlp.NewExportResponse()
	if err := response.UnmarshalProto(answer); err != nil {
		return err
	}
	return rejected(response)
}

func (h *overHTTP) post(ctx context.Context, path, contentType string, body []byte) (code int, answer []byte, err error) {
	url := "http://" + h.collector.http.Load().(string) + path
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := h.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// overGRPC does the same for OTLP/gRPC.
type overGRPC struct {
	collector *collector
	address   string
	conn      *grpc.ClientConn
}

func newGRPC(c *collector) protocol { return &overGRPC{collector: c} }

func (g *overGRPC) close() {
	if g.conn != nil {
		_ = g.conn.Close()
	}
}

func (g *overGRPC) send(ctx context.Context, td ptrace.Traces) error {
	if address := g.collector.grpc.Load().(string); address != g.address {
		g.close()
		conn, err := grpc.NewClient("passthrough:"+address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy(),
			grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(128<<20)))
		if err != nil {
			return err
		}
		g.address, g.conn = address, conn
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	response, err := ptraceotlp.NewGRPCClient(g.conn).Export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
	switch status.Code(err) {
	case codes.OK:
		return rejected(response)
	case codes.Unavailable, codes.Canceled, codes.DeadlineExceeded, codes.Aborted:
		return fmt.Errorf("%w: %w", errAgain, err)
	default:
		return err
	}
}

func rejected(response ptraceotlp.ExportResponse) error {
	if n := response.PartialSuccess().RejectedSpans(); n > 0 {
		return fmt.Errorf("%d spans rejected: %s", n, response.PartialSuccess().ErrorMessage())
	}
	return nil
}

// fleet is a number of senders that work through numbered batches. Like any OTLP sender they send again what was
// not acknowledged, with the same ids.
type fleet struct {
	t       *testing.T
	load    *load.Generator
	spans   int    // of a batch
	batches uint64 // how many to send; 0 for until stop is called
	// onRetry is told what was not acknowledged.
	onRetry func(error)

	next, acked, retried atomic.Uint64
	stopping             chan struct{}
	group                sync.WaitGroup
	mu                   sync.Mutex
	done                 []uint64 // guarded by mu; the acknowledged batches
}

// start sets senders to work, one for each protocol.
func (f *fleet) start(c *collector, protocols ...func(*collector) protocol) {
	f.stopping = make(chan struct{})
	for _, make := range protocols {
		p := make(c)
		f.group.Go(func() {
			defer p.close()
			f.work(p)
		})
	}
	f.t.Cleanup(f.stop)
}

// stop has the senders give up at the next refusal, and waits for them.
func (f *fleet) stop() {
	select {
	case <-f.stopping:
	default:
		close(f.stopping)
	}
	f.group.Wait()
}

// wait waits until all batches are acknowledged.
func (f *fleet) wait() {
	f.t.Helper()
	f.group.Wait()
	require.Equal(f.t, f.batches, f.acked.Load(), "batches acknowledged")
}

func (f *fleet) work(p protocol) {
	for !f.stopped() {
		number := f.next.Add(1) - 1
		if f.batches > 0 && number >= f.batches {
			return
		}
		if !f.deliver(p, number) {
			return
		}
		f.acked.Add(1)
		f.mu.Lock()
		f.done = append(f.done, number)
		f.mu.Unlock()
	}
}

// deliver sends a batch until it is acknowledged, and says whether it was.
func (f *fleet) deliver(p protocol, number uint64) bool {
	td := f.load.Traces(number, f.spans)
	for {
		err := p.send(context.Background(), td)
		switch {
		case err == nil:
			return true
		case !errors.Is(err, errAgain):
			f.t.Errorf("batch %d was refused for good: %v", number, err)
			return false
		}
		f.retried.Add(1)
		if f.onRetry != nil {
			f.onRetry(err)
		}
		select {
		case <-f.stopping:
			return false
		case <-time.After(pollEvery):
		}
	}
}

func (f *fleet) stopped() bool {
	select {
	case <-f.stopping:
		return true
	default:
		return f.t.Failed()
	}
}
