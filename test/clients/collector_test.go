//go:build clients

package clients

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
)

const (
	startTimeout = 30 * time.Second
	// clientTimeout bounds one client's run, which takes a second or two.
	clientTimeout = time.Minute
	pollEvery     = 20 * time.Millisecond
)

// collector is a running collector with a bucket in a directory.
type collector struct {
	t       *testing.T
	cmd     *exec.Cmd
	bucket  string
	address string // OTLP over HTTP
	log     string
	ended   chan error // gets how the process ended
}

// startCollector runs the built collector as it is shipped and waits until it takes data.
func startCollector(t *testing.T) *collector {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	dir := t.TempDir()
	c := &collector{t: t, bucket: filepath.Join(dir, "bucket"), address: freeAddress(t), log: filepath.Join(dir, "log"), ended: make(chan error, 1)}
	log, err := os.Create(c.log)
	require.NoError(t, err)
	defer log.Close() //nolint:errcheck // the child has its own
	metricsHost, metricsPort, err := net.SplitHostPort(freeAddress(t))
	require.NoError(t, err)
	c.cmd = exec.Command(filepath.Join(root, "bin", "otelcol-agentaudit"), "--config", filepath.Join(root, "config.yaml"))
	c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr = dir, log, log
	c.cmd.Env = append(os.Environ(),
		"AGENTAUDIT_BUCKET=file:"+c.bucket, "AGENTAUDIT_JOURNAL="+filepath.Join(dir, "journal"),
		"AGENTAUDIT_OTLP_GRPC=127.0.0.1:0", "AGENTAUDIT_OTLP_HTTP="+c.address, "AGENTAUDIT_HEALTH="+freeAddress(t),
		"AGENTAUDIT_METRICS_HOST="+metricsHost, "AGENTAUDIT_METRICS_PORT="+metricsPort)
	require.NoError(t, c.cmd.Start(), "run `make build`")
	go func() { c.ended <- c.cmd.Wait() }()
	t.Cleanup(func() { _ = c.cmd.Process.Kill() }) // it has ended, unless the test failed
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(pollEvery) {
		text, err := os.ReadFile(c.log)
		require.NoError(t, err)
		if bytes.Contains(text, []byte("Everything is ready")) {
			return c
		}
		select {
		case err := <-c.ended:
			t.Fatalf("the collector ended at once: %v: %s", err, text)
		default:
		}
		require.True(t, time.Now().Before(deadline), "the collector was not ready within %s: %s", startTimeout, text)
	}
}

// stop ends the collector in order, after which all that it took is in the bucket.
func (c *collector) stop() {
	c.t.Helper()
	require.NoError(c.t, c.cmd.Process.Signal(syscall.SIGTERM))
	err := <-c.ended
	text, _ := os.ReadFile(c.log) // only for the message
	require.NoError(c.t, err, "%s", text)
}

// events returns what the auditors' command prints of the bucket.
func (c *collector) events() (events []event.Event) {
	c.t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(c.t, err)
	output, err := exec.Command(filepath.Join(root, "bin", "agentaudit"), "log", "--bucket", "file:"+c.bucket, "--json").Output()
	require.NoError(c.t, err, "%s", output)
	for line := range strings.Lines(string(output)) {
		var e event.Event
		require.NoError(c.t, event.Decode([]byte(strings.TrimSpace(line)), &e))
		events = append(events, e)
	}
	require.NotEmpty(c.t, events)
	return events
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close() //nolint:errcheck // it was never used
	return l.Addr().String()
}
