package objstore

import (
	"io"
	"os"
)

// fsys is every change that Dir makes to a file system, so that a test can fail each of them before or after it took
// effect. Reading goes to package os directly.
type fsys interface {
	mkdir(name string) error
	create(name string) (file, error) // exclusively, for writing
	link(from, to string) error
	remove(name string) error
	sync(name string) error // fsync of a file or directory that exists
}

// file is a file being written.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// osFS is the real one.
type osFS struct{}

func (osFS) mkdir(name string) error { return os.Mkdir(name, 0o755) }

// The mode takes the right to write from everybody at birth; the descriptor that created the file may still write.
func (osFS) create(name string) (file, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
}

func (osFS) link(from, to string) error { return os.Link(from, to) }
func (osFS) remove(name string) error   { return os.Remove(name) }

func (osFS) sync(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
