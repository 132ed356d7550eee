package detect

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What was learnt at other anchors changes nothing at the next: each detector finds with it what it finds without.
func TestMemoChangesNothing(t *testing.T) {
	s := newSet(t)
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	var known memo
	var m match
	for range 300 {
		text := crowded(s, rng)
		known.begin(s.runs)
		for _, h := range s.anchors.Append(nil, text) {
			for _, l := range s.anchored[h.Literal].of {
				if !l.fits(text, int(h.End)) {
					continue
				}
				var fresh memo
				fresh.begin(s.runs)
				start, end, ok := l.of.find(&known, &m, text, l.text, int(h.End))
				start2, end2, ok2 := l.of.find(&fresh, &m, text, l.text, int(h.End))
				require.Equal(t, ok2, ok, "%s at %d in %q (seed %d)", l.of.id, h.End, text, seed)
				if ok {
					require.Equal(t, [2]int{start2, end2}, [2]int{start, end}, "%s at %d in %q (seed %d)", l.of.id, h.End, text, seed)
				}
			}
		}
	}
}

// crowded is a text of anchors, examples and pieces of them, with little or nothing between them.
func crowded(s *Set, rng *rand.Rand) string {
	var b strings.Builder
	for b.Len() < 1200 {
		d := s.detectors[rng.IntN(len(s.detectors))]
		switch piece := d.random(rng); rng.IntN(4) {
		case 0:
			b.WriteString(piece)
		case 1:
			b.WriteString(piece[:rng.IntN(len(piece)+1)])
		case 2:
			b.WriteString(d.list[rng.IntN(len(d.list))])
		default:
			b.WriteString(strings.Repeat(s.all[rng.IntN(len(s.all))].text, 1+rng.IntN(20)))
		}
		b.WriteString(pick(rng, "", "", "", " ", "=", "-", "_", ".", "\n", ": ", "ña"))
	}
	return b.String()
}
