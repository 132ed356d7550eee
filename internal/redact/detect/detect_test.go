package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newSet(t testing.TB) *Set {
	t.Helper()
	s, err := New(nil, nil)
	require.NoError(t, err)
	return s
}

func find(s *Set, text string) []Finding { return s.Find(&Scratch{}, nil, text, Hint{}) }

// covered says whether the findings cover text[start:end] but for slack bytes.
func covered(found []Finding, start, end int) bool {
	for _, f := range found {
		for ; start < end && start >= f.Start && start < f.End; start++ {
		}
	}
	return start == end
}

func show(found []Finding, text string) string {
	var out []string
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s %q", f.Rule.ID, text[f.Start:f.End]))
	}
	return strings.Join(out, "; ")
}

// secretOf is the part of an example that must go: all of it, or what the row's check leaves.
func TestEachFormatFindsItsExamples(t *testing.T) {
	s := newSet(t)
	rng := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	for _, d := range s.detectors {
		missed := 0
		var example string
		for range 60 {
			e := d.context + d.random(rng)
			if found := find(s, "a "+e+" b"); len(found) == 0 {
				missed++
				example = e
			}
		}
		assert.LessOrEqual(t, missed, 3, "%s (%.60s): %q", d.id, d.anchors, example)
	}
}

func TestTableIsWide(t *testing.T) {
	ids := map[string]bool{}
	for _, row := range table() {
		if row.group != Personal {
			ids[row.id] = true
		}
		assert.NotEmpty(t, row.source, row.id)
	}
	assert.GreaterOrEqual(t, len(ids), 120)
}
