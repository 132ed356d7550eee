// Package unpack reads what an object holds: it undoes the compression that the object's key tells, in bounded memory, whoever packed
// it. Whoever reads many objects keeps decoders of his own instead, as package verify does.
package unpack

import (
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// Window is the memory that a zstd frame of ours may ask a reader for, in bytes. What somebody else packed may ask for more.
const Window = 8 << 20

// Reader returns a reader of the lines in r. window bounds the memory that a zstd frame gets, in bytes. Closing it doesn't close r. What
// is wrong with the object shows here or while it is read; the errors of r pass as they are.
func Reader(r io.Reader, c layout.Compression, window uint64) (io.ReadCloser, error) {
	switch c {
	case layout.Gzip:
		return gzip.NewReader(r)
	case layout.Zstd:
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	default:
		return io.NopCloser(r), nil
	}
}
