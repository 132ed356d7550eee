package journal

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestWindow compares the window with the plainest one: a list.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 9).Draw(t, "size")
		w := newWindow(size)
		var all []key // every line that is or was remembered; the newest size of them count
		unsettled := 0
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				k := key{sum: rapid.Uint64Range(0, 2).Draw(t, "sum")}
				k.id[0] = rapid.ByteRange(0, 11).Draw(t, "id")
				var duplicate, known bool
				for _, old := range all[max(0, len(all)-size):] {
					duplicate = duplicate || old == k
					known = known || old.id == k.id
				}
				gotDuplicate, gotConflict := w.look(k.id, k.sum)
				require.Equal(t, duplicate, gotDuplicate)
				require.Equal(t, known && !duplicate, gotConflict)
				if !duplicate {
					w.add(k)
					all = append(all, k)
					unsettled++
				}
			},
			"undo": func(t *rapid.T) {
				n := rapid.IntRange(0, unsettled).Draw(t, "n")
				w.undo(n)
				all = all[:len(all)-n]
				unsettled -= n
			},
			"settle": func(t *rapid.T) {
				n := rapid.IntRange(0, unsettled).Draw(t, "n")
				w.settle(n)
				unsettled -= n
			},
			"": func(t *rapid.T) {
				filled := 0
				for _, c := range w.table.cells {
					if c.slot != 0 {
						filled++
					}
				}
				remembered := 0
				for _, used := range w.used {
					if used {
						remembered++
					}
				}
				require.Equal(t, remembered, filled, "the table holds what the ring holds, and nothing else")
			},
		})
	})
}
