package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/agentaudit/agentaudit/test/load"
)

const (
	requestTimeout = 20 * time.Second
	againAfter     = 20 * time.Millisecond
)

// errAgain marks an answer, or the lack of one, after which OTLP has the sender send the same again.
var errAgain = errors.New("to be sent again")

// fleet is a number of senders that work through numbered batches.
type fleet struct {
	load *load.Generator
	o    options
	to   *collector

	stopping chan struct{}
	group    sync.WaitGroup

	mu      sync.Mutex // guards what follows
	next    uint64
	done    []uint64 // batches that were acknowledged
	retried int
	broken  error // a refusal for good
	refused int
}

func newFleet(g *load.Generator, o options, to *collector) *fleet {
	return &fleet{load: g, o: o, to: to, stopping: make(chan struct{})}
}

func (f *fleet) start(ctx context.Context) {
	for i := range f.o.senders {
		send := f.overHTTP
		if i%2 == 1 {
			send = f.overGRPC
		}
		f.group.Go(func() { send(ctx) })
	}
}

// stop lets each sender finish its batch, so nothing is sent of which it isn't known whether it is there.
func (f *fleet) stop() {
	close(f.stopping)
	f.group.Wait()
}

// abandon ends the senders, whatever they were about to do: there is nobody any more who could answer.
func (f *fleet) abandon(err error) {
	f.mu.Lock()
	f.broken = errors.Join(f.broken, err)
	f.mu.Unlock()
	f.stop()
}

func (f *fleet) acknowledged() (batches []uint64, retried, refused int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.done, f.retried, f.refused
}

func (f *fleet) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken
}

// work sends batch after batch.
func (f *fleet) work(send func(ptrace.Traces) error) {
	for {
		select {
		case <-f.stopping:
			return
		case <-time.After(f.o.pace):
		}
		f.mu.Lock()
		number := f.next
		f.next++
		f.mu.Unlock()
		if !f.deliver(send, number) {
			return
		}
	}
}

// deliver sends a batch until it is acknowledged. A refusal for good ends the soak.
func (f *fleet) deliver(send func(ptrace.Traces) error, number uint64) bool {
	td := f.load.Traces(number, f.o.spans)
	for {
		err := send(td)
		f.mu.Lock()
		switch {
		case err == nil:
			f.done = append(f.done, number)
		case errors.Is(err, errAgain):
			f.retried++
		default:
			f.refused++
			f.broken = errors.Join(f.broken, fmt.Errorf("batch %d was refused for good: %w", number, err))
		}
		f.mu.Unlock()
		if !errors.Is(err, errAgain) {
			return err == nil
		}
		if f.failure() != nil {
			return false
		}
		time.Sleep(againAfter)
	}
}

func (f *fleet) overHTTP(ctx context.Context) {
	client := http.Client{Transport: &http.Transport{}, Timeout: requestTimeout}
	defer client.CloseIdleConnections()
	f.work(func(td ptrace.Traces) error {
		body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+f.to.http+"/v1/traces", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/x-protobuf")
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("%w: %w", errAgain, err)
		}
		defer func() { _ = resp.Body.Close() }()
		answer, err := io.ReadAll(resp.Body)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", errAgain, err)
		case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= http.StatusBadGateway && resp.StatusCode <= http.StatusGatewayTimeout:
			return fmt.Errorf("%w: %d %s", errAgain, resp.StatusCode, answer)
		case resp.StatusCode != http.StatusOK:
			return fmt.Errorf("%d %s", resp.StatusCode, answer)
		}
		response := ptraceotlp.NewExportResponse()
		if err := response.UnmarshalProto(answer); err != nil {
			return err
		}
		return rejected(response)
	})
}

func (f *fleet) overGRPC(ctx context.Context) {
	conn, err := grpc.NewClient("passthrough:"+f.to.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		f.mu.Lock()
		f.broken = err
		f.mu.Unlock()
		return
	}
	defer func() { _ = conn.Close() }()
	client := ptraceotlp.NewGRPCClient(conn)
	f.work(func(td ptrace.Traces) error {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		response, err := client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
		switch status.Code(err) {
		case codes.OK:
			return rejected(response)
		case codes.Unavailable, codes.Canceled, codes.DeadlineExceeded, codes.Aborted:
			conn.ResetConnectBackoff() // the collector is back sooner than gRPC would look
			return fmt.Errorf("%w: %w", errAgain, err)
		default:
			return err
		}
	})
}

func rejected(response ptraceotlp.ExportResponse) error {
	if n := response.PartialSuccess().RejectedSpans(); n > 0 {
		return fmt.Errorf("%d spans rejected: %s", n, response.PartialSuccess().ErrorMessage())
	}
	return nil
}
