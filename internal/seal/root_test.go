package seal

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/merkle"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// The root of every object is that over the lines which it holds.
func TestRootIsOverTheLines(t *testing.T) {
	for seed := range 10 {
		d := anySegment.Example(seed)
		for _, c := range allKinds {
			b := newBucket(t)
			objects, err := sealer(t, c, objstore.LockOff).Seal(t.Context(), segmentOf(3, d.lines...), b)
			require.NoError(t, err)
			for _, o := range objects {
				var leaves []merkle.Hash
				for l := range strings.SplitSeq(strings.TrimSuffix(b.text(o.Key), "\n"), "\n") {
					leaves = append(leaves, merkle.Leaf([]byte(l)))
				}
				require.Len(t, leaves, o.Lines)
				require.Equal(t, merkle.Root(leaves), o.Root, o.Key)
			}
		}
	}
	b := occupied{content: packOtherwise(t, layout.Gzip, "a line\n")}
	objects, err := sealer(t, layout.Gzip, objstore.LockOff).Seal(t.Context(), segmentOf(1, "a line\n"), b)
	require.NoError(t, err)
	assert.Equal(t, merkle.Root([]merkle.Hash{merkle.Leaf([]byte("a line"))}), objects[0].Root, "packed by another version")
}
