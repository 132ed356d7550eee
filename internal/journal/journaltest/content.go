package journaltest

import (
	"bytes"
	"slices"
)

// content is the bytes of a file. Those from len(data) to size are zeros, so that room which somebody reserves costs nothing.
type content struct {
	data []byte
	size int
}

func (c *content) clone() content { return content{bytes.Clone(c.data), c.size} }

// resize cuts, or appends zeros.
func (c *content) resize(size int) {
	c.data, c.size = c.data[:min(size, len(c.data))], size
}

func (c *content) readAt(p []byte, off int) int {
	n := max(0, min(len(p), c.size-off))
	m := 0
	if off < len(c.data) {
		m = copy(p[:n], c.data[off:])
	}
	clear(p[m:n])
	return n
}

func (c *content) writeAt(p []byte, off int) {
	c.size = max(c.size, off+len(p))
	if off < len(c.data) || !zeros(p) {
		c.reach(off + len(p))
		copy(c.data[off:], p)
	}
}

// take copies a range of another content, as far as this one reaches.
func (c *content) take(from content, s span) {
	to := min(s.to, c.size, from.size)
	if s.from >= to {
		return
	}
	if end := min(to, len(from.data)); s.from < end {
		c.reach(end)
		copy(c.data[s.from:end], from.data[s.from:])
	}
	if end := min(to, len(c.data)); max(s.from, len(from.data)) < end {
		clear(c.data[max(s.from, len(from.data)):end])
	}
}

// reach makes data that long at least.
func (c *content) reach(size int) {
	if n := len(c.data); size > n {
		c.data = slices.Grow(c.data, size-n)[:size]
		clear(c.data[n:])
	}
}

var zeroBlock [4096]byte

func zeros(p []byte) bool {
	for len(p) > len(zeroBlock) {
		if !bytes.Equal(p[:len(zeroBlock)], zeroBlock[:]) {
			return false
		}
		p = p[len(zeroBlock):]
	}
	return bytes.Equal(p, zeroBlock[:len(p)])
}
