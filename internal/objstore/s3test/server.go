// Package s3test runs a real S3 server for tests: versitygw, or MinIO where a test asks for it, on a free port of
// 127.0.0.1, with its data in a temporary directory. It can be stopped and started again on the same data and port, to
// play an outage.
//
// The binary of versitygw is found through the environment variable AGENTAUDIT_VERSITYGW, or else in .tools/ of the
// module root, where `make tools` puts it. Without it a test is skipped, or fails when CI is set. That of MinIO is
// found through AGENTAUDIT_MINIO alone, which `make test-s3` sets; without it tests are skipped.
//
// Limits of versitygw to know: keys "x" and "x/y" can't both be there, a PUT with If-None-Match after a delete marker
// is refused (AWS would take it), it takes a locked PUT without checksum (AWS would not), it keeps the object of a locked PUT
// that it refuses because the bucket can't lock, and says nothing of a lock that the bucket gives by default.
package s3test

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	accessKey = "s3test"
	secretKey = "s3test-secret"
	region    = "us-east-1"

	readyTimeout = 30 * time.Second
	pollEvery    = 10 * time.Millisecond
)

// Options of a server.
type Options struct {
	Buckets []string // buckets to make at once, without Object Lock
	Locked  []string // the same with Object Lock
}

// Server is one running server. Its methods fail the test that started it.
type Server struct {
	t      testing.TB
	kind   kind
	binary string
	dir    string // holds data, versions and users
	addr   string
	// Whose rights the calls of admin.go and owner.go have.
	access, secret string

	cmd  *exec.Cmd     // nil while stopped
	done chan struct{} // closed when cmd has ended
	log  *safeBuffer
}

// Start starts a versitygw that is stopped at the end of the test.
func Start(t testing.TB, opts Options) *Server {
	t.Helper()
	return start(t, versitygw, findBinary(t), opts)
}

func start(t testing.TB, k kind, binary string, opts Options) *Server {
	t.Helper()
	s := &Server{t: t, kind: k, binary: binary, dir: dataDir(t), addr: freeAddr(t), access: accessKey, secret: secretKey, log: &safeBuffer{}}
	for _, sub := range []string{"data", "versions", "iam"} {
		if err := os.MkdirAll(filepath.Join(s.dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(s.Stop)
	s.Restart()
	for _, name := range opts.Buckets {
		s.CreateBucket(name, false)
	}
	for _, name := range opts.Locked {
		s.CreateBucket(name, true)
	}
	return s
}

// Stop kills the server, as an outage does. It does nothing to a stopped one.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // the error says that it had ended, which is what we want
	<-s.done
	s.cmd = nil
}

// Restart starts the server on its old data and port, after stopping it if need be, and waits until it answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	cmd := exec.Command(s.binary, s.kind.args(s)...)
	cmd.Stdout, cmd.Stderr = s.log, s.log
	cmd.Env = s.kind.env(s) // nothing of ours, above all no proxy and no other credentials
	if err := cmd.Start(); err != nil {
		s.t.Fatalf("couldn't start %s: %v", s.binary, err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	s.cmd, s.done = cmd, done
	s.waitReady()
}

func (s *Server) waitReady() {
	s.t.Helper()
	deadline, tick := time.After(readyTimeout), time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if s.kind.ready(s) {
			return
		}
		select {
		case <-tick.C:
		case <-s.done:
			s.t.Fatalf("%s ended at once: %s", s.kind.name, s.log)
		case <-deadline:
			s.t.Fatalf("%s didn't answer within %v: %s", s.kind.name, readyTimeout, s.log)
		}
	}
}

// Endpoint returns the server's base URL.
func (s *Server) Endpoint() string { return "http://" + s.addr }

// URL returns the store URL of a prefix in a bucket.
func (s *Server) URL(bucket, prefix string) string {
	u := url.URL{Scheme: "s3", Host: bucket, Path: "/" + prefix, RawQuery: url.Values{"endpoint": {s.Endpoint()}}.Encode()}
	return u.String()
}

// env is all that the SDK may know of its surroundings: our credentials, and nothing of the developer's.
var env = map[string]string{
	"AWS_ACCESS_KEY_ID":           accessKey,
	"AWS_SECRET_ACCESS_KEY":       secretKey,
	"AWS_SESSION_TOKEN":           "",
	"AWS_REGION":                  region,
	"AWS_PROFILE":                 "",
	"AWS_CONFIG_FILE":             os.DevNull,
	"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	"AWS_EC2_METADATA_DISABLED":   "true",
}

// Setenv gives the test's process the credentials of every server of this package.
func Setenv(t testing.TB) {
	for name, value := range env {
		t.Setenv(name, value)
	}
}

// Env returns the same for a child process, as NAME=value to be added to its environment.
func Env() []string {
	var out []string
	for name, value := range env {
		out = append(out, name+"="+value)
	}
	return out
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return addr
}

// safeBuffer keeps what the server prints.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%.4096s", s.b.String())
}
