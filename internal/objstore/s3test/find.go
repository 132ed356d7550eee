package s3test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

const binaryVar = "AGENTAUDIT_VERSITYGW"

// findBinary returns the absolute path of versitygw.
func findBinary(t testing.TB) string {
	t.Helper()
	path := os.Getenv(binaryVar)
	if path == "" {
		path = filepath.Join(moduleRoot(t), ".tools", "versitygw")
	}
	path, err := filepath.Abs(path)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		missing(t, "no versitygw: run `make tools`, or point "+binaryVar+" at one: "+err.Error())
	}
	return path
}

// moduleRoot climbs from the package under test, where go test starts its binary, to go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's directory")
		}
		dir = parent
	}
}

// dataDir returns a temporary directory with extended attributes, in which versitygw keeps metadata. An old tmpfs
// on /tmp has none.
func dataDir(t testing.TB) string {
	t.Helper()
	for _, base := range []string{os.TempDir(), "/var/tmp", moduleRoot(t)} {
		dir, err := os.MkdirTemp(base, "s3test-") //nolint:usetesting // t.TempDir is in one place only
		if err != nil {
			continue
		}
		t.Cleanup(func() {
			if err := os.RemoveAll(dir); err != nil {
				t.Errorf("couldn't remove the server's data: %v", err)
			}
		})
		if unix.Setxattr(dir, "user.s3test", []byte("1"), 0) == nil {
			return dir
		}
	}
	missing(t, "no temporary directory here has extended attributes, which versitygw needs; set TMPDIR to one that has")
	return ""
}

// missing skips at home and fails in CI, so that nobody takes a skipped suite for a passed one.
func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}
