package main

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/agentaudit/agentaudit/test/load"
)

//go:embed configs/*.yaml
var configs embed.FS

// result is what one pipeline cost.
type result struct {
	cpu  float64 // microseconds per span
	peak int64   // bytes
	rate float64 // acknowledged spans a second
}

// measure runs one pipeline under load, from start to exit, with changes to its configuration as key::key: value.
func measure(ctx context.Context, name string, o options, changes ...string) (r result, err error) {
	dir, err := os.MkdirTemp("", "benchpipeline-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c, err := start(ctx, name, dir, o.collector, changes)
	if err != nil {
		return r, err
	}
	defer c.kill()
	generator := load.New(load.Options{SpanBytes: o.spanBytes, Start: time.Now().Add(-time.Hour)})
	warmUp := max(o.spans/20, o.batch)
	if _, err := send(ctx, c.endpoint, generator, 1<<32, warmUp, o); err != nil {
		return r, fmt.Errorf("warm-up: %w", err)
	}
	before, err := cpuSoFar(c.cmd.Process.Pid)
	if err != nil {
		return r, err
	}
	took, err := send(ctx, c.endpoint, generator, 0, o.spans, o)
	if err != nil {
		return r, err
	}
	state, err := c.stop()
	if err != nil {
		return r, err
	}
	cpu := state.UserTime() + state.SystemTime() - before
	return result{
		cpu:  float64(cpu.Nanoseconds()) / 1e3 / float64(o.spans),
		peak: state.SysUsage().(*syscall.Rusage).Maxrss << 10,
		rate: float64(o.spans) / took.Seconds(),
	}, nil
}

// collector is a running collector.
type collector struct {
	cmd      *exec.Cmd
	endpoint string
	log      strings.Builder
	exited   chan struct{}
}

var grpcStarted = regexp.MustCompile(`Starting GRPC server.*"endpoint": "([^"]+)"`)

// start runs the collector and waits until it says where it listens.
func start(ctx context.Context, name, dir, binary string, changes []string) (*collector, error) {
	read := func(name string) ([]byte, error) { return configs.ReadFile("configs/" + name + ".yaml") }
	if strings.HasSuffix(name, ".yaml") {
		read = os.ReadFile // one's own
	}
	text, err := read(name)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, text, 0o600); err != nil {
		return nil, err
	}
	args := []string{"--config", config}
	for _, change := range changes {
		args = append(args, "--config", "yaml:"+change)
	}
	c := &collector{cmd: exec.CommandContext(ctx, binary, args...), exited: make(chan struct{})} //nolint:gosec // the binary under test
	c.cmd.Env = append(os.Environ(), "BENCH_DIR="+dir)
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	listening := make(chan string, 1)
	go func() {
		defer close(c.exited)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if m := grpcStarted.FindStringSubmatch(lines.Text()); m != nil {
				listening <- m[1]
			}
			c.log.WriteString(lines.Text() + "\n")
		}
	}()
	select {
	case c.endpoint = <-listening:
		return c, nil
	case <-c.exited:
		return nil, fmt.Errorf("the collector ended: %s", c.log.String())
	case <-time.After(30 * time.Second):
		c.kill()
		return nil, errors.New("the collector did not start in 30 s")
	}
}

// stop asks the collector to drain and end, and waits for it.
func (c *collector) stop() (*os.ProcessState, error) {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil, err
	}
	<-c.exited
	if err := c.cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, c.log.String())
	}
	return c.cmd.ProcessState, nil
}

func (c *collector) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		<-c.exited
		_ = c.cmd.Wait()
	}
}

// send sends spans in batches numbered from first and returns how long it took until all were acknowledged.
func send(ctx context.Context, endpoint string, generator *load.Generator, first uint64, spans int, o options) (time.Duration, error) {
	connection, err := grpc.NewClient(endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return 0, err
	}
	defer func() { _ = connection.Close() }()
	client := ptraceotlp.NewGRPCClient(connection)
	var (
		next   atomic.Int64
		wait   sync.WaitGroup
		failed atomic.Pointer[error]
		began  = time.Now()
	)
	batches := int64((spans + o.batch - 1) / o.batch)
	for range o.senders {
		wait.Go(func() {
			for n := next.Add(1) - 1; n < batches && failed.Load() == nil; n = next.Add(1) - 1 {
				request := ptraceotlp.NewExportRequestFromTraces(generator.Traces(first+uint64(n), o.batch)) //nolint:gosec // not negative
				if _, err := client.Export(ctx, request); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	wait.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return time.Since(began), nil
}

// ticks a second in /proc/PID/stat; fixed on Linux.
const ticks = 100

// cpuSoFar returns the CPU time that a process has used, from fields 14 and 15 of proc(5)'s stat.
func cpuSoFar(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var sum int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return time.Duration(sum) * time.Second / ticks, nil
}
