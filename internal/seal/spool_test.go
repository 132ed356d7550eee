package seal

import (
	"crypto/sha256"
	"io"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClearSpool(t *testing.T) {
	dir := t.TempDir() + "/journal/spool"
	require.NoError(t, ClearSpool(dir))
	f, err := createSpool(dir)
	require.NoError(t, err)
	require.NoError(t, f.file.Close())
	require.NoError(t, ClearSpool(dir))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// fullDisk is a file on a disk that has room for so many bytes.
type fullDisk struct {
	*os.File
	room int
}

func (f *fullDisk) Write(b []byte) (int, error) {
	n, err := f.File.Write(b[:min(len(b), f.room)])
	f.room -= n
	if err == nil && n < len(b) {
		err = &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	return n, err
}

// A full disk must not keep an object from being uploaded, for only that makes room.
func TestFullDisk(t *testing.T) {
	text := []byte("twelve bytes" + "and twelve more" + "and the rest")
	for room := range len(text) + 1 {
		f, err := createSpool(t.TempDir())
		require.NoError(t, err)
		f.file = &fullDisk{f.file.(*os.File), room}
		for _, b := range [][]byte{text[:12], text[12:27], text[27:]} {
			n, err := f.Write(b)
			require.NoError(t, err)
			require.Len(t, b, n)
		}
		body := f.body()
		got, err := io.ReadAll(io.NewSectionReader(body.Reader, 0, body.Size))
		require.NoError(t, err)
		assert.Equal(t, string(text), string(got), "room %d", room)
		assert.Equal(t, sha256.Sum256(text), body.SHA256)
		f.discard()
	}
}

func TestObjectTooLargeForMemory(t *testing.T) {
	f := &spool{full: true, sum: sha256.New(), memory: make([]byte, maxMemory)}
	_, err := f.Write([]byte("x"))
	require.ErrorIs(t, err, errFull)
}
