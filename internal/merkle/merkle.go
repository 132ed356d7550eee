// Package merkle is the hash tree of RFC 6962, section 2.1: the data of leaf i in, the root of the first n leaves out,
// in one pass and memory that grows with the logarithm.
package merkle

import (
	"crypto/sha256"
	"math/bits"
	"slices"
)

// Hash is a SHA-256.
type Hash = [sha256.Size]byte

const (
	leafPrefix = 0
	nodePrefix = 1
)

// Leaf returns the hash of a leaf.
func Leaf(data []byte) (sum Hash) {
	h := sha256.New()
	_, _ = h.Write([]byte{leafPrefix}) // a hash never fails
	_, _ = h.Write(data)
	h.Sum(sum[:0])
	return sum
}

// Node returns the hash of an inner node.
func Node(left, right Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = nodePrefix
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// Tree is a tree that grows. The zero Tree is empty.
type Tree struct {
	size uint64
	edge []Hash // the roots of the perfect subtrees, largest first: one for each bit that is set in size
}

// Add adds a leaf.
func (t *Tree) Add(leaf Hash) {
	// As in binary addition: each one at the end of size is a subtree that this leaf completes to one of twice its size.
	for range bits.TrailingZeros64(^t.size) {
		last := len(t.edge) - 1
		leaf = Node(t.edge[last], leaf)
		t.edge = t.edge[:last]
	}
	t.edge = append(t.edge, leaf)
	t.size++
}

// Size returns the number of leaves.
func (t *Tree) Size() uint64 { return t.size }

// Peaks returns the roots of the perfect subtrees that make up the tree, largest first.
func (t *Tree) Peaks() []Hash { return slices.Clone(t.edge) }

// Root returns the root; that of an empty tree is SHA-256 of nothing.
func (t *Tree) Root() Hash { return Join(t.edge) }

// Join returns the root of the tree with these peaks.
func Join(peaks []Hash) Hash {
	if len(peaks) == 0 {
		return sha256.Sum256(nil)
	}
	last := len(peaks) - 1
	root := peaks[last]
	for i := last - 1; i >= 0; i-- {
		root = Node(peaks[i], root)
	}
	return root
}

// Reset makes the tree empty and keeps its memory.
func (t *Tree) Reset() { t.size, t.edge = 0, t.edge[:0] }

// Root returns the root over leaves.
func Root(leaves []Hash) Hash {
	var t Tree
	for _, leaf := range leaves {
		t.Add(leaf)
	}
	return t.Root()
}
