package layout

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var day = Date{2026, time.November, 21}

func TestKeys(t *testing.T) {
	tests := []struct{ got, want string }{
		{Segment{"info", day, "eu-1.a_b", 7, Zstd}.Key(), "events/tier=info/date=2026-11-21/eu-1.a_b-0000000007.jsonl.zst"},
		{Segment{"debug", day, "w", 0, None}.Key(), "events/tier=debug/date=2026-11-21/w-0000000000.jsonl"},
		{Segment{"critical", day, "w", math.MaxUint64, Gzip}.Key(), "events/tier=critical/date=2026-11-21/w-18446744073709551615.jsonl.gz"},
		{Day{"compliance", day, "w-1", Zstd}.Key(), "days/tier=compliance/date=2026-11-21/w-1.jsonl.zst"},
		{Day{"info", day, "a.jsonl", None}.Key(), "days/tier=info/date=2026-11-21/a.jsonl.jsonl"},
		{Trail{"w", "tile/0/x001/234.p/5"}.Key(), "trail/w/tile/0/x001/234.p/5"},
		{SegmentPrefix("info", day), "events/tier=info/date=2026-11-21/"},
		{DayPrefix("info", day), "days/tier=info/date=2026-11-21/"},
		{TrailPrefix("w"), "trail/w/"},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, tt.got)
	}
}

func TestParseRefuses(t *testing.T) {
	const seg, dayRoot = "events/tier=info/date=2026-11-21/", "days/tier=info/date=2026-11-21/"
	refused := []string{
		"", "/", "events", "events/", "days/", "trail/", "trail/w", "trail/w/", "trail//x",
		seg, seg + "w.jsonl", seg + "w-7.jsonl", seg + "w-000000007.jsonl", seg + "w-00000000007.jsonl", // padding
		seg + "w-+000000007.jsonl", seg + "w-0x00000007.jsonl", seg + "w-0_00000007.jsonl",
		seg + "w-18446744073709551616.jsonl", seg + "w-0000000007", seg + "w-0000000007.jsonl.bz2",
		seg + "w-0000000007.jsonl.ZST", seg + "w-0000000007.jsonl.zst.gz", seg + "w-0000000007.jsonl ",
		seg + "-0000000007.jsonl", seg + "--0000000007.jsonl", seg + ".w-0000000007.jsonl", seg + "-w-0000000007.jsonl",
		seg + "a/b-0000000007.jsonl", seg + "../w-0000000007.jsonl", seg + "w\x00-0000000007.jsonl", seg + "é-0000000007.jsonl",
		seg + strings.Repeat("w", 129) + "-0000000007.jsonl",
		"/" + seg + "w-0000000007.jsonl", "./" + seg + "w-0000000007.jsonl", "EVENTS/tier=info/date=2026-11-21/w-0000000007.jsonl",
		"events//tier=info/date=2026-11-21/w-0000000007.jsonl",
		"events/tier=/date=2026-11-21/w-0000000007.jsonl", "events/tier=Info/date=2026-11-21/w-0000000007.jsonl",
		"events/tier=../date=2026-11-21/w-0000000007.jsonl", "events/tier=i1/date=2026-11-21/w-0000000007.jsonl",
		"events/tier=info/date=2026-02-30/w-0000000007.jsonl", "events/tier=info/date=2026-2-03/w-0000000007.jsonl",
		"events/tier=info/date=0000-01-01/w-0000000007.jsonl", "events/tier=info/date=12026-01-01/w-0000000007.jsonl",
		"events/tier=info/date=/w-0000000007.jsonl", "events/tier=info/2026-11-21/w-0000000007.jsonl",
		dayRoot, dayRoot + ".jsonl", dayRoot + "w", dayRoot + "w.jsonl/", dayRoot + "x/w.jsonl", dayRoot + "..jsonl", dayRoot + "-w.jsonl",
		"days/tier=info/date=2025-02-29/w.jsonl",
		"trail/w/..", "trail/w/a//b", "trail/w/a/../b", "trail/w/a/", "trail/w/.hidden", "trail/../x", "trail/w/a b",
	}
	for _, key := range refused {
		_, err := ParseSegment(key)
		require.ErrorIs(t, err, ErrKey, "segment %q", key)
		_, err = ParseDay(key)
		require.ErrorIs(t, err, ErrKey, "day %q", key)
		_, err = ParseTrail(key)
		require.ErrorIs(t, err, ErrKey, "trail %q", key)
	}
}

