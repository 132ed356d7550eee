package trail

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever happens to a writer, in whatever order, its log is whole: faults of the bucket and of the disk, crashes,
// clocks that jump, days that go by.
func TestAnySchedule(t *testing.T) {
	keys := []Signer{newSigner(t, "w-1"), newSigner(t, "w-1")}
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		w.signers = keys[:1]
		faults := 0
		fault := func() error {
			if faults > 0 {
				if faults--; faults%2 == 0 {
					return errDown
				}
			}
			return nil
		}
		w.bucket.before, w.state.before = func(string) error { return fault() }, fault
		w.bucket.after, w.state.after = func(string) error { return fault() }, fault
		l := w.open()
		var seal uint64 // that the log has acknowledged
		do := func(err error) bool {
			if err != nil {
				require.ErrorIs(r, err, errDown)
			}
			return err == nil
		}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"seal", "seal", "seal", "tick", "crash", "close", "fault", "minutes", "hours", "day", "jump", "rotate"}).Draw(r, "step") {
			case "seal":
				if !l.started && !do(l.Start(t.Context())) {
					continue
				}
				lines := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,5}`), 0, 3).Draw(r, "lines")
				before := w.now.AddDate(0, 0, -rapid.SampledFrom([]int{0, 0, 0, 1, 2, -1}).Draw(r, "days before"))
				if segment := w.seal(seal+1, before, lines...); do(l.Seal(t.Context(), segment)) {
					seal++
				} else {
					// The journal has it still, and it never changes.
					faults = 0
					require.NoError(r, l.Seal(t.Context(), segment))
					seal++
				}
			case "tick":
				if l.started {
					do(l.Tick(t.Context()))
				}
			case "crash":
				l = w.open()
			case "close":
				if l.started {
					do(l.Close(t.Context()))
				}
				l = w.open()
			case "fault":
				faults = rapid.IntRange(1, 40).Draw(r, "faults")
			case "minutes":
				w.now = w.now.Add(20 * time.Minute)
			case "hours":
				w.now = w.now.Add(5 * time.Hour)
			case "day":
				w.now = w.now.Add(24 * time.Hour)
			case "jump":
				w.now = w.now.AddDate(0, 0, rapid.IntRange(-400, 400).Draw(r, "days"))
			case "rotate":
				if len(w.signers) == 1 {
					w.signers = []Signer{keys[1], keys[0]}
				}
			}
		}
		faults = 0
		l = w.open()
		require.NoError(r, l.Start(t.Context()))
		require.NoError(r, l.Tick(t.Context()))
		w.check()
	})
}
