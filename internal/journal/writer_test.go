package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWriterID(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "j")
	id, err := WriterID(nil, dir, "")
	require.NoError(t, err)
	assert.Regexp(t, `^[A-Za-z0-9_][A-Za-z0-9._-]*-[0-9a-f]{8}$`, id)
	again, err := WriterID(nil, dir, "")
	require.NoError(t, err)
	assert.Equal(t, id, again)
	info, err := os.Stat(filepath.Join(dir, writerName))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	named, err := WriterID(nil, dir, "gateway-1")
	require.NoError(t, err)
	assert.Equal(t, "gateway-1", named)
	kept, err := WriterID(nil, dir, "")
	require.NoError(t, err)
	assert.Equal(t, "gateway-1", kept)

	segment := filepath.Join(dir, "0000000001-00000000000000000001.jsonl")
	require.NoError(t, os.WriteFile(segment, []byte("{}\n"), 0o600))
	_, err = WriterID(nil, dir, "gateway-2")
	require.ErrorIs(t, err, ErrWriter)
	assert.ErrorContains(t, err, "gateway-1")
	same, err := WriterID(nil, dir, "gateway-1")
	require.NoError(t, err)
	assert.Equal(t, "gateway-1", same)
	require.NoError(t, os.Truncate(segment, 0))
	_, err = WriterID(nil, dir, "gateway-2")
	require.NoError(t, err)

	for _, bad := range []string{".hidden", "-x", "a/b", "a b", "é", "a\n", strings.Repeat("x", maxWriterID+1)} {
		_, err := WriterID(nil, dir, bad)
		assert.ErrorContains(t, err, "not a writer id", "%q", bad)
	}
	for _, bad := range []string{"", "\n", "../x\n", strings.Repeat("x", 1000)} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, writerName), []byte(bad), 0o600))
		_, err := WriterID(nil, dir, "")
		assert.ErrorContains(t, err, "not a writer id", "%q", bad)
	}
}
