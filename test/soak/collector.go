package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

const (
	readyTimeout = time.Minute
	stopTimeout  = 2 * time.Minute
	pollEvery    = 10 * time.Millisecond
	drainRounds  = 5
)

// collector is one collector's home. Its process comes and goes; its addresses stay.
type collector struct {
	dir, journal, log string
	http, grpc        string
	binary            string
	args, env         []string

	cmd   *exec.Cmd // nil while it doesn't run
	ended chan struct{}
}

func newCollector(o options, dir string, b bucket) (*collector, error) {
	binary, err := filepath.Abs(o.collector)
	if err != nil {
		return nil, err
	}
	config, err := filepath.Abs(o.config)
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(4)
	if err != nil {
		return nil, err
	}
	address := func(i int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[i])) }
	c := &collector{
		dir: dir, journal: filepath.Join(dir, "journal"), log: filepath.Join(dir, "collector.log"),
		http: address(0), grpc: address(1), binary: binary, args: []string{"--config", config},
	}
	c.env = append(s3test.Env(), "PATH="+os.Getenv("PATH"), "HOME="+dir, "TMPDIR="+os.TempDir(),
		"AGENTAUDIT_BUCKET="+b.url(), "AGENTAUDIT_JOURNAL="+c.journal, "AGENTAUDIT_KEY_FILE="+filepath.Join(dir, "redaction.key"),
		"AGENTAUDIT_OTLP_HTTP="+c.http, "AGENTAUDIT_OTLP_GRPC="+c.grpc, "AGENTAUDIT_WRITER=soak", "AGENTAUDIT_SEAL_AGE="+o.sealAge.String(),
		"AGENTAUDIT_HEALTH="+address(2), "AGENTAUDIT_METRICS_HOST=127.0.0.1", "AGENTAUDIT_METRICS_PORT="+strconv.Itoa(ports[3]))
	changes := append([]string{"upload::timeout: 1s", "upload::retry_initial: 10ms", "upload::retry_max: 200ms"}, b.config()...)
	for _, change := range changes {
		c.args = append(c.args, "--config", "yaml:exporters::agent_audit_s3::"+change)
	}
	return c, nil
}

// freePorts finds ports below those that the system hands out, so that nobody else is given one while the collector is dead.
func freePorts(n int) (ports []int, err error) {
	for range 1000 {
		port := 20_000 + rand.IntN(12_000) //nolint:gosec // any will do
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		defer func() { _ = l.Close() }()
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, errors.New("no free ports")
}

func (c *collector) launch() error {
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the child has its own
	cmd := exec.Command(c.binary, c.args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	c.cmd, c.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait() // its state is in cmd.ProcessState
		close(ended)
	}(c.ended)
	return nil
}

// ready waits until the collector takes requests.
func (c *collector) ready() error {
	for deadline := time.Now().Add(readyTimeout); time.Now().Before(deadline); time.Sleep(pollEvery) {
		if err := c.alive(); err != nil {
			return err
		}
		if conn, err := net.DialTimeout("tcp", c.http, time.Second); err == nil {
			return conn.Close()
		}
	}
	return fmt.Errorf("the collector took no requests within %s", readyTimeout)
}

// alive returns an error when the process has ended by itself.
func (c *collector) alive() error {
	select {
	case <-c.ended:
		text, _ := os.ReadFile(c.log)
		return fmt.Errorf("the collector ended by itself: %s", text[max(0, len(text)-2000):])
	default:
		return nil
	}
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
func (c *collector) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-c.ended:
	case <-time.After(stopTimeout):
		return fmt.Errorf("the collector didn't stop within %s", stopTimeout)
	}
	state := c.cmd.ProcessState
	c.cmd = nil
	if s, ok := state.Sys().(syscall.WaitStatus); ok && s.Signaled() && s.Signal() == syscall.SIGTERM {
		return errTooEarly
	}
	if code := state.ExitCode(); code != 0 {
		return fmt.Errorf("the collector stopped with exit code %d", code)
	}
	return nil
}

// errTooEarly means that SIGTERM ended the process before it minded signals, which the Collector does last in its start. It is
// one kill more, and no orderly end.
var errTooEarly = errors.New("ended by SIGTERM itself")

// drain stops the collector, and starts it again while it leaves something in its journal: a shutdown has a deadline.
func drain(c *collector) error {
	for range drainRounds {
		err := c.stop()
		if err == nil {
			left, err := c.journalSize()
			if err != nil || left == 0 {
				return err
			}
		} else if !errors.Is(err, errTooEarly) {
			return err
		}
		if err := c.launch(); err != nil {
			return err
		}
		if err := c.ready(); err != nil {
			return err
		}
	}
	return fmt.Errorf("the journal was not empty after %d orderly stops", drainRounds)
}

// journalSize returns the bytes of all files in which events may be that are not in the bucket yet.
func (c *collector) journalSize() (size int64, err error) {
	err = filepath.WalkDir(c.journal, func(_ string, d fs.DirEntry, err error) error {
		name := d.Name()
		if err != nil || d.IsDir() || name == "lock" || name == "writer" || strings.HasPrefix(name, "trail.") || strings.HasPrefix(name, "recent.") {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// panics returns how often the log tells of a panic.
func (c *collector) panics() (int, error) {
	text, err := os.ReadFile(c.log)
	return bytes.Count(text, []byte("\npanic: ")) + bytes.Count(text, []byte("\nfatal error: ")) + bytes.Count(text, []byte("ALARM")), err
}
