package merkle

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// naive is the definition of RFC 6962, section 2.1, word for word.
func naive(leaves [][]byte) Hash {
	switch len(leaves) {
	case 0:
		return Root(nil)
	case 1:
		return Leaf(leaves[0])
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	return Node(naive(leaves[:k]), naive(leaves[k:]))
}

func TestTreeIsTheOneOfTheRFC(t *testing.T) {
	var tree Tree
	var leaves [][]byte
	for i := range 300 {
		require.Equal(t, naive(leaves), tree.Root(), "size %d", i)
		leaves = append(leaves, fmt.Append(nil, "leaf ", i))
		tree.Add(Leaf(leaves[i]))
		require.EqualValues(t, i+1, tree.Size())
	}
	assert.Equal(t, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", fmt.Sprintf("%x", Root(nil)))
	assert.Equal(t, Hash(tlog.RecordHash([]byte("abc"))), Leaf([]byte("abc")))
	assert.Equal(t, Hash(tlog.NodeHash(tlog.Hash{1}, tlog.Hash{2})), Node(Hash{1}, Hash{2}))
}

// However a text is cut into writes, its lines are the leaves.
func TestLinesInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.StringMatching(`[a-c]{0,5}`)).Draw(t, "lines")
		text := strings.Join(lines, "\n")
		if len(lines) > 0 {
			text += "\n"
		}
		var leaves [][]byte
		for _, line := range lines {
			leaves = append(leaves, []byte(line))
		}
		l := NewLines()
		_, _ = l.Write([]byte("rubbish of another object"))
		l.Reset()
		for rest := []byte(text); len(rest) > 0; {
			n := rapid.IntRange(0, len(rest)).Draw(t, "cut")
			written, err := l.Write(rest[:n])
			require.NoError(t, err)
			require.Equal(t, n, written)
			rest = rest[n:]
		}
		require.Equal(t, naive(leaves), l.Root())
		require.EqualValues(t, len(lines), l.Count())
	})
}

func TestLastLineNeedsNoNewline(t *testing.T) {
	a, b := NewLines(), NewLines()
	_, _ = a.Write([]byte("x\ny"))
	_, _ = b.Write([]byte("x\ny\n"))
	assert.Equal(t, b.Root(), a.Root())
}

func BenchmarkLines(b *testing.B) {
	text := bytes.Repeat([]byte(strings.Repeat("x", 700)+"\n"), 1000)
	l := NewLines()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		l.Reset()
		_, _ = l.Write(text)
		_ = l.Root()
	}
}
