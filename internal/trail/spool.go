package trail

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// spoolPattern is that of package seal, which clears the directory at a start.
const spoolPattern = "object-*.tmp"

// spool is a file that is hashed while it is written. It can be made again at any time and so is never synced.
type spool struct {
	file *os.File
	out  *bufio.Writer
	sum  hash.Hash
	size int64
}

func newSpool(dir string) (*spool, error) {
	f, err := os.CreateTemp(dir, spoolPattern)
	if err != nil {
		return nil, fmt.Errorf("couldn't create a spool file: %w", err)
	}
	sum := sha256.New()
	return &spool{file: f, out: bufio.NewWriterSize(io.MultiWriter(f, sum), 128<<10), sum: sum}, nil
}

// Write implements io.Writer.
func (s *spool) Write(b []byte) (int, error) {
	n, err := s.out.Write(b)
	s.size += int64(n)
	return n, err
}

// body ends the file.
func (s *spool) body() (objstore.Body, error) {
	if err := s.out.Flush(); err != nil {
		return objstore.Body{}, fmt.Errorf("couldn't write a spool file: %w", err)
	}
	body := objstore.Body{Reader: s.file, Size: s.size}
	s.sum.Sum(body.SHA256[:0])
	return body, nil
}

// discard removes the file. What fails here is cleared at the next start.
func (s *spool) discard() { _ = errors.Join(s.file.Close(), os.Remove(s.file.Name())) }
