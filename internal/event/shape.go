package event

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// shape is the set of fields that an event carries as attributes, a bit each by place in the
// table. A processor makes a few dozen shapes, over and over.
type shape [2]uint64

func (s *shape) add(row int) { s[row/64] |= 1 << (row % 64) }

// from returns the first field of the shape that is not before row.
func (s *shape) from(row int) int {
	for word := row / 64; word < len(s); word++ {
		if rest := s[word] >> (row % 64); rest != 0 {
			return row + bits.TrailingZeros64(rest)
		}
		row = (word + 1) * 64
	}
	return row
}

// blanks holds for each shape a map of its attributes without values. Copying one is
// cheaper by a third than to put the attributes one by one: Put looks at all that are there
// already, lest there be two of a key.
var (
	blanks     sync.Map // shape → pcommon.Map
	blankCount atomic.Int32
)

// maxBlanks bounds the memory for shapes: whoever sends telemetry has a hand in them.
const maxBlanks = 1024

// blank returns the attributes of a shape without values.
func blank(s shape) pcommon.Map {
	if m, ok := blanks.Load(s); ok {
		return m.(pcommon.Map)
	}
	m := pcommon.NewMap()
	for row := s.from(0); row < len(bodyFields); row = s.from(row + 1) {
		m.PutEmpty(bodyFields[row].attribute)
	}
	if blankCount.Add(1) <= maxBlanks {
		blanks.Store(s, m)
	}
	return m
}
