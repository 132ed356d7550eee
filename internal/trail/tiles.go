package trail

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/agentaudit/agentaudit/internal/merkle"
)

// tiles is a tree as C2SP tlog-tiles cuts it, of which only the tiles at the right edge are held: all that is needed to
// grow it and to know its root.
type tiles struct {
	Size uint64
	// Edge is the content of the unfinished tile of each level: the roots of perfect subtrees of 256^level leaves, 32
	// bytes each.
	Edge [][]byte
}

// fullTile is a tile that a leaf has finished.
type fullTile struct {
	level int
	n     uint64
	data  []byte
}

func (t *tiles) clone() *tiles {
	c := &tiles{Size: t.Size, Edge: slices.Clone(t.Edge)}
	for i := range c.Edge {
		c.Edge[i] = slices.Clone(c.Edge[i])
	}
	return c
}

// add adds a leaf and returns the tiles that it finishes.
func (t *tiles) add(leaf merkle.Hash) (full []fullTile) {
	t.Size++
	for level, n := 0, t.Size; ; level++ {
		if level == len(t.Edge) {
			t.Edge = append(t.Edge, nil)
		}
		t.Edge[level] = append(t.Edge[level], leaf[:]...)
		if len(t.Edge[level]) < tileWidth*sha256.Size {
			return full
		}
		n /= tileWidth
		full = append(full, fullTile{level, n - 1, t.Edge[level]})
		leaf = merkle.Root(hashes(t.Edge[level]))
		t.Edge[level] = nil
	}
}

// root returns the root of the tree.
func (t *tiles) root() merkle.Hash {
	var peaks []merkle.Hash
	for _, data := range slices.Backward(t.Edge) {
		var tree merkle.Tree
		for _, h := range hashes(data) {
			tree.Add(h)
		}
		peaks = append(peaks, tree.Peaks()...)
	}
	return merkle.Join(peaks)
}

// known returns the root of subtree n of a level if it is at the edge.
func (t *tiles) known(level int, n uint64) (h merkle.Hash, ok bool) {
	if level >= len(t.Edge) {
		return h, false
	}
	size := t.Size
	for range level {
		size /= tileWidth
	}
	first := size / tileWidth * tileWidth
	if n < first || n >= size {
		return h, false
	}
	return merkle.Hash(t.Edge[level][(n-first)*sha256.Size:]), true
}

// valid refuses a tree whose edge isn't of its size.
func (t *tiles) valid() bool {
	size := t.Size
	for _, data := range t.Edge {
		if uint64(len(data)) != size%tileWidth*sha256.Size {
			return false
		}
		size /= tileWidth
	}
	return size == 0
}

// hashes cuts a tile's content.
func hashes(data []byte) []merkle.Hash {
	out := make([]merkle.Hash, 0, len(data)/sha256.Size)
	for chunk := range slices.Chunk(data, sha256.Size) {
		out = append(out, merkle.Hash(chunk))
	}
	return out
}

// appendEntry appends an entry to a bundle.
func appendEntry(bundle, entry []byte) []byte {
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry))) //nolint:gosec // maxEntry is below
	return append(bundle, entry...)
}

// ParseBundle cuts an entry bundle.
func ParseBundle(bundle []byte) (entries [][]byte, ok bool) {
	for len(bundle) > 0 {
		if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
			return nil, false
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		entries = append(entries, bundle[2:end])
		bundle = bundle[end:]
	}
	return entries, true
}
