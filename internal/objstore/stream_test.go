package objstore_test

import (
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

// zeros is a body of any size that takes no memory.
type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}

// A Put needs the same little memory for an object of any size.
func TestPutStreams(t *testing.T) {
	const size, most = 64 << 20, 4 << 20
	s3test.Setenv(t)
	sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		assert.NoError(t, err)
	}))
	t.Cleanup(sink.Close)
	dir := open(t, "file://"+t.TempDir())
	bucket := open(t, "s3://bucket?endpoint="+sink.URL)

	body, err := objstore.HashBody(zeros{}, size)
	require.NoError(t, err)
	for name, store := range map[string]objstore.Store{"dir": dir, "s3": bucket} {
		_, err := store.Put(t.Context(), "warm", objstore.BytesBody(nil), objstore.PutOptions{})
		require.NoError(t, err, name)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = store.Put(t.Context(), "big", body, objstore.PutOptions{})
		runtime.ReadMemStats(&after)
		require.NoError(t, err, name)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(most), name)
	}
}

func BenchmarkDirPut(b *testing.B) {
	s, err := objstore.Open(b.Context(), "file://"+b.TempDir())
	require.NoError(b, err)
	body := objstore.Body{Reader: zeros{}, Size: 64 << 10, SHA256: sha256.Sum256(make([]byte, 64<<10))}
	b.ReportAllocs()
	b.SetBytes(body.Size)
	n := 0
	for b.Loop() {
		_, err := s.Put(b.Context(), "bench/"+strconv.Itoa(n), body, objstore.PutOptions{})
		require.NoError(b, err)
		n++
	}
}
