package seal

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

const writer = "w-1"

var (
	noon     = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	allKinds = []layout.Compression{layout.None, layout.Gzip, layout.Zstd}
)

// line is a stored line, with its newline.
func line(seq uint64, tier string, days int64, at, ingested time.Time, payload string) string {
	e := event.Event{
		ID: fmt.Sprintf("0190163d-8694-839b-aea5-%012x", seq), Type: event.ToolCall,
		Timestamp: pcommon.NewTimestampFromTime(at), Reasoning: payload,
	}
	e.Retention.Tier = tier
	if days != 0 {
		e.Retention.Days = event.IntOf(days)
	}
	return string(event.AppendStamp(e.AppendBody(nil), writer, seq, ingested, false)) + "\n"
}

func segmentOf(seal uint64, lines ...string) Segment {
	text := strings.Join(lines, "")
	return Segment{Writer: writer, Seal: seal, Lines: strings.NewReader(text), Size: int64(len(text))}
}

// bucket is a store that asserts what sealing promises, and keeps everything.
type bucket struct {
	t       *testing.T
	mu      sync.Mutex
	objects map[string][]byte
	opts    map[string]objstore.PutOptions
	order   []string
	fail    func(key string) error
}

func newBucket(t *testing.T) *bucket {
	return &bucket{t: t, objects: map[string][]byte{}, opts: map[string]objstore.PutOptions{}}
}

func (b *bucket) Put(_ context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		if err := b.fail(key); err != nil {
			return objstore.Result{}, err
		}
	}
	content, err := io.ReadAll(io.NewSectionReader(body.Reader, 0, body.Size+1))
	assert.NoError(b.t, err)
	assert.Len(b.t, content, int(body.Size))
	assert.Equal(b.t, sha256.Sum256(content), body.SHA256)
	if old, ok := b.objects[key]; ok {
		assert.Equal(b.t, b.opts[key], opts, key)
		assert.Equal(b.t, hex.EncodeToString(old), hex.EncodeToString(content), key)
		return objstore.Result{Existed: true}, nil
	}
	b.objects[key], b.opts[key] = content, opts
	b.order = append(b.order, key)
	return objstore.Result{}, nil
}

