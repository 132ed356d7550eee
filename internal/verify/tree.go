package verify

import (
	"crypto/sha256"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is the right edge of an RFC 6962 tree: enough to grow it and to know its root.
type tree struct {
	size int64
	edge []tlog.Hash // roots of the perfect subtrees, largest first
}

func (t *tree) add(leaf tlog.Hash) {
	for range bits.TrailingZeros64(^uint64(t.size)) { // each one is a subtree that this leaf completes
		leaf = tlog.NodeHash(t.edge[len(t.edge)-1], leaf)
		t.edge = t.edge[:len(t.edge)-1]
	}
	t.edge = append(t.edge, leaf)
	t.size++
}

func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	h := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.edge[i], h)
	}
	return h
}

func (t *tree) reset() { t.size, t.edge = 0, t.edge[:0] }
