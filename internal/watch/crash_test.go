package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// flaky is a receiver that fails before or after it has received, as it is told.
type flaky struct {
	got   map[string]int
	fate  func() string
	batch int
}

func (f *flaky) Name() string { return "flaky" }
func (f *flaky) Batch() int   { return f.batch }

func (f *flaky) Send(_ context.Context, alerts []Alert) error {
	fate := f.fate()
	if fate == "unsent" {
		return errors.New("no answer")
	}
	for i := range alerts {
		f.got[alerts[i].Fingerprint]++
	}
	if fate == "unheard" {
		return errors.New("the answer was lost")
	}
	return nil
}

// TestNothingIsLostAndLittleIsTwice plays random lives: looks that find more and more, receivers that fail before or after they received, and crashes, after
// which the state file has what it had at some save. In the end all was received; once, unless an answer was lost or a crash came.
func TestNothingIsLostAndLittleIsTwice(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		file := filepath.Join(dir, "state")
		require.NoError(t, os.RemoveAll(file))
		r := &flaky{got: map[string]int{}, batch: rapid.IntRange(1, 4).Draw(t, "batch")}
		now, clean := started, true
		r.fate = func() string {
			fate := rapid.SampledFrom([]string{"good", "good", "unsent", "unheard"}).Draw(t, "fate")
			clean = clean && fate != "unheard"
			return fate
		}
		count := 0
		start := func() *Watcher {
			w, err := New(Options{
				Look: func(context.Context, time.Time) ([]Alert, error) { return some(count)(), nil }, Receivers: []Receiver{r},
				StateFile: file, MaxPending: 5, RetryMin: time.Second, Now: func() time.Time { return now },
			})
			require.NoError(t, err)
			return w
		}
		w := start()
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 10).Draw(t, "seconds")) * time.Second)
			switch rapid.SampledFrom([]string{"look", "deliver", "crash", "crash at sending"}).Draw(t, "step") {
			case "look":
				count += rapid.IntRange(0, 4).Draw(t, "more")
				_, err := w.look(t.Context())
				require.NoError(t, err)
			case "deliver":
				_, err := w.deliver(t.Context())
				require.NoError(t, err)
			case "crash":
				w = start()
			case "crash at sending": // nothing of what was sent is saved
				before, err := os.ReadFile(file)
				require.NoError(t, err)
				sent := len(r.got)
				_, err = w.deliver(t.Context())
				require.NoError(t, err)
				clean = clean && len(r.got) == sent
				require.NoError(t, os.WriteFile(file, before, 0o600))
				w = start()
			}
		}
		r.fate = func() string { return "good" }
		for range 1 + count { // what had no room is found by later looks
			now = now.Add(time.Hour)
			_, err := w.look(t.Context())
			require.NoError(t, err)
			_, err = w.deliver(t.Context())
			require.NoError(t, err)
		}
		require.Len(t, r.got, count)
		if clean {
			for print, times := range r.got {
				require.Equal(t, 1, times, print)
			}
		}
	})
}
