package verify

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// prose is text of about the entropy of prose, so that zstd has as much to do as with what agents say.
func prose(rng *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		var h [8]byte
		binary.LittleEndian.PutUint64(h[:], rng.Uint64N(4000))
		sum := sha256.Sum256(h[:])
		b.WriteString(hex.EncodeToString(sum[:])[:3+rng.IntN(6)])
		b.WriteByte(' ')
	}
	return b.String()
}

// bigBucket makes a bucket in a directory: objects of so many lines of about a kilobyte.
func bigBucket(tb testing.TB, seals, lines int) (dir string, w *writer) {
	rng := rand.New(rand.NewPCG(1, 1))
	store := newMemory()
	w = newWriter(store, rng, "w")
	w.start()
	for range seals {
		all := make([]line, lines)
		for i := range all {
			all[i] = line{tier: event.TierInfo, at: w.now, text: prose(rng, 600)}
		}
		w.sealLines(all, 1)
		w.now = w.now.Add(10 * time.Second)
	}
	w.closing()
	dir = tb.TempDir()
	for key, data := range store.files {
		name := filepath.Join(dir, filepath.FromSlash(key))
		require.NoError(tb, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(tb, os.WriteFile(name, data, 0o600))
	}
	return dir, w
}

// BenchmarkLocal verifies a local bucket, and in the same run unpacks and hashes the same objects as zstd -dc | sha256sum does.
func BenchmarkLocal(b *testing.B) {
	dir, _ := bigBucket(b, 20, 10_000)
	store, err := objstore.NewDir(dir)
	require.NoError(b, err)
	var rep Report
	var took time.Duration
	for b.Loop() {
		start := time.Now()
		rep, err = Run(b.Context(), store, Options{})
		took = time.Since(start)
		require.NoError(b, err)
		require.Empty(b, rep.Findings)
	}
	b.SetBytes(rep.Bytes)
	b.ReportMetric(float64(took.Nanoseconds())/float64(rep.Lines), "ns/event")
	if _, err := exec.LookPath("zstd"); err != nil {
		return
	}
	start := time.Now()
	out, err := exec.CommandContext(b.Context(), "sh", "-c", "find '"+dir+"/events' -type f | sort | xargs zstd -dcq | sha256sum").CombinedOutput()
	plain := time.Since(start)
	require.NoError(b, err, string(out))
	b.ReportMetric(took.Seconds()/plain.Seconds(), "x-zstd-sha256sum")
}

// far is a store that is some milliseconds away.
type far struct {
	*memory
	latency  time.Duration
	requests atomic.Int64
}

func (f *far) wait(ctx context.Context) {
	f.requests.Add(1)
	select {
	case <-ctx.Done():
	case <-time.After(f.latency):
	}
}

func (f *far) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	f.wait(ctx)
	return f.memory.Get(ctx, key)
}

func (f *far) Stat(ctx context.Context, key string) (objstore.Info, error) {
	f.wait(ctx)
	return f.memory.Stat(ctx, key)
}

func (f *far) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		n := 0
		for info, err := range f.memory.List(ctx, prefix, after) {
			if n%1000 == 0 {
				f.wait(ctx)
			}
			n++
			if !yield(info, err) {
				return
			}
		}
	}
}

// BenchmarkFar verifies small objects with locks, 50 ms away, and watches the memory.
func BenchmarkFar(b *testing.B) {
	for _, objects := range []int{10_000, 50_000} {
		b.Run(strconv.Itoa(objects), func(b *testing.B) { benchmarkFar(b, objects) })
	}
}

func benchmarkFar(b *testing.B, objects int) {
	const perSeal = 5
	store := newMemory()
	rng := rand.New(rand.NewPCG(1, 1))
	w := newWriter(store, rng, "w")
	w.lock, w.beat, w.pack = objstore.LockGovernance, 24*time.Hour, layout.None
	w.start()
	for range objects / perSeal {
		var lines []line
		for i := range perSeal {
			lines = append(lines, line{tier: event.Tiers[i%4], at: w.now.AddDate(0, 0, -i/4), text: "1"})
		}
		w.sealLines(lines, 1)
		w.now = w.now.Add(10 * time.Second)
	}
	w.closing()
	for b.Loop() {
		// Often, for the store itself, which is in memory, allows for as much garbage.
		defer debug.SetGCPercent(debug.SetGCPercent(10))
		runtime.GC()
		before := liveHeap()
		f := &far{memory: store, latency: 50 * time.Millisecond}
		peak := watchHeap(b)
		start := time.Now()
		rep, err := Run(b.Context(), f, Options{Parallel: 128, CheckLocks: true, Now: w.now})
		took := time.Since(start)
		require.NoError(b, err)
		require.Empty(b, rep.Findings)
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(float64(f.requests.Load()), "requests")
		b.ReportMetric(float64(peak()-before)/(1<<20), "MiB-live")
	}
}

// liveHeap is what the last collection found to be in use, in bytes.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// watchHeap returns what stops watching and tells the peak.
func watchHeap(b *testing.B) func() uint64 {
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan uint64)
	go func() {
		var peak uint64
		for {
			peak = max(peak, liveHeap())
			select {
			case <-ctx.Done():
				done <- peak
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { cancel(); return <-done }
}
