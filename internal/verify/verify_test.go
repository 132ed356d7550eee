package verify

import (
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines makes some events of the last day or two.
func (w *writer) randomLines(n int) []line {
	lines := make([]line, n)
	for i := range lines {
		at := w.now.Add(-time.Duration(w.rng.IntN(90)) * time.Minute)
		if w.rng.IntN(40) == 0 {
			at = at.AddDate(0, 0, -w.rng.IntN(3))
		}
		lines[i] = line{tier: event.Tiers[w.rng.IntN(len(event.Tiers))], at: at, text: fmt.Sprintf(`{"n":%d}`, w.rng.IntN(1e6))}
	}
	return lines
}

// randomBucket makes a clean bucket: one to three writers that do anything a writer may do.
func randomBucket(seed uint64, steps int) (*memory, []*writer) {
	rng := rand.New(rand.NewPCG(seed, 1))
	store := newMemory()
	var all []*writer
	for i := range 1 + rng.IntN(3) {
		w := newWriter(store, rng, fmt.Sprintf("w%d", i))
		w.pack = layout.Compression(rng.IntN(3))
		if rng.IntN(2) == 0 {
			w.lock = objstore.LockGovernance
		}
		all = append(all, w)
	}
	for _, w := range all {
		w.others = all
		w.start()
	}
	for range steps {
		all[rng.IntN(len(all))].randomStep()
	}
	for _, w := range all {
		if rng.IntN(4) > 0 {
			w.closing()
		}
	}
	return store, all
}

func (w *writer) randomStep() {
	switch n := w.rng.IntN(20); {
	case n < 9:
		lines := w.randomLines(w.rng.IntN(12))
		if len(lines) > 2 && w.rng.IntN(10) == 0 {
			lines[1].damaged = true
		}
		w.sealLines(lines, 1+w.rng.IntN(2)*w.rng.IntN(4))
	case n < 11:
		w.pass(time.Duration(w.rng.IntN(120)) * time.Minute)
	case n < 12:
		w.pass(time.Duration(w.rng.IntN(36)) * time.Hour)
	case n < 13:
		w.rotate()
	case n < 14:
		w.closing()
		w.start()
	case n < 15:
		w.now = w.now.Add(time.Duration(w.rng.IntN(10)) * time.Hour)
		w.start()
	case n < 17:
		w.closeDay()
		if w.dailyOn.Valid() {
			w.rollup(w.dailyOn, w.rng.IntN(2) == 0)
		}
	case n < 18:
		w.counts = map[string]int64{"dropped.malformed": 2, "duplicate": 1}
		w.heartbeat()
	case n < 19:
		w.publish()
	default:
		w.commit(entry{Kind: kindHeartbeat, ConfigHash: fmt.Sprintf("%064x", w.rng.Uint64())})
	}
}

func latest(all []*writer) time.Time {
	now := testStart
	for _, w := range all {
		if w.now.After(now) {
			now = w.now
		}
	}
	return now
}

func keysOf(all []*writer) (keys []ed25519.PublicKey) {
	for _, w := range all {
		keys = append(keys, w.key.pub)
	}
	return keys
}

// look verifies a bucket of writers as an auditor with their keys does, at the end of its last day.
func look(t testing.TB, store Store, all []*writer, change ...func(*Options)) Report {
	t.Helper()
	opts := Options{Keys: keysOf(all), CheckLocks: true, Now: latest(all).Add(time.Minute), MaxLine: 1 << 20}
	for _, c := range change {
		c(&opts)
	}
	rep, err := Run(t.Context(), store, opts)
	require.NoError(t, err)
	return rep
}

func violations(rep Report) (list []string) {
	for _, f := range rep.Findings {
		if !f.Note && f.Kind != LogUnfinished {
			list = append(list, f.String())
		}
	}
	return list
}

func TestCleanBuckets(t *testing.T) {
	runs := 2000
	if testing.Short() {
		runs = 200
	}
	for seed := range uint64(runs) {
		store, all := randomBucket(seed, 4+int(seed%40))
		rep := look(t, store, all)
		if bad := violations(rep); len(bad) > 0 {
			require.Empty(t, bad, "seed %d", seed)
		}
		assert.Len(t, rep.Writers, len(all))
	}
}
