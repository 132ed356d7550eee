package seal

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

const spoolPattern = "object-*.tmp"

// ClearSpool makes the directory if it is missing, and removes what a crash left in it.
func ClearSpool(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("couldn't make spool directory: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, spoolPattern))
	if err != nil {
		return fmt.Errorf("couldn't look into spool directory: %w", err)
	}
	for _, name := range left {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("couldn't clear spool directory: %w", err)
		}
	}
	return nil
}

// spool is the file of one object. Each object has its own: after a Put that failed, an HTTP client may still be
// reading the last one.
type spool struct {
	file *os.File
	sum  hash.Hash
	size int64
}

func createSpool(dir string) (*spool, error) {
	f, err := os.CreateTemp(dir, spoolPattern)
	if err != nil {
		return nil, fmt.Errorf("couldn't create a spool file: %w", err)
	}
	return &spool{file: f, sum: sha256.New()}, nil
}

// Write implements io.Writer.
func (s *spool) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	s.size += int64(n)
	_, _ = s.sum.Write(b[:n]) // never fails
	return n, err
}

func (s *spool) body() objstore.Body {
	body := objstore.Body{Reader: s.file, Size: s.size}
	s.sum.Sum(body.SHA256[:0])
	return body
}

// discard removes the file. What fails here is cleared at the next start.
func (s *spool) discard() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}

// meter hashes and counts what is read through it, and remembers how reading failed.
type meter struct {
	r    io.Reader
	sum  hash.Hash
	size int64
	err  error
}

// Read implements io.Reader.
func (m *meter) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	m.size += int64(n)
	_, _ = m.sum.Write(b[:n]) // never fails
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}