func (b *bucket) Get(_ context.Context, key string) (io.ReadCloser, error) {
	content, ok := b.objects[key]
	if !ok {
		return nil, objstore.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (b *bucket) Stat(_ context.Context, key string) (objstore.Info, error) {
	if _, ok := b.objects[key]; !ok {
		return objstore.Info{}, objstore.ErrNotFound
	}
	return objstore.Info{Key: key}, nil
}

// text returns what an object holds.
func (b *bucket) text(key string) string {
	name, err := layout.ParseSegment(key)
	require.NoError(b.t, err)
	var r io.Reader = bytes.NewReader(b.objects[key])
	switch name.Compression {
	case layout.Gzip:
		r, err = gzip.NewReader(r)
	case layout.Zstd:
		r, err = zstd.NewReader(r)
	}
	require.NoError(b.t, err)
	text, err := io.ReadAll(r)
	require.NoError(b.t, err)
	return string(text)
}

func sealer(t *testing.T, c layout.Compression, mode objstore.LockMode) *Sealer {
	s, err := New(Options{Spool: t.TempDir(), Compression: c, LockMode: mode})
	require.NoError(t, err)
	return s
}

func TestOneObjectPerTierAndDay(t *testing.T) {
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	lines := []string{
		line(1, event.TierInfo, 30, midnight.Add(-1), noon, "last nanosecond of the day"),
		line(2, event.TierInfo, 30, midnight, noon, "first of the next"),
		line(3, event.TierCritical, 730, noon, noon, ""),
		line(4, event.TierInfo, 30, noon, noon, ""),
		line(5, event.TierInfo, 30, midnight.Add(24*time.Hour-1), noon, ""),
	}
	for _, c := range allKinds {
		t.Run(c.String(), func(t *testing.T) {
			b := newBucket(t)
			objects, err := sealer(t, c, objstore.LockOff).Seal(t.Context(), segmentOf(7, lines...), b)
			require.NoError(t, err)

			end := "/w-1-0000000007" + c.Extension()
			want := []struct {
				key, text   string
				first, last uint64
			}{
				{"events/tier=critical/date=2026-11-21" + end, lines[2], 3, 3},
				{"events/tier=info/date=2026-11-21" + end, lines[0] + lines[3], 1, 4},
				{"events/tier=info/date=2026-11-22" + end, lines[1] + lines[4], 2, 5},
			}
			require.Len(t, objects, len(want))
			for i, w := range want {
				o := objects[i]
				assert.Equal(t, w.key, o.Key)
				assert.Equal(t, w.text, b.text(o.Key))
				assert.Equal(t, []uint64{w.first, w.last}, []uint64{o.FirstSeq, o.LastSeq})
				assert.Equal(t, strings.Count(w.text, "\n"), o.Lines)
				assert.EqualValues(t, len(w.text), o.Raw)
				assert.EqualValues(t, len(b.objects[o.Key]), o.Stored)
				assert.Equal(t, sha256.Sum256(b.objects[o.Key]), o.SHA256)
				assert.Equal(t, objstore.PutOptions{ContentType: c.MediaType()}, b.opts[o.Key], "no lock asked for")
				assert.False(t, o.Existed)
			}
			assert.Len(t, b.order, len(want))
		})
	}
}

func TestEmptySegmentHasNoObjects(t *testing.T) {
	objects, err := sealer(t, layout.Zstd, objstore.LockOff).Seal(t.Context(), segmentOf(1), newBucket(t))
	require.NoError(t, err)
	assert.Empty(t, objects)
}

func TestLock(t *testing.T) {
	date := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	tests := []struct {
		name string
		day  time.Time
		days []int64
		want time.Time
	}{
		{"event of the ingest day", noon, []int64{30}, date(2026, 12, 22)},
		{"largest of the lines", noon, []int64{1, 365, 30}, date(2027, 11, 22)},
		{"late event: from the ingest day", noon.AddDate(-1, 0, 0), []int64{30}, date(2026, 12, 22)},
		{"early event: from its own day", noon.AddDate(0, 0, 1), []int64{30}, date(2026, 12, 23)},
		{"event of 2262: from the ingest day", date(2262, 1, 1), []int64{30}, date(2026, 12, 22)},
		{"1970", date(1970, 1, 1).Add(1), []int64{7}, date(2026, 11, 29)},
		{"days unknown", noon, []int64{0}, date(2026, 11, 22)},
		{"days negative", noon, []int64{-5}, date(2026, 11, 22)},
		{"days absurd", noon, []int64{1 << 62}, date(2026, 11, 22).AddDate(0, 0, 36500)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			for i, days := range tt.days {
				lines = append(lines, line(uint64(i+1), event.TierInfo, days, tt.day, noon, ""))
			}
			b := newBucket(t)
			objects, err := sealer(t, layout.None, objstore.LockCompliance).Seal(t.Context(), segmentOf(1, lines...), b)
			require.NoError(t, err)
			require.Len(t, objects, 1)
			assert.Equal(t, tt.want, objects[0].RetainUntil)
			assert.Equal(t, objstore.LockCompliance, b.opts[objects[0].Key].LockMode)
			assert.Equal(t, tt.want, b.opts[objects[0].Key].RetainUntil)
		})
	}
}

// The ingest day is that of the segment's last line: a batch at midnight must not shorten the lock of its second half.
func TestLockCountsFromTheLastLine(t *testing.T) {
	b := newBucket(t)
	objects, err := sealer(t, layout.None, objstore.LockGovernance).Seal(t.Context(), segmentOf(1,
		line(1, event.TierInfo, 1, noon, noon, ""), line(2, event.TierDebug, 1, noon, noon.AddDate(0, 0, 1), ""),
	), b)
	require.NoError(t, err)
	for _, o := range objects {
		assert.Equal(t, time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), o.RetainUntil, o.Key)
	}
}