func TestValidateRefuses(t *testing.T) {
	bad := []Segment{
		{"", day, "w", 1, Zstd}, {"i/n", day, "w", 1, Zstd}, {"info", Date{}, "w", 1, Zstd},
		{"info", Date{2026, 2, 30}, "w", 1, Zstd}, {"info", Date{10000, 1, 1}, "w", 1, Zstd},
		{"info", day, "", 1, Zstd}, {"info", day, "../x", 1, Zstd}, {"info", day, "w", 1, Compression(9)},
	}
	for _, s := range bad {
		assert.ErrorIs(t, s.Validate(), ErrKey, "%+v", s)
		assert.ErrorIs(t, Day{s.Tier, s.Date, s.Writer, s.Compression}.Validate(), ErrKey, "%+v", s)
	}
}

func TestCompressionNames(t *testing.T) {
	for _, c := range []Compression{None, Gzip, Zstd} {
		got, err := ParseCompression(c.String())
		require.NoError(t, err)
		assert.Equal(t, c, got)
		assert.NotEmpty(t, c.MediaType())
	}
	for _, s := range []string{"", "ZSTD", "lz4", "compression(3)"} {
		_, err := ParseCompression(s)
		assert.Error(t, err, s)
	}
	assert.Empty(t, Compression(3).Extension())
}

func TestDate(t *testing.T) {
	tokyo := time.FixedZone("Tokyo", 9*3600)
	assert.Equal(t, day, DateOf(time.Date(2026, 11, 22, 8, 59, 59, 0, tokyo)), "a date is the UTC day")
	assert.Equal(t, "2026-12-01", day.AddDays(10).String())
	assert.Equal(t, -1, day.Compare(day.AddDays(1)))
	assert.False(t, Date{}.Valid())
}

func segments() *rapid.Generator[Segment] {
	return rapid.Custom(func(t *rapid.T) Segment {
		return Segment{
			Tier:        rapid.StringMatching(`[a-z]{1,32}`).Draw(t, "tier"),
			Date:        DateOf(time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "unix"), 0)),
			Writer:      rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9._-]{0,20}(-[0-9]{10})?(\.jsonl(\.zst|\.gz)?)?`).Draw(t, "writer"),
			Seal:        rapid.Uint64().Draw(t, "seal"),
			Compression: rapid.SampledFrom([]Compression{None, Gzip, Zstd}).Draw(t, "compression"),
		}
	})
}

func TestParseInvertsKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := segments().Draw(t, "segment")
		require.NoError(t, s.Validate())
		got, err := ParseSegment(s.Key())
		require.NoError(t, err)
		require.Equal(t, s, got)

		d := Day{s.Tier, s.Date, s.Writer, s.Compression}
		require.NoError(t, d.Validate())
		back, err := ParseDay(d.Key())
		require.NoError(t, err)
		require.Equal(t, d, back)
	})
}

// Keys of one writer, tier and day sort by seal, so that a listing is the order of sealing.
func TestKeysSortBySeal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := segments().Draw(t, "segment")
		a, b := s, s
		a.Seal = rapid.Uint64Range(0, 1e10-2).Draw(t, "a")
		b.Seal = rapid.Uint64Range(a.Seal+1, 1e10-1).Draw(t, "b")
		require.Less(t, a.Key(), b.Key())
	})
}

// Whatever parses builds the very same key again, and no key belongs to two families.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"events/tier=info/date=2026-11-21/eu-1-0000000007.jsonl.zst", "days/tier=info/date=2026-11-21/w.jsonl.gz", "trail/w/tile/0/x001/234",
		"events/tier=info/date=2026-11-21/w-7.jsonl", "days/tier=info/date=2026-11-21/../w.jsonl", "trail/w/../../x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		families := 0
		if s, err := ParseSegment(key); err == nil {
			families++
			require.NoError(t, s.Validate())
			require.Equal(t, key, s.Key())
		}
		if d, err := ParseDay(key); err == nil {
			families++
			require.NoError(t, d.Validate())
			require.Equal(t, key, d.Key())
		}
		if tr, err := ParseTrail(key); err == nil {
			families++
			require.NoError(t, tr.Validate())
			require.Equal(t, key, tr.Key())
		}
		require.LessOrEqual(t, families, 1)
		if families == 1 {
			require.NotContains(t, key, "//")
			require.NotContains(t, key, "/.")
		}
	})
}
