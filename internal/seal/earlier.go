package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/unpack"
)

// A process that was upgraded or given another configuration may find a segment that its predecessor sealed and, by a
// crash, did not remove. The same lines then have other bytes, or other names. This file recognises them.

// earlierCompression returns the compression with which an earlier process began to put the segment's objects. The first
// one was there before any other, so it tells.
func (w *work) earlierCompression(ctx context.Context, first *part) (layout.Compression, error) {
	for _, c := range []layout.Compression{layout.Zstd, layout.Gzip, layout.None} {
		if c == w.opts.Compression {
			continue
		}
		_, err := w.bucket.Stat(ctx, w.name(first, c).Key())
		switch {
		case err == nil:
			return c, nil
		case errors.Is(err, objstore.ErrNotFound), errors.Is(err, objstore.ErrDenied): // denied: see objstore.S3
		default:
			return 0, fmt.Errorf("couldn't look for earlier objects: %w", err)
		}
	}
	return w.opts.Compression, nil
}

// settle decides about an object that exists with other bytes. If they are the same lines, packed by another version
// of the compressor, the object is as good as ours. Otherwise the conflict stands.
func (w *work) settle(ctx context.Context, object *Object, p *part, conflict error) error {
	r, err := w.bucket.Get(ctx, object.Key)
	if err != nil {
		return fmt.Errorf("couldn't compare with the existing object: %w", err)
	}
	defer func() { _ = r.Close() }() // read only
	stored := &meter{r: r, sum: sha256.New()}
	lines, err := unpack.Reader(stored, w.compression, unpack.Window)
	if err != nil {
		return conflict
	}
	defer func() { _ = lines.Close() }() // it was only read
	if err := w.copyLines(&comparer{want: lines}, p); err != nil {
		return keep(conflict, err, stored)
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(lines, 1)); n != 0 || err != nil {
		return keep(conflict, err, stored)
	}
	if _, err := io.Copy(io.Discard, stored); err != nil { // what a decoder had no need to read
		return fmt.Errorf("couldn't compare with the existing object: %w", err)
	}
	object.Existed, object.Stored = true, stored.size
	stored.sum.Sum(object.SHA256[:0])
	return nil
}

// keep returns the conflict, unless the object could not be read to its end: then nothing is proven.
func keep(conflict, err error, stored *meter) error {
	if stored.err != nil {
		return fmt.Errorf("couldn't compare with the existing object: %w", err)
	}
	return conflict
}

var errDiffers = errors.New("other content")

// comparer fails as soon as what is written to it is not what it reads.
type comparer struct {
	want io.Reader
	buf  []byte
}

func (c *comparer) Write(b []byte) (int, error) {
	if cap(c.buf) < len(b) {
		c.buf = make([]byte, len(b))
	}
	c.buf = c.buf[:len(b)]
	if _, err := io.ReadFull(c.want, c.buf); err != nil {
		return 0, err
	}
	if !bytes.Equal(b, c.buf) {
		return 0, errDiffers
	}
	return len(b), nil
}
