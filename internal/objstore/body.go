package objstore

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
)

// Body is the content of an object to be. It can be read again from the start, which a retry needs, and is streamed.
//
// The bytes behind Reader must never change: an HTTP client may still be reading them for a moment after Put gave up.
type Body struct {
	Reader io.ReaderAt
	Size   int64
	SHA256 [32]byte
}

// BytesBody returns a Body of b, which must not be changed any more.
func BytesBody(b []byte) Body {
	return Body{Reader: bytes.NewReader(b), Size: int64(len(b)), SHA256: sha256.Sum256(b)}
}

// HashBody returns a Body of the first size bytes of r, which it reads once to hash them.
func HashBody(r io.ReaderAt, size int64) (Body, error) {
	b := Body{Reader: r, Size: size}
	h := sha256.New()
	n, err := io.Copy(h, b.open())
	if err != nil {
		return Body{}, fmt.Errorf("couldn't hash the body: %w", err)
	}
	if n != size {
		return Body{}, fmt.Errorf("couldn't hash the body: %w", io.ErrUnexpectedEOF)
	}
	h.Sum(b.SHA256[:0])
	return b, nil
}

// open returns a new reader from the start.
func (b Body) open() *io.SectionReader { return io.NewSectionReader(b.Reader, 0, b.Size) }
