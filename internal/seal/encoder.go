package seal

import (
	"compress/gzip"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// zstdWindow is how far back a match may lie, in bytes. Events repeat themselves within a conversation, so more
// memory buys next to nothing.
const zstdWindow = 1 << 20

// encoder packs one object. It is reused; Close ends the object, not the encoder.
type encoder interface {
	io.WriteCloser
	Reset(io.Writer)
}

// newEncoder returns the encoder of a compression, at its fastest: on recorded agent runs the next level of zstd saves
// less than a hundredth of the bytes and takes twice the time.
// Its output MUST depend on its input alone: one goroutine,
// fixed settings, no time stamp.
func newEncoder(c layout.Compression) (encoder, error) {
	switch c {
	case layout.Zstd:
		return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindow),
			zstd.WithEncoderLevel(zstd.SpeedFastest))
	case layout.Gzip:
		return gzip.NewWriterLevel(nil, gzip.BestSpeed)
	default:
		return &plain{}, nil
	}
}

// plain packs nothing.
type plain struct{ io.Writer }

func (p *plain) Reset(w io.Writer) { p.Writer = w }
func (p *plain) Close() error      { return nil }
