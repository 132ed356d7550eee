package detect

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzFind holds for each check at once: findings are in range, in order, without overlap.
func FuzzFind(f *testing.F) {
	s := newSet(f)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, d := range s.detectors {
		f.Add(d.context+d.random(rng), "key")
	}
	for _, text := range hostile(300) {
		f.Add(text, "")
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		var mem Scratch
		for _, hint := range []Hint{{}, {Key: key}, {Key: key, Structural: true}} {
			last := 0
			for _, found := range s.Find(&mem, nil, text, hint) {
				require.GreaterOrEqual(t, found.Start, last)
				require.Greater(t, found.End, found.Start)
				require.LessOrEqual(t, found.End, len(text))
				last = found.End
			}
		}
	})
}

// FuzzChecks puts each row's anchor into whatever text and has the row look at it: no check leaves the text, whatever
// stands around its anchor.
func FuzzChecks(f *testing.F) {
	s := newSet(f)
	rng := rand.New(rand.NewPCG(3, 4))
	all := append(slices.Clone(s.all), s.foreign.of...)
	for i := range all {
		l := &all[i]
		f.Add(uint16(i), "", l.of.right.random(rng))
	}
	f.Fuzz(func(t *testing.T, n uint16, before, after string) {
		l := &all[int(n)%len(all)]
		text := before + l.text + after
		var m match
		var k memo
		k.begin(s.runs)
		start, end, ok := l.of.find(&k, &m, text, l.text, len(before)+len(l.text))
		if !ok {
			return
		}
		require.GreaterOrEqual(t, start, 0, l.of.id)
		require.Less(t, start, end, l.of.id)
		require.LessOrEqual(t, end, len(text), l.of.id)
	})
}
