package seal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	spoolPattern = "object-*.tmp"
	// maxMemory bounds the object that is held in memory when the disk is full, in bytes.
	maxMemory = 512 << 20
)

var errFull = errors.New("the disk is full and the object too large for memory: make room")

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
//
// When the disk is full the object goes into memory instead, up to maxMemory. It shares the disk with the journal, and
// uploading is the only thing that makes room there.
type spool struct {
	file   spoolFile // nil: the disk was full at once
	memory []byte    // all of the object, once the disk was full
	full   bool
	sum    hash.Hash
	size   int64
}

type spoolFile interface {
	io.Writer
	io.ReaderAt
	io.Closer
	Name() string
}

func createSpool(dir string) (*spool, error) {
	s := &spool{sum: sha256.New()}
	f, err := os.CreateTemp(dir, spoolPattern)
	switch {
	case isFull(err):
		s.full = true
	case err != nil:
		return nil, fmt.Errorf("couldn't create a spool file: %w", err)
	default:
		s.file = f
	}
	return s, nil
}

// Write implements io.Writer.
func (s *spool) Write(b []byte) (n int, err error) {
	if !s.full {
		n, err = s.file.Write(b)
		if isFull(err) {
			s.full = true
			s.memory = make([]byte, s.size+int64(n))
			if _, err := s.file.ReadAt(s.memory, 0); err != nil && !errors.Is(err, io.EOF) {
				return n, err
			}
			err = nil
		}
	}
	if s.full && err == nil {
		if len(s.memory)+len(b)-n > maxMemory {
			return n, errFull
		}
		s.memory = append(s.memory, b[n:]...)
		n = len(b)
	}
	s.size += int64(n)
	_, _ = s.sum.Write(b[:n]) // never fails
	return n, err
}

func (s *spool) body() objstore.Body {
	body := objstore.Body{Reader: s.file, Size: s.size}
	if s.full {
		body.Reader = bytes.NewReader(s.memory)
	}
	s.sum.Sum(body.SHA256[:0])
	return body
}

// discard removes the file. What fails here is cleared at the next start.
func (s *spool) discard() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

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
