package logread

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

func segment(tier string, at time.Time, writer string, seal uint64, c layout.Compression) string {
	return layout.Segment{Tier: tier, Date: layout.DateOf(at), Writer: writer, Seal: seal, Compression: c}.Key()
}

func dayObject(tier string, at time.Time, writer string, c layout.Compression) string {
	return layout.Day{Tier: tier, Date: layout.DateOf(at), Writer: writer, Compression: c}.Key()
}

// TestReadAgainstModel scatters events over objects of all kinds and compares with the obvious way to do it.
func TestReadAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := newBucket()
		type row struct {
			at     time.Time
			typ    event.Type
			tier   string
			writer string
			seq    uint64
			n      int
			line   string
		}
		var rows []row
		seq := uint64(0)
		for range rapid.IntRange(0, 30).Draw(t, "events") {
			seq++
			r := row{
				at:     day.Add(time.Duration(rapid.IntRange(-30, 60).Draw(t, "hour")) * time.Hour),
				typ:    rapid.SampledFrom(event.Types).Draw(t, "type"),
				tier:   rapid.SampledFrom(event.Tiers).Draw(t, "tier"),
				writer: rapid.SampledFrom([]string{"v", "w"}).Draw(t, "writer"),
				seq:    seq, n: int(seq),
			}
			if len(rows) > 0 && rapid.IntRange(0, 3).Draw(t, "again") == 0 { // delivered once more
				r = rapid.SampledFrom(rows).Draw(t, "which")
				r.seq = seq
			}
			r.line = stored(r.n, r.at, r.typ, r.tier, r.writer, r.seq)
			c := layout.Compression(rapid.IntRange(0, 2).Draw(t, "compression"))
			b.put(t, segment(r.tier, r.at, r.writer, rapid.Uint64Range(1, 3).Draw(t, "seal"), c), r.line)
			if rapid.Bool().Draw(t, "in day object") {
				b.put(t, dayObject(r.tier, r.at, r.writer, c), r.line)
			}
			rows = append(rows, r)
		}
		q := Query{}
		if rapid.Bool().Draw(t, "limited") {
			q.Since = day.Add(time.Duration(rapid.IntRange(-30, 60).Draw(t, "since")) * time.Hour)
			q.Until = day.Add(time.Duration(rapid.IntRange(-30, 60).Draw(t, "until")) * time.Hour)
			q.Tiers = rapid.SampledFrom([][]string{nil, {event.TierInfo}, {event.TierDebug, event.TierCritical}}).Draw(t, "tiers")
			q.Types = rapid.SampledFrom([][]event.Type{nil, {event.ToolCall, event.Error}}).Draw(t, "types")
			q.Agents = rapid.SampledFrom([][]string{nil, {"agent-1"}}).Draw(t, "agents")
			q.Sessions = rapid.SampledFrom([][]string{nil, {"s0", "s2"}}).Draw(t, "sessions")
		}

		var want []string
		seen := map[int]bool{}
		duplicates := 0
		slices.SortFunc(rows, func(a, b row) int {
			return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.typ.Rank(), b.typ.Rank()),
				cmp.Compare(a.writer, b.writer), cmp.Compare(a.seq, b.seq))
		})
		for _, r := range rows {
			switch {
			case !q.Since.IsZero() && (r.at.Before(q.Since) || !r.at.Before(q.Until)),
				!allows(q.Tiers, r.tier), !allows(q.Types, r.typ),
				!allows(q.Agents, fmt.Sprintf("agent-%d", r.n%2)), !allows(q.Sessions, fmt.Sprintf("s%d", r.n%3)):
			case seen[r.n]:
				duplicates++
			default:
				seen[r.n] = true
				want = append(want, strings.TrimSuffix(r.line, "\n"))
			}
		}
		got := b.read(t, q, Options{Parallel: rapid.IntRange(1, 3).Draw(t, "parallel")})
		require.NoError(t, got.err)
		require.Equal(t, want, got.lines)
		require.Equal(t, duplicates, got.Duplicates)
		require.Empty(t, got.findings)
	})
}

func TestSameIDWithAnotherBodyIsAnotherEvent(t *testing.T) {
	t.Parallel()
	b := newBucket()
	one := stored(1, day, event.Error, "critical", "w", 1)
	b.put(t, segment("critical", day, "w", 1, layout.None), one+strings.Replace(one, "agent-1", "agent-x", 1))
	assert.Equal(t, 2, b.read(t, Query{}, Options{}).Events)
}

