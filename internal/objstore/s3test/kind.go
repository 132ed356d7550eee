package s3test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// kind is a make of server.
type kind struct {
	name  string
	env   func(*Server) []string // its whole environment
	args  func(*Server) []string
	ready func(*Server) bool
}

var versitygw = kind{
	name: "versitygw",
	env:  func(*Server) []string { return []string{} },
	args: func(s *Server) []string {
		// The gateway changes into its data directory, so every path must be absolute.
		return []string{
			"--access", accessKey, "--secret", secretKey, "--port", s.addr, "--iam-dir", filepath.Join(s.dir, "iam"), "--quiet",
			"posix", "--versioning-dir", filepath.Join(s.dir, "versions"), filepath.Join(s.dir, "data"),
		}
	},
	ready: func(s *Server) bool {
		conn, err := net.DialTimeout("tcp", s.addr, time.Second)
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	},
}

var minio = kind{
	name: "MinIO",
	env: func(s *Server) []string {
		return []string{
			"HOME=" + s.dir, "MINIO_ROOT_USER=" + accessKey, "MINIO_ROOT_PASSWORD=" + secretKey, "MINIO_BROWSER=off", "MINIO_UPDATE=off",
			"MINIO_CI_CD=1", // or it refuses a directory of the root file system
		}
	},
	args: func(s *Server) []string {
		return []string{"server", "--quiet", "--anonymous", "--address", s.addr, "--certs-dir", filepath.Join(s.dir, "iam"), filepath.Join(s.dir, "data")}
	},
	// It takes connections before it takes requests.
	ready: func(s *Server) bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint()+"/minio/health/cluster", http.NoBody)
		if err != nil {
			return false
		}
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Do(req)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	},
}

const minioVar = "AGENTAUDIT_MINIO"

// StartMinIO starts a MinIO that is stopped at the end of the test. The test is skipped without one.
func StartMinIO(t testing.TB, opts Options) *Server {
	t.Helper()
	binary := os.Getenv(minioVar)
	if binary == "" {
		t.Skip(minioVar + " names no MinIO: make test-s3 does")
	}
	return start(t, minio, binary, opts)
}
