// Command record runs the clients in testdata/clients, one after the other, and writes the OTLP that each
// sends to testdata/recorded-local, one request per line as OTLP-JSON: the form of testdata/recorded.
//
// Node's packages must be installed: npm ci in testdata/clients.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

const (
	clients = "testdata/clients"
	target  = "testdata/recorded-local"
	// timeout bounds one client's run, which takes a second or two.
	timeout = 2 * time.Minute
)

func main() {
	names := os.Args[1:]
	if len(names) == 0 {
		names = []string{"vercel-ai", "openai-agents", "langgraph", "anthropic"}
	}
	if err := os.MkdirAll(target, 0o755); err != nil {
		log.Fatal(err)
	}
	for _, name := range names {
		if err := record(name); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
}

// record runs one client against a server that keeps what it sends.
func record(name string) error {
	file, err := os.Create(filepath.Join(target, name+".traces.jsonl"))
	if err != nil {
		return err
	}
	r := &recorder{file: file}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: timeout}
	go func() { _ = server.Serve(listener) }() // ends with Shutdown
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", name+".mjs")
	cmd.Dir = clients
	cmd.Env = append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+listener.Addr().String())
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	err = errors.Join(cmd.Run(), server.Shutdown(ctx), r.err, file.Close())
	log.Printf("%s: %d requests, %d spans", name, r.requests, r.spans)
	return err
}

// recorder is an OTLP receiver that writes requests to a file.
type recorder struct {
	mu              sync.Mutex
	file            io.Writer
	requests, spans int
	err             error
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err == nil {
		err = r.keep(req, body)
	}
	if err != nil {
		r.mu.Lock()
		r.err = errors.Join(r.err, err)
		r.mu.Unlock()
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func (r *recorder) keep(req *http.Request, body []byte) error {
	if req.URL.Path != "/v1/traces" {
		return fmt.Errorf("the clients send traces, this came to %s", req.URL.Path)
	}
	request := ptraceotlp.NewExportRequest()
	unmarshal := request.UnmarshalProto
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/json") {
		unmarshal = request.UnmarshalJSON
	}
	if err := unmarshal(body); err != nil {
		return fmt.Errorf("couldn't read a request: %w", err)
	}
	line, err := new(ptrace.JSONMarshaler).MarshalTraces(request.Traces())
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	r.spans += request.Traces().SpanCount()
	_, err = r.file.Write(append(line, '\n'))
	return err
}
