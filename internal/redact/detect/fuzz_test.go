package detect

import (
	"math/rand/v2"
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
