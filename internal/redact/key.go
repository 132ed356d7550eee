package redact

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// processKey is the key of those who configured none. It is one for the whole process, so that traces and logs of
// the same tool call have the same hash.
var processKey = sync.OnceValue(newKey)

// newKey makes a key of 256 random bits.
func newKey() string { return rand.Text() + rand.Text() }

// key returns the configured key; none gives "".
func (c *Config) key() (string, error) {
	if c.KeyFile == "" {
		return string(c.Key), nil
	}
	text, err := os.ReadFile(c.KeyFile)
	// An empty file is what a power cut may leave of one that was just made.
	if c.CreateKey && (errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0) {
		text, err = createKey(c.KeyFile)
	}
	if err != nil {
		return "", fmt.Errorf("key_file: %w", err)
	}
	key := strings.TrimSpace(string(text))
	if len(key) < minKey {
		return "", fmt.Errorf("key_file: holds fewer than %d bytes", minKey)
	}
	return key, nil
}

// createKey puts a new key into a file that doesn't exist or is empty, and returns what is in the file then. Of several
// who try at a time one wins, and all get its key. Nobody but the owner may read it.
func createKey(name string) ([]byte, error) {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(dir, filepath.Base(name)+".*.tmp")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(newKey() + "\n")
	if err = errors.Join(err, tmp.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(tmp.Name(), name); err != nil {
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if info, statErr := os.Stat(name); statErr == nil && info.Size() == 0 {
			if err := os.Rename(tmp.Name(), name); err != nil {
				return nil, err
			}
		}
	}
	return os.ReadFile(name)
}
