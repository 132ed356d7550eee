package unpack

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/layout"
)

func packed(t *testing.T, c layout.Compression, text string, window int) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch c {
	case layout.Gzip:
		w = gzip.NewWriter(&b)
	case layout.Zstd:
		z, err := zstd.NewWriter(&b, zstd.WithWindowSize(window))
		require.NoError(t, err)
		w = z
	default:
		return []byte(text)
	}
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestReader(t *testing.T) {
	const text = "one\ntwo\n"
	broken := errors.New("connection lost")
	for _, c := range []layout.Compression{layout.None, layout.Gzip, layout.Zstd} {
		data := packed(t, c, text, 1<<20)
		twice := bytes.Repeat(data, 2) // frames end to end, as in a day object
		r, err := Reader(bytes.NewReader(twice), c, Window)
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		assert.Equal(t, strings.Repeat(text, 2), string(got), c)

		r, err = Reader(io.MultiReader(bytes.NewReader(data[:len(data)/2]), iotest.ErrReader(broken)), c, Window)
		if err == nil {
			_, err = io.ReadAll(r)
			_ = r.Close() // gzip says it once more
		}
		assert.ErrorIs(t, err, broken, c)
	}
	for _, c := range []layout.Compression{layout.Gzip, layout.Zstd} {
		r, err := Reader(strings.NewReader("neither"), c, Window)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		assert.Error(t, err, c)
	}
	r, err := Reader(bytes.NewReader(packed(t, layout.Zstd, strings.Repeat(text, 4<<20), 16<<20)), layout.Zstd, Window)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, r)
	require.ErrorIs(t, err, zstd.ErrWindowSizeExceeded)
}
