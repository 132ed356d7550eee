package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/agentaudit/agentaudit/internal/event"
)

type options struct {
	binary      string
	rate, feeds int
	duration    time.Duration
}

// result is what a run measured.
type result struct {
	options

	sent   int
	took   time.Duration
	feeds  []feed
	memory []int64 // KiB, once a second
}

// feed is what one reader saw.
type feed struct {
	events, missed, gaps int
	late                 []time.Duration // from sending to reading, of one event a message
}

func (r *result) lost() bool {
	return slices.ContainsFunc(r.feeds, func(f feed) bool { return f.events != r.sent || f.missed+f.gaps > 0 })
}

// String tells it in words.
func (r *result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sent %d events in %.1f s: %.0f a second\n", r.sent, r.took.Seconds(), float64(r.sent)/r.took.Seconds())
	for i, f := range r.feeds {
		slices.Sort(f.late)
		at := func(q float64) time.Duration { return f.late[int(q*float64(len(f.late)-1))].Round(time.Millisecond) }
		fmt.Fprintf(&b, "feed %d: %d events, %d missed, %d gaps", i+1, f.events, f.missed, f.gaps)
		if len(f.late) > 0 {
			fmt.Fprintf(&b, "; late by %v in the middle, %v for 99 %%", at(0.5), at(0.99))
		}
		b.WriteByte('\n')
	}
	first, half, last := r.memory[0], r.memory[len(r.memory)/2], r.memory[len(r.memory)-1]
	fmt.Fprintf(&b, "memory of serve: %d MiB at the start, %d MiB half-way, %d MiB at the end, %d MiB at most\n", first>>10, half>>10, last>>10, slices.Max(r.memory)>>10)
	return b.String()
}

// server is a running agentaudit serve.
type server struct {
	cmd        *exec.Cmd
	page, otlp string
}

func start(ctx context.Context, binary, dir string) (*server, error) {
	if err := os.Mkdir(filepath.Join(dir, "bucket"), 0o700); err != nil {
		return nil, err
	}
	s := &server{cmd: exec.CommandContext(ctx, binary, "serve", "--bucket", "file:"+filepath.Join(dir, "bucket"), "--cache", filepath.Join(dir, "cache"),
		"--listen", "127.0.0.1:0", "--otlp", "127.0.0.1:0", "--record", "none")} //nolint:gosec // ours
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	address := regexp.MustCompile(`at (http://)?([0-9.:]+)`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		m := address.FindStringSubmatch(lines.Text())
		switch {
		case m == nil:
		case m[1] != "":
			s.page = "http://" + m[2]
		default:
			s.otlp = m[2]
			return s, nil
		}
	}
	return nil, fmt.Errorf("serve said no addresses: %w", s.cmd.Wait())
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// resident is the memory that the server holds, in KiB.
func (s *server) resident() (int64, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		return 0, os.ErrNotExist
	}
	return strconv.ParseInt(string(m[1]), 10, 64)
}

func run(ctx context.Context, o options) (_ *result, err error) {
	dir, err := os.MkdirTemp("", "agentaudit-load")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s, err := start(ctx, o.binary, dir)
	if err != nil {
		return nil, err
	}
	r := &result{options: o, feeds: make([]feed, o.feeds)}
	reading, hangUp := context.WithCancel(ctx)
	readers, _ := errgroup.WithContext(reading)
	opened := make(chan struct{}, o.feeds)
	for i := range r.feeds {
		readers.Go(func() error { return r.feeds[i].read(reading, s.page, opened) })
	}
	for range o.feeds {
		<-opened
	}
	if err := r.send(ctx, s); err == nil {
		time.Sleep(2 * time.Second) // what is under way arrives; whoever is not done then has lost something
	}
	hangUp()
	readErr := readers.Wait()
	if err := s.stop(); err != nil {
		return nil, err
	}
	return r, readErr
}

// ticks is how often events are sent, a second.
const ticks = 20

// send sends at the wanted rate, and looks at the memory each second.
func (r *result) send(ctx context.Context, s *server) error {
	conn, err := grpc.NewClient(s.otlp, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	client := plogotlp.NewGRPCClient(conn)
	ticker := time.NewTicker(time.Second / ticks)
	defer ticker.Stop()
	begun := time.Now()
	for n := 0; time.Since(begun) < r.duration; n++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		// By the clock, not by the tick: a late tick sends what the missed ones would have.
		batch := int(time.Since(begun).Seconds()*float64(r.rate)) - r.sent
		if _, err := client.Export(ctx, plogotlp.NewExportRequestFromLogs(events(r.sent, batch))); err != nil {
			return fmt.Errorf("serve refused events: %w", err)
		}
		r.sent += batch
		if n%ticks == 0 {
			if kib, err := s.resident(); err == nil {
				r.memory = append(r.memory, kib)
			}
		}
	}
	r.took = time.Since(begun)
	return nil
}

// events makes a batch of events such as the processor sends.
func events(from, count int) plog.Logs {
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for i := from; i < from+count; i++ {
		trace, span := [16]byte{1, byte(i >> 16), byte(i >> 8), byte(i)}, [8]byte{1, byte(i >> 16), byte(i >> 8), byte(i)}
		e := event.Event{
			ID: event.SpanEventID(trace, span, event.ToolResult, 0), Type: event.ToolResult, Timestamp: pcommon.NewTimestampFromTime(time.Now()), TraceID: trace, SpanID: span,
			AgentName: "agent-" + strconv.Itoa(i%40), SessionID: "session-" + strconv.Itoa(i/60), UserID: "user-" + strconv.Itoa(i%900), Action: "tool_result:get_order",
			Outcome: event.OutcomeSuccess, Resource: "db:orders", Params: event.AnyJSON(`{"order":"ORD-` + strconv.Itoa(i) + `"}`), Retention: event.Retention{Tier: "info", Days: event.IntOf(30)},
		}
		event.ToLogRecord(&e, records.AppendEmpty())
	}
	return ld
}
