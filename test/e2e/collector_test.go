package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 60 * time.Second
	pollEvery    = 20 * time.Millisecond
)

// root is the root of the module. A test runs in its package's directory.
func root(t testing.TB, elem ...string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	return filepath.Join(append([]string{dir}, elem...)...)
}

// binary returns the path of a built binary.
func binary(t testing.TB, name string) string {
	t.Helper()
	path := root(t, "bin", name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("no %s: run `make build`", path)
	}
	return path
}

// setup says how a collector is to run. The zero value is the shipped configuration with a bucket in a directory.
type setup struct {
	bucket string            // URL; a new directory if empty
	env    map[string]string // AGENTAUDIT_ variables besides those that newCollector sets
	config []string          // changes to config.yaml, as key::key: value
}

// collector is one collector's home: its bucket, its journal, its ports. Its process may come and go.
type collector struct {
	t       *testing.T
	dir     string
	bucket  string
	journal string
	metrics string // address
	health  string // address
	env     []string
	args    []string

	cmd   *exec.Cmd // nil while it doesn't run
	ended chan struct{}
	// The addresses of the running process; the last ones while there is none.
	http, grpc atomic.Value
}

func newCollector(t *testing.T, s setup) *collector {
	t.Helper()
	dir := t.TempDir()
	c := &collector{
		t: t, dir: dir, bucket: s.bucket, journal: filepath.Join(dir, "journal"),
		metrics: freeAddr(t), health: freeAddr(t),
		args: []string{"--config", root(t, "config.yaml")},
	}
	if c.bucket == "" {
		c.bucket = "file:" + filepath.Join(dir, "bucket")
	}
	host, port, err := net.SplitHostPort(c.metrics)
	require.NoError(t, err)
	env := map[string]string{
		"AGENTAUDIT_BUCKET": c.bucket, "AGENTAUDIT_JOURNAL": c.journal, "AGENTAUDIT_KEY_FILE": filepath.Join(dir, "redaction.key"),
		"AGENTAUDIT_OTLP_GRPC": "127.0.0.1:0", "AGENTAUDIT_OTLP_HTTP": "127.0.0.1:0",
		"AGENTAUDIT_HEALTH": c.health, "AGENTAUDIT_METRICS_HOST": host, "AGENTAUDIT_METRICS_PORT": port,
	}
	maps.Copy(env, s.env)
	c.env = append(surroundings(), s3test.Env()...)
	for name, value := range env {
		c.env = append(c.env, name+"="+value)
	}
	for _, change := range s.config {
		c.args = append(c.args, "--config", "yaml:"+change)
	}
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("the collector's complaints end with:\n%s", tail(complaints(c.log()), 20))
		}
	})
	return c
}

// surroundings is the environment that a child needs, without any variable that would configure it.
func surroundings() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
}

// startCollector makes a collector and starts it.
func startCollector(t *testing.T, s setup) *collector {
	t.Helper()
	c := newCollector(t, s)
	c.start()
	return c
}

var endpoint = regexp.MustCompile(`Starting (GRPC|HTTP) server.*"endpoint": "([^"]*)"`)

// start runs the collector and waits until it takes data.
func (c *collector) start() {
	c.t.Helper()
	from := c.launch()
	deadline := time.Now().Add(startTimeout)
	for {
		log := c.log()[from:]
		if bytes.Contains(log, []byte("Everything is ready")) {
			for _, m := range endpoint.FindAllSubmatch(log, -1) {
				if string(m[1]) == "HTTP" {
					c.http.Store(string(m[2]))
				} else {
					c.grpc.Store(string(m[2]))
				}
			}
			return
		}
		select {
		case <-c.ended:
			c.cmd = nil
			c.t.Fatalf("the collector ended at once: %s", tail(c.log(), 10))
		case <-time.After(pollEvery):
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("the collector was not ready within %s", startTimeout)
		}
	}
}

// launch runs the collector and returns where its part of the log begins.
func (c *collector) launch() (logOffset int) {
	c.t.Helper()
	require.Nil(c.t, c.cmd, "it is running")
	log, err := os.OpenFile(c.logName(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(c.t, err)
	defer log.Close()
	size, err := log.Seek(0, io.SeekEnd)
	require.NoError(c.t, err)
	cmd := exec.Command(binary(c.t, "otelcol-agentaudit"), c.args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, log, log
	require.NoError(c.t, cmd.Start())
	c.cmd, c.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait() // its state is read from cmd.ProcessState
		close(ended)
	}(c.ended)
	return int(size)
}

// kill is kill -9. It does nothing to a collector that doesn't run.
func (c *collector) kill() {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Kill() // the error says that it has ended, which is what we want
	<-c.ended
	c.cmd = nil
}

// stop is SIGTERM and waits for an orderly end.
func (c *collector) stop() {
	c.t.Helper()
	require.NotNil(c.t, c.cmd, "it is not running")
	require.NoError(c.t, c.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-c.ended:
	case <-time.After(stopTimeout):
		c.t.Fatalf("the collector didn't stop within %s", stopTimeout)
	}
	require.Equal(c.t, 0, c.cmd.ProcessState.ExitCode(), "%s", tail(c.log(), 10))
	c.cmd = nil
}

// alive fails the test if the process has ended by itself.
func (c *collector) alive() {
	c.t.Helper()
	select {
	case <-c.ended:
		c.t.Fatalf("the collector has ended: %s", tail(c.log(), 40))
	default:
	}
}

func (c *collector) logName() string { return filepath.Join(c.dir, "collector.log") }

func (c *collector) log() []byte {
	text, err := os.ReadFile(c.logName())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		c.t.Errorf("couldn't read the collector's log: %v", err)
	}
	return text
}

// get fetches a page of the collector.
func (c *collector) get(address, path string) (status int, body string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, http.NoBody)
	require.NoError(c.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return resp.StatusCode, string(text)
}

// command prepares the auditors' command.
func command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(binary(t, "agentaudit"), args...)
	cmd.Env = append(surroundings(), s3test.Env()...)
	return cmd
}

// run runs the auditors' command and returns what it prints.
func run(t testing.TB, args ...string) string {
	t.Helper()
	cmd := command(t, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "agentaudit %s: %s", strings.Join(args, " "), &stderr)
	return stdout.String()
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// complaints leaves out what is said in every collector's log, and stack traces.
func complaints(log []byte) []byte {
	var kept []byte
	for line := range bytes.Lines(log) {
		if !bytes.Contains(line, []byte("\tinfo\t")) && (bytes.HasPrefix(line, []byte("20")) || bytes.HasPrefix(line, []byte("panic")) || bytes.HasPrefix(line, []byte("fatal"))) {
			kept = append(kept, line...)
		}
	}
	return kept
}

// tail returns the last lines of a text.
func tail(text []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// eventually waits for a condition.
func eventually(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !holds(); time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}