func TestNarrowQueryListsAndReadsLittle(t *testing.T) {
	t.Parallel()
	b := newBucket()
	for _, tier := range event.Tiers {
		for d := range 200 {
			at := day.AddDate(0, 0, d-100)
			b.put(t, segment(tier, at, "w", 1, layout.None), stored(d, at, event.Error, tier, "w", uint64(d)))
		}
	}
	got := b.read(t, Query{Since: day, Until: day.AddDate(0, 0, 1), Tiers: []string{event.TierInfo}}, Options{})
	require.NoError(t, got.err)
	assert.Equal(t, 1, got.Events)
	assert.Len(t, b.gets, 1)
	assert.LessOrEqual(t, b.listed, 3*len(event.Tiers))
}

func TestQueriesBeyondTheCalendar(t *testing.T) {
	t.Parallel()
	b := newBucket()
	b.put(t, segment("info", day, "w", 1, 0), stored(1, day, event.Error, "info", "w", 1))
	for _, year := range []int{-5, 0, 1, 9999, 10_000, 200_000} {
		at := time.Date(year, 12, 31, 23, 59, 59, 999, time.UTC)
		since, until := b.read(t, Query{Since: at}, Options{}), b.read(t, Query{Until: at}, Options{})
		require.NoError(t, errors.Join(since.err, until.err))
		assert.Equal(t, 1, since.Events+until.Events, year)
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	good := stored(1, day, event.Error, "info", "w", 1)
	frame := pack(t, good, layout.Zstd)
	for _, c := range []struct {
		name   string
		c      layout.Compression
		object string
		events int
		want   []string // the beginnings, after the key
	}{
		{"good", layout.None, good, 1, nil},
		{"good, two frames", layout.Zstd, string(frame) + string(frame), 1, nil},
		{"empty", layout.None, "", 0, []string{": holds no event"}},
		{"empty frame", layout.Zstd, "", 0, []string{": holds no event"}},
		{"blank line", layout.None, good + "\n", 1, []string{":2: no valid event"}},
		{"torn", layout.None, good + good[:50], 1, []string{":2: no newline after", ":2: no valid event"}},
		{"no newline", layout.None, good[:len(good)-1], 1, []string{":1: no newline after"}},
		{"not stamped", layout.None, good[:strings.Index(good, `,"writer"`)] + "}\n", 0, []string{":1: no valid event: not a stored line"}},
		{"too long", layout.None, strings.Repeat("x", 600<<10) + "\n" + good, 1, []string{":1: line of more than"}},
		{"a bit too long", layout.None, strings.Repeat("x", 1001) + "\n" + good, 1, []string{":1: line of more than"}},
		{"not gzip", layout.Gzip, good, 0, []string{":1: unreadable from here on"}},
		{"truncated zstd", layout.Zstd, string(frame[:len(frame)-3]), 0, []string{":1: unreadable from here on"}},
		{"second frame broken", layout.Zstd, string(frame) + "broken", 1, []string{":2: unreadable from here on"}},
		{"wrong day", layout.None, stored(1, day.Add(25*time.Hour), event.Error, "info", "w", 1), 1, []string{":1: event of 2026-11-22"}},
		{"wrong tier", layout.None, stored(1, day, event.Error, "debug", "w", 1), 1, []string{":1: event of tier debug"}},
		{"wrong writer", layout.None, stored(1, day, event.Error, "info", "x", 1), 1, []string{":1: event of writer x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBucket()
			key := segment("info", day, "w", 1, c.c)
			b.objects[key] = []byte(c.object)
			b.put(t, segment("info", day.Add(48*time.Hour), "w", 1, 0), stored(2, day.Add(48*time.Hour), event.Error, "info", "w", 9))
			got := b.read(t, Query{}, Options{MaxLine: 1000})
			require.NoError(t, got.err)
			assert.Equal(t, c.events+1, got.Events, "what is good comes, and what lies behind it")
			require.Len(t, got.findings, len(c.want), "%q", got.findings)
			for i, want := range c.want {
				assert.True(t, strings.HasPrefix(got.findings[i], key+want), "%s, want %s", got.findings[i], want)
			}
		})
	}
}

func TestFindingsOfOneObjectAreBounded(t *testing.T) {
	t.Parallel()
	b := newBucket()
	b.put(t, segment("info", day, "w", 1, 0), strings.Repeat("?\n", 1000))
	got := b.read(t, Query{}, Options{})
	assert.Len(t, got.findings, maxPlaces+1)
	assert.Contains(t, strings.Join(got.findings, "\n"), ": 980 more findings")
}

func TestForeignKeysAreFindings(t *testing.T) {
	t.Parallel()
	b := newBucket()
	b.put(t, "events/README", "hello")
	b.put(t, "days/tier=info/date=2026-11-21/w.jsonl.bz2", "hello")
	b.put(t, "trail/w/checkpoint", "not ours")
	got := b.read(t, Query{}, Options{})
	require.NoError(t, got.err)
	assert.Len(t, got.findings, 2)
}

func TestBrokenReadsAreMadeAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBucket()
		b.put(t, segment("info", day, "w", 1, layout.Zstd), stored(1, day, event.Error, "info", "w", 1))
		b.put(t, segment("info", day, "w", 2, 0), "?\n"+stored(2, day, event.Error, "info", "w", 2))
		b.listFails = 2
		b.cut = func(_ string, nth int) (int, error) {
			if nth < 3 {
				return 20, io.ErrUnexpectedEOF
			}
			return 0, nil
		}
		got := b.read(t, Query{}, Options{})
		require.NoError(t, got.err)
		assert.Equal(t, 2, got.Events)
		assert.Len(t, got.findings, 1, "those of attempts that broke off don't count")
	})
}

func TestWhatPreventsReadingEndsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, cause := range []error{errors.New("down"), objstore.ErrDenied} {
			b := newBucket()
			for seal := range uint64(50) {
				b.put(t, segment("info", day, "w", seal, 0), stored(1, day, event.Error, "info", "w", seal))
			}
			b.cut = func(string, int) (int, error) { return 0, cause }
			got := b.read(t, Query{}, Options{})
			require.ErrorIs(t, got.err, cause)
			assert.Empty(t, got.lines)
			assert.Less(t, len(b.gets), 10, "the rest is not even tried")
		}
	})
}

func TestSilentStoreIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBucket()
		b.put(t, segment("info", day, "w", 1, 0), stored(1, day, event.Error, "info", "w", 1))
		b.cut = func(_ string, nth int) (int, error) {
			if nth == 1 {
				return 20, errHang
			}
			return 0, nil
		}
		got := b.read(t, Query{}, Options{})
		require.NoError(t, got.err, "the second attempt is answered")
		assert.Equal(t, 1, got.Events)
		b.cut = func(string, int) (int, error) { return 0, errHang }
		got = b.read(t, Query{}, Options{})
		require.ErrorIs(t, got.err, errSilent)
	})
}

func TestVanishedObjectIsAFinding(t *testing.T) {
	t.Parallel()
	b := newBucket()
	b.put(t, segment("info", day, "w", 1, 0), stored(1, day, event.Error, "info", "w", 1))
	b.cut = func(string, int) (int, error) { return 0, objstore.ErrNotFound }
	got := b.read(t, Query{}, Options{})
	require.NoError(t, got.err)
	assert.Len(t, got.findings, 1)
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	b := newBucket()
	size := int64(0)
	for d := range 3 {
		at := day.AddDate(0, 0, d)
		line := stored(1, at, event.Error, "info", "w", 1)
		size = int64(len(line) - 1)
		b.put(t, segment("info", at, "w", 1, 0), line)
	}
	got := b.read(t, Query{}, Options{MaxHeld: size})
	require.NoError(t, got.err, "the bound is for one day")
	assert.Equal(t, 3, got.Events)
	b.put(t, segment("info", day, "w", 2, 0), stored(2, day, event.Error, "info", "w", 2))
	got = b.read(t, Query{}, Options{MaxHeld: size})
	require.ErrorIs(t, got.err, ErrTooLarge)
	got = b.read(t, Query{Sessions: []string{"s2"}}, Options{MaxHeld: size})
	require.NoError(t, got.err, "and for what is wanted")
}

func TestErrorOfEmitEndsReading(t *testing.T) {
	t.Parallel()
	b := newBucket()
	b.put(t, segment("info", day, "w", 1, 0), stored(1, day, event.Error, "info", "w", 1)+stored(2, day, event.Error, "info", "w", 2))
	full := errors.New("disk full")
	stats, err := Read(t.Context(), b, Query{}, Options{}, func([]byte) error { return full })
	assert.Equal(t, full, err)
	assert.Equal(t, 1, stats.Events)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	b := newBucket()
	b.put(t, segment("info", day, "w", 1, 0), stored(1, day, event.Error, "info", "w", 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Read(ctx, b, Query{}, Options{}, func([]byte) error { return nil })
	assert.ErrorIs(t, err, context.Canceled)
}

func BenchmarkRead(bench *testing.B) {
	b := newBucket()
	var lines bytes.Buffer
	const n = 10_000
	for i := range n {
		lines.WriteString(stored(i, day.Add(time.Duration(i)*time.Second), event.ToolCall, "info", "w", uint64(i)))
	}
	b.put(bench, segment("info", day, "w", 1, layout.Zstd), lines.String())
	bench.SetBytes(int64(lines.Len()))
	bench.ReportAllocs()
	for bench.Loop() {
		stats, err := Read(bench.Context(), b, Query{}, Options{}, func([]byte) error { return nil })
		if err != nil || stats.Events < n/2 {
			bench.Fatal(stats, err)
		}
	}
	bench.ReportMetric(float64(bench.Elapsed().Nanoseconds())/float64(bench.N*n), "ns/event")
}
