package journal

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDurable(t *testing.T) {
	dir := t.TempDir()
	d := NewDurable(nil, dir, "trail.state")
	got, err := d.Load()
	require.NoError(t, err)
	assert.Nil(t, got, "no file")
	for _, content := range []string{"first", "", "third and longer"} {
		require.NoError(t, d.Save([]byte(content)))
		got, err = NewDurable(nil, dir, "trail.state").Load()
		require.NoError(t, err)
		assert.NotNil(t, got)
		assert.Equal(t, content, string(got))
	}
	info, err := os.Stat(filepath.Join(dir, "trail.state"))
	require.NoError(t, err)
	assert.EqualValues(t, 0o600, info.Mode().Perm())
}
