package agentaudits3exporter

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	killDir   = "AGENTAUDIT_KILL_DIR"
	killFrom  = "AGENTAUDIT_KILL_FROM"
	batchSize = 30
)

// TestKilledChild is no test: it is the process that TestKillAtAnyMoment kills. It sends batch after batch, and says
// after each how far it got.
func TestKilledChild(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		t.Skip("only as a child of TestKillAtAnyMoment")
	}
	from, err := strconv.Atoi(os.Getenv(killFrom))
	require.NoError(t, err)
	e := killWorld(t, dir).run()
	for n := from; ; n += batchSize {
		require.NoError(t, e.consumeTraces(t.Context(), tracesOf(n, n+batchSize)))
		fmt.Println("acknowledged", n+batchSize)
	}
}

// killWorld seals every few batches, so that kills hit sealing, putting and removing as well as appending.
func killWorld(t *testing.T, dir string) *world {
	w := newWorld(t)
	w.config.Bucket = "file:" + filepath.Join(dir, "bucket")
	w.config.Journal.Directory = filepath.Join(dir, "journal")
	w.config.Seal.Age = 10 * time.Millisecond
	return w
}

// A process that is killed at any moment, again and again, loses nothing that it acknowledged, stores nothing twice,
// and never changes an object.
func TestKillAtAnyMoment(t *testing.T) {
	dir := t.TempDir()
	objects := map[string]string{}
	acknowledged := 0
	for range 12 {
		from := acknowledged // the batch without an answer is sent again
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledChild$")
		cmd.Env = append(os.Environ(), killDir+"="+dir, killFrom+"="+strconv.Itoa(from))
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		var timer *time.Timer
		for lines.Scan() {
			n := 0
			if _, err := fmt.Sscanf(lines.Text(), "acknowledged %d", &n); err != nil {
				continue
			}
			acknowledged = n
			if timer == nil { // from the first answer on, so that no kill is wasted on the start
				timer = time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			}
		}
		require.Error(t, cmd.Wait(), "it was killed")
		require.NotNil(t, timer, "it answered")
		requireUnchanged(t, filepath.Join(dir, "bucket"), objects)
	}

	w := killWorld(t, dir)
	e := w.run()
	require.NoError(t, e.consumeTraces(t.Context(), tracesOf(acknowledged, acknowledged+batchSize)))
	require.NoError(t, e.shutdown(t.Context()))
	requireUnchanged(t, filepath.Join(dir, "bucket"), objects)
	w.requireStored(0, acknowledged+batchSize)
	assert.Greater(t, len(objects), 12, "kills met objects")
	t.Logf("%d events, %d objects", acknowledged, len(objects))
}

// requireUnchanged compares the objects with those known, and remembers new ones.
func requireUnchanged(t *testing.T, bucket string, known map[string]string) {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(bucket, "events"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && len(known) == 0 {
			return nil // killed before the first object
		}
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if old, ok := known[path]; ok {
			require.Equal(t, old, string(content), path)
		}
		known[path], found[path] = string(content), true
		return nil
	})
	require.NoError(t, err)
	require.Len(t, found, len(known), "no object is gone")
}
