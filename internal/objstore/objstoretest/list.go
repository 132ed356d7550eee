package objstoretest

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Keys returns what a listing yields.
func Keys(t testing.TB, s objstore.Store, prefix, after string) []string {
	t.Helper()
	keys := []string{}
	for info, err := range s.List(t.Context(), prefix, after) {
		require.NoError(t, err)
		keys = append(keys, info.Key)
	}
	return keys
}

// listKeys returns keys with the traps of order ("-" and "." sort before "/", digits and letters after it), and some
// that writers make.
func listKeys() []string {
	keys := []string{"a-b/x", "a.b", "a/b", "a/b-c", "a/b.c/d", "a/bb", "a0", "ab/c/d/e", "b/1", "b/10", "b/2", "z", "é/ü"}
	day := layout.Date{Year: 2026, Month: 11, Day: 20}
	for seal := range uint64(2) {
		for _, tier := range []string{"critical", "info"} {
			for _, date := range []layout.Date{day, day.AddDays(1)} {
				keys = append(keys, layout.Segment{Tier: tier, Date: date, Writer: "w-1", Seal: seal, Compression: layout.Zstd}.Key())
			}
		}
	}
	slices.Sort(keys)
	return keys
}

func testList(t *testing.T, s objstore.Store) {
	assert.Empty(t, Keys(t, s, "", ""))
	keys := listKeys()
	for _, key := range slices.Backward(keys) {
		put(t, s, key, key)
	}

	segment := slices.IndexFunc(keys, func(key string) bool { return strings.HasPrefix(key, layout.EventsRoot) })
	partition := path.Dir(keys[segment])
	prefixes := []string{"", "a", "a/", "a/b", "a/b.c", "a/b.c/", "a-", "b/1", layout.EventsRoot, partition, partition + "/", path.Dir(partition), "nothing", "zz", "é"}
	afters := []string{"", "a", "a.b", "a/", "a/b", "a/b.c", "a/b.c/d", "a/b/", "aa", "b/1", layout.EventsRoot, partition, keys[segment], keys[segment+1] + "-", "y", "z", "zzz", "é/ü"}
	for _, prefix := range prefixes {
		for _, after := range afters {
			want := []string{}
			for _, key := range keys {
				if strings.HasPrefix(key, prefix) && key > after {
					want = append(want, key)
				}
			}
			require.Equal(t, want, Keys(t, s, prefix, after), "prefix %q after %q", prefix, after)
		}
	}
	for info, err := range s.List(t.Context(), "", "") {
		require.NoError(t, err)
		assert.EqualValues(t, len(info.Key), info.Size, info.Key)
		assert.False(t, info.Modified.IsZero())
	}
}

func testListStops(t *testing.T, s objstore.Store) {
	for _, key := range []string{"a/1", "a/2", "b/1", "c"} {
		put(t, s, key, "x")
	}
	for stop := 1; stop <= 4; stop++ {
		n := 0
		for _, err := range s.List(t.Context(), "", "") {
			require.NoError(t, err)
			if n++; n == stop {
				break
			}
		}
		assert.Equal(t, stop, n)
	}
}

// testOddKeys puts keys that URLs, shells and XML would like to have escaped.
func testOddKeys(t *testing.T, s objstore.Store) {
	keys := []string{
		"space in/the name", "plus+plus", "per%20cent", "per%2Fcent", "a=b&c=d", "quo'te\"s", "<xml>&amp;", "que?stion", "ha#sh",
		"semi;colon,comma", "star*[x]{y}", "~tilde", "$dollar", "@at:colon", "-dash", "trail.ing.", "ünïcödé/日本", "e\u0301", "\u00e9",
		strings.Repeat("s", 255) + "/" + strings.Repeat("t", 255),
	}
	slices.Sort(keys)
	for _, key := range keys {
		put(t, s, key, key)
	}
	for _, key := range keys {
		require.Equal(t, key, string(Read(t, s, key)))
	}
	require.Equal(t, keys, Keys(t, s, "", ""))
	for i, key := range keys {
		require.Equal(t, keys[i+1:], Keys(t, s, "", key), "after %q", key)
	}
}
