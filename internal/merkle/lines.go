package merkle

import (
	"bytes"
	"crypto/sha256"
	"hash"
)

// Lines is the tree whose leaves are the lines written to it, without their newlines. Lines may be written in any
// pieces. It never fails and is not safe for concurrent use.
type Lines struct {
	tree Tree
	hash hash.Hash
	sum  Hash // a place for its result that is allocated once
	open bool // a line has begun
}

// NewLines returns an empty tree.
func NewLines() *Lines { return &Lines{hash: sha256.New()} }

// Reset makes it empty.
func (l *Lines) Reset() { l.tree.Reset(); l.open = false }

// Write implements io.Writer.
func (l *Lines) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		l.begin()
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			_, _ = l.hash.Write(b)
			break
		}
		_, _ = l.hash.Write(b[:end])
		l.end()
		b = b[end+1:]
	}
	return n, nil
}

func (l *Lines) begin() {
	if !l.open {
		l.hash.Reset()
		_, _ = l.hash.Write(leafMark)
		l.open = true
	}
}

var leafMark = []byte{leafPrefix}

func (l *Lines) end() {
	l.hash.Sum(l.sum[:0])
	l.tree.Add(l.sum)
	l.open = false
}

// Root ends a last line that has no newline, and returns the root.
func (l *Lines) Root() Hash {
	if l.open {
		l.end()
	}
	return l.tree.Root()
}

// Count returns the number of whole lines.
func (l *Lines) Count() uint64 { return l.tree.Size() }