func TestDamagedLinesStayWithTheirNeighbours(t *testing.T) {
	good := func(seq uint64) string { return line(seq, event.TierInfo, 30, noon, noon, "") }
	critical := "events/tier=critical/date=2026-11-21/w-1-0000000001.jsonl"
	info := "events/tier=info/date=2026-11-21/w-1-0000000001.jsonl"
	broken := good(3)[:60] + "\x00" + good(3)[61:]
	broken = strings.Replace(broken, `"agentaudit/v1"`, `"agentaudit/v\x80"`, 1)
	tests := []struct {
		name  string
		lines []string
		want  map[string]string
	}{
		{"in the middle", []string{good(1), broken, good(3)}, map[string]string{info: good(1) + good(3), critical: broken}},
		{"at the start", []string{"\n", broken, good(3)}, map[string]string{info: good(3), critical: "\n" + broken}},
		{"end cut off", []string{good(1), good(2)[:40]}, map[string]string{info: good(1), critical: good(2)[:40] + "\n"}},
		{"every line", []string{broken}, map[string]string{"events/tier=critical/date=1970-01-01/w-1-0000000001.jsonl": broken}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBucket(t)
			objects, err := sealer(t, layout.None, objstore.LockGovernance).Seal(t.Context(), segmentOf(1, tt.lines...), b)
			require.NoError(t, err)
			got := map[string]string{}
			for _, o := range objects {
				got[o.Key] = b.text(o.Key)
				if o.Tier == event.TierCritical {
					assert.Equal(t, o.Lines, o.Damaged)
				} else {
					assert.Zero(t, o.Damaged)
				}
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

// An upgrade of a compressor may change bytes. That is allowed (see TestTheLinesDecideAboutAnExistingObject) but must
// not go unnoticed.
func TestGoldenBytes(t *testing.T) {
	golden := map[layout.Compression]string{
		layout.None: "36a699e4dd7b20cd", layout.Gzip: "621f7670049cfe77", layout.Zstd: "6e85775f8aa2a1ba",
	}
	var lines []string
	for seq := range uint64(500) {
		lines = append(lines, line(seq+1, event.TierInfo, 30, noon.Add(time.Duration(seq)), noon, strings.Repeat(fmt.Sprint(seq), 50)))
	}
	for c, want := range golden {
		b := newBucket(t)
		objects, err := sealer(t, c, objstore.LockOff).Seal(t.Context(), segmentOf(1, lines...), b)
		require.NoError(t, err)
		require.Len(t, objects, 1)
		assert.Equal(t, want, hex.EncodeToString(objects[0].SHA256[:8]), c)
	}
}

// drawn is a segment, with what its objects should be: lines by tier and day.
type drawn struct {
	lines []string
	want  map[string]int
}

var anySegment = rapid.Custom(func(t *rapid.T) drawn {
	d := drawn{want: map[string]int{}}
	for i := range rapid.IntRange(0, 30).Draw(t, "lines") {
		at := noon.AddDate(0, 0, rapid.IntRange(-2, 2).Draw(t, "day"))
		tier := rapid.SampledFrom(event.Tiers).Draw(t, "tier")
		size := rapid.SampledFrom([]int{0, 0, 10, 10, 5000, 5000, readBuffer - 10, readBuffer + 10}).Draw(t, "size")
		d.lines = append(d.lines, line(uint64(i+1), tier, 30, at, noon, strings.Repeat("x", size)))
		d.want[tier+at.Format(time.DateOnly)]++
	}
	return d
})

// Whatever a sealer did before, the same segment gives the same objects, and they hold its lines.
func TestSealingIsRepeatable(t *testing.T) {
	for _, c := range allKinds {
		used := sealer(t, c, objstore.LockGovernance)
		for seed := range 15 {
			d := anySegment.Example(seed)
			b := newBucket(t)
			first, err := used.Seal(t.Context(), segmentOf(3, d.lines...), b)
			require.NoError(t, err)
			second, err := sealer(t, c, objstore.LockGovernance).Seal(t.Context(), segmentOf(3, d.lines...), b)
			require.NoError(t, err)

			require.Len(t, first, len(d.want))
			var all []string
			for i := range first {
				require.True(t, second[i].Existed)
				second[i].Existed = false
				require.Equal(t, d.want[first[i].Tier+first[i].Day.String()], first[i].Lines)
				all = append(all, strings.SplitAfter(b.text(first[i].Key), "\n")...)
			}
			require.Equal(t, first, second)
			require.ElementsMatch(t, d.lines, deleteEmpty(all))
		}
	}
}

func deleteEmpty(lines []string) (kept []string) {
	for _, l := range lines {
		if l != "" {
			kept = append(kept, l)
		}
	}
	return kept
}

// A put that fails, applied or not, and a sealer that dies there, leave a segment that can be sealed again.
func TestCrashAtEveryPut(t *testing.T) {
	var lines []string
	for i, tier := range event.Tiers {
		lines = append(lines, line(uint64(i+1), tier, 30, noon, noon, ""))
	}
	segment := segmentOf(1, lines...)
	lost := errors.New("connection lost")
	for _, applied := range []bool{false, true} {
		for _, tier := range event.Tiers {
			b := newBucket(t)
			spool := t.TempDir()
			s, err := New(Options{Spool: spool, Compression: layout.Zstd})
			require.NoError(t, err)
			_, err = s.Seal(t.Context(), segment, putFunc(func(ctx context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error) {
				if !strings.Contains(key, tier) {
					return b.Put(ctx, key, body, opts)
				}
				if applied {
					_, err := b.Put(ctx, key, body, opts)
					assert.NoError(t, err)
				}
				return objstore.Result{}, lost
			}))
			require.ErrorIs(t, err, lost)
			left, err := os.ReadDir(spool)
			require.NoError(t, err)
			assert.Empty(t, left, "spool files are removed")

			before := maps.Clone(b.objects)
			if len(before) > 0 {
				assert.Contains(t, before, "events/tier=compliance/date=2026-11-21/w-1-0000000001.jsonl.zst", "no object without the first")
			}
			objects, err := sealer(t, layout.Zstd, objstore.LockOff).Seal(t.Context(), segment, b)
			require.NoError(t, err)
			require.Len(t, objects, len(event.Tiers))
			for _, o := range objects {
				assert.Equal(t, before[o.Key] != nil, o.Existed, o.Key)
			}
		}
	}
}

// Puts wait for the bucket side by side, but not without bound.
func TestPutsOverlap(t *testing.T) {
	var text strings.Builder
	for d := range 20 {
		text.WriteString(line(uint64(d+1), event.TierInfo, 30, noon.AddDate(0, 0, -d), noon, ""))
	}
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		begun := time.Now()
		_, err := sealer(t, layout.Zstd, objstore.LockOff).Seal(t.Context(), segmentOf(1, text.String()), putFunc(func(context.Context, string, objstore.Body, objstore.PutOptions) (objstore.Result, error) {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			return objstore.Result{}, nil
		}))
		require.NoError(t, err)
		assert.EqualValues(t, maxPuts, most.Load())
		assert.Equal(t, 6*time.Second, time.Since(begun), "the first alone, 19 by four")
	})
}

type putFunc func(context.Context, string, objstore.Body, objstore.PutOptions) (objstore.Result, error)

func (f putFunc) Get(context.Context, string) (io.ReadCloser, error) {
	return nil, objstore.ErrNotFound
}
func (f putFunc) Stat(context.Context, string) (objstore.Info, error) {
	return objstore.Info{}, objstore.ErrNotFound
}

func (f putFunc) Put(ctx context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error) {
	return f(ctx, key, body, opts)
}

func TestTenThousandPartitions(t *testing.T) {
	const days = 2500
	var text strings.Builder
	seq := uint64(0)
	for range 2 {
		for d := range days {
			for _, tier := range event.Tiers {
				seq++
				text.WriteString(line(seq, tier, 30, noon.AddDate(0, 0, -d), noon, ""))
			}
		}
	}
	b := newBucket(t)
	objects, err := sealer(t, layout.Zstd, objstore.LockOff).Seal(t.Context(), segmentOf(1, text.String()), b)
	require.NoError(t, err)
	require.Len(t, objects, 4*days)
	for _, o := range objects {
		require.Equal(t, 2, o.Lines)
	}
	assert.Equal(t, 2, strings.Count(b.text(objects[17].Key), "\n"))
}

func TestZstdToolReadsObjects(t *testing.T) {
	tool, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("no zstd tool here")
	}
	b := newBucket(t)
	want := line(1, event.TierInfo, 30, noon, noon, "") + line(2, event.TierInfo, 30, noon, noon, "")
	objects, err := sealer(t, layout.Zstd, objstore.LockOff).Seal(t.Context(), segmentOf(1, want), b)
	require.NoError(t, err)
	cmd := exec.Command(tool, "-dc")
	joined := bytes.Repeat(b.objects[objects[0].Key], 2)
	cmd.Stdin = bytes.NewReader(joined)
	got, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, want+want, string(got), "frames end to end are a valid file")
}

func BenchmarkSeal(b *testing.B) {
	var text strings.Builder
	payload := `The customer asked for order 8123; I will look it up with get_order and answer when it is there. `
	for seq := range uint64(20000) {
		tier := event.Tiers[seq*7%4]
		text.WriteString(line(seq+1, tier, 30, noon.Add(time.Duration(seq)*time.Millisecond), noon, fmt.Sprint(seq, payload, seq*seq, payload[:seq%90], seq*31, payload)))
	}
	for _, c := range allKinds {
		b.Run(c.String(), func(b *testing.B) {
			s, err := New(Options{Spool: b.TempDir(), Compression: c})
			require.NoError(b, err)
			var stored int64
			b.SetBytes(int64(text.Len()))
			b.ReportAllocs()
			for b.Loop() {
				objects, err := s.Seal(b.Context(), segmentOf(1, text.String()), putFunc(func(context.Context, string, objstore.Body, objstore.PutOptions) (objstore.Result, error) {
					return objstore.Result{}, nil
				}))
				require.NoError(b, err)
				stored = 0
				for _, o := range objects {
					stored += o.Stored
				}
			}
			b.ReportMetric(float64(text.Len())/float64(stored), "ratio")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*20000), "ns/event")
		})
	}
}
