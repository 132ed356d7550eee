//go:build browser

package web

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// start runs one of the built binaries until the test ends, and returns what matches first in each of its lines that are wanted.
func start(t *testing.T, env []string, wanted []string, name string, args ...string) []string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "bin", name))
	require.NoError(t, err)
	require.FileExists(t, path, "run `make build`")
	cmd := exec.Command(path, args...) //nolint:gosec // a test's
	cmd.Env = append(os.Environ(), env...)
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		_ = in.Close()
	})
	found := make(chan string, len(wanted))
	go func() {
		left := wanted
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if len(left) > 0 {
				if m := regexp.MustCompile(left[0]).FindStringSubmatch(lines.Text()); m != nil {
					found <- m[1]
					left = left[1:]
				}
			}
		}
		_, _ = io.Copy(io.Discard, out) // so that it never waits for who reads its log
	}()
	var got []string
	for range wanted {
		select {
		case s := <-found:
			got = append(got, s)
		case <-time.After(30 * time.Second):
			t.Fatalf("%s did not say %q within 30 s", name, wanted[len(got)])
		}
	}
	return got
}

// TestLiveFeedOfACollector goes the whole way: the built collector with its shipped configuration, agentaudit serve, a replayed run, and a browser that
// watches it come in and then opens one of its events in the sealed trail.
func TestLiveFeedOfACollector(t *testing.T) {
	dir := t.TempDir()
	bucket := filepath.Join(dir, "bucket")
	require.NoError(t, os.Mkdir(bucket, 0o700))
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(p string, _ os.DirEntry, _ error) error { return os.Chmod(p, 0o700) })
	}) //nolint:gosec // folders
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)

	page := start(t, nil, []string{`agentaudit is at (\S+)/`, `events arrive at (\S+)`}, "agentaudit", "serve", "--bucket", "file:"+bucket, "--cache", filepath.Join(dir, "cache"),
		"--listen", "127.0.0.1:0", "--otlp", "127.0.0.1:0", "--refresh", "1s", "--record", "none")
	otlp := start(t, []string{
		"AGENTAUDIT_BUCKET=file:" + bucket, "AGENTAUDIT_JOURNAL=" + filepath.Join(dir, "journal"), "AGENTAUDIT_KEY_FILE=" + filepath.Join(dir, "redaction.key"), "AGENTAUDIT_SEAL_AGE=1s",
		"AGENTAUDIT_OTLP_GRPC=127.0.0.1:0", "AGENTAUDIT_OTLP_HTTP=127.0.0.1:0", "AGENTAUDIT_HEALTH=127.0.0.1:0", "AGENTAUDIT_METRICS_PORT=0",
		"AGENTAUDIT_EXPORTERS=[agent_audit_s3, otlp_grpc/live]", "AGENTAUDIT_LIVE=" + page[1],
	}, []string{`Starting HTTP server.*"endpoint": "([^"]*)"`, `(Everything is ready)`}, "otelcol-agentaudit", "--config", filepath.Join(root, "config.yaml"))

	b := newTab(t, page[0])
	b.do(chromedp.Navigate(page[0]+"/feed"), chromedp.WaitVisible(chromedp.CSS("#feed-form")))
	files, err := filepath.Glob(filepath.Join(root, "testdata", "demo", "*.jsonl"))
	require.NoError(t, err)
	replay := exec.Command(filepath.Join(root, "bin", "agentaudit"), append([]string{"replay", "--endpoint", "http://" + otlp[0]}, files...)...) //nolint:gosec // a test's
	said, err := replay.CombinedOutput()
	require.NoError(t, err, string(said))
	b.wait(`document.body.dataset.total >= 33`)
	assert.Equal(t, "0", eval[string](b, `document.body.dataset.missed`))

	require.Eventually(t, func() bool {
		response, err := http.Get(page[0] + "/search?format=csv")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		rows, err := io.ReadAll(response.Body)
		return err == nil && strings.Count(string(rows), "\n") > 33
	}, 30*time.Second, 200*time.Millisecond, "the events are sealed and found")
	b.do(chromedp.Click(chromedp.CSS("#feed-rows .feedrow")), chromedp.WaitVisible(chromedp.CSS(".fields")))
	b.do(chromedp.Navigate(page[0]+"/"), chromedp.WaitVisible(chromedp.CSS("#minutes")))
	assert.Equal(t, "33", eval[string](b, `document.querySelector('[data-tile="events_in_the_last_hour"]').textContent`))
	assert.Equal(t, "33", eval[string](b, `document.querySelector('[data-tile="events_in_the_trail"]').textContent`))
	b.clean()
}
