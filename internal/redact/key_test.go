package redact

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWithoutAKeyTheProcessHasOne(t *testing.T) {
	traces, logs := newRedactor(t, Config{}), newRedactor(t, Config{})
	assert.Equal(t, traces.HMAC("x"), logs.HMAC("x"))
}

func TestCreateKey(t *testing.T) {
	name := filepath.Join(t.TempDir(), "new", "redaction.key")
	cfg := Config{KeyFile: name}
	_, err := New(cfg)
	require.ErrorContains(t, err, "key_file: ", "unless asked to, nobody makes one")

	cfg.CreateKey = true
	hashes := make([]string, 8)
	var group sync.WaitGroup
	for i := range hashes {
		group.Go(func() {
			if r, err := New(cfg); assert.NoError(t, err) {
				hashes[i] = r.HMAC("x")
			}
		})
	}
	group.Wait()
	for _, h := range hashes {
		assert.Equal(t, hashes[0], h, "one wins")
	}
	later := newRedactor(t, Config{KeyFile: name})
	assert.Equal(t, hashes[0], later.HMAC("x"), "and it stays")
	assert.False(t, later.Generated())
	assert.NotEqual(t, newRedactor(t, Config{}).HMAC("x"), later.HMAC("x"))
	info, err := os.Stat(name)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(name))
	require.NoError(t, err)
	assert.Len(t, left, 1, "no temporary file stays")
}

func TestCreateKeyAfterAPowerCut(t *testing.T) {
	name := filepath.Join(t.TempDir(), "redaction.key")
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	a := newRedactor(t, Config{KeyFile: name, CreateKey: true})
	assert.Equal(t, a.HMAC("x"), newRedactor(t, Config{KeyFile: name, CreateKey: true}).HMAC("x"))

	require.NoError(t, os.WriteFile(name, []byte("short"), 0o600))
	_, err := New(Config{KeyFile: name, CreateKey: true})
	require.ErrorContains(t, err, "key_file: holds fewer than 16 bytes", "what somebody wrote is never replaced")
}
