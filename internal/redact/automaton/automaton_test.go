package automaton

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// naive is what the automaton must find, the slow way.
func naive(literals []string, text string) []Hit {
	var hits []Hit
	low := asciiLower(text)
	for id, l := range literals {
		l = asciiLower(l)
		for i := 0; l != "" && i+len(l) <= len(low); i++ {
			if low[i:i+len(l)] == l {
				hits = append(hits, Hit{Literal: int32(id), End: int32(i + len(l))})
			}
		}
	}
	return hits
}

func asciiLower(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] = lower(b[i])
	}
	return string(b)
}

func sorted(hits []Hit) []Hit {
	slices.SortFunc(hits, func(x, y Hit) int {
		if x.End != y.End {
			return int(x.End - y.End)
		}
		return int(x.Literal - y.Literal)
	})
	return hits
}

func requireSame(t require.TestingT, literals []string, text string) {
	m := New(literals)
	want := sorted(naive(literals, text))
	got := m.Append(nil, text)
	require.True(t, slices.IsSortedFunc(got, func(x, y Hit) int { return int(x.End - y.End) }))
	got = sorted(got)
	require.Equal(t, len(want), len(got), "%q in %q", literals, text)
	for i := range want {
		require.Equal(t, want[i], got[i], "%q in %q", literals, text)
	}
	require.Equal(t, len(want) > 0, m.Contains(text))
}

func TestAgreesWithNaiveMatcher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few letters, so that literals overlap and nest; long texts, so that lanes meet.
		literals := rapid.SliceOfN(rapid.StringMatching(`[abAB_\-.]{1,6}`), 0, 12).Draw(t, "literals")
		text := rapid.StringMatching(`[abcABC_\-.]{0,40}`).Draw(t, "text")
		text = strings.Repeat(text, rapid.IntRange(1, 40).Draw(t, "times"))
		requireSame(t, literals, text)
	})
}

func FuzzAgreesWithNaiveMatcher(f *testing.F) {
	f.Add("he,she,his,hers", "ushers and SHE")
	f.Add("a,aa,aaa", strings.Repeat("a", 600))
	f.Add("\xff,é", "\xffé")
	f.Fuzz(func(t *testing.T, list, text string) {
		if len(list) > 200 || len(text) > 4096 {
			return
		}
		requireSame(t, strings.Split(list, ","), text)
	})
}

func TestWithoutLiterals(t *testing.T) {
	require.Empty(t, New(nil).Append(nil, strings.Repeat("anything", 200)))
	require.False(t, New(nil).Contains("anything"))
}

func BenchmarkAppend(b *testing.B) {
	literals := []string{"ghp_", "akia", "-----begin ", "://", "bearer ", "xoxb-", "password", "token", "secret", "api_key"}
	m := New(literals)
	text := strings.Repeat("The quick brown fox jumps over the lazy dog, 42 times a day. ", 50)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var hits []Hit
	for b.Loop() {
		hits = m.Append(hits[:0], text)
	}
}
