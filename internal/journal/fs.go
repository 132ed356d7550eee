package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// FS is everything that the journal asks of a file system. It is a seam for
// fault tests; journaltest has one that forgets, tears and fails.
type FS interface {
	// MkdirAll makes dir, readable by its owner only, and any parent that is
	// missing. It MUST be durable when it returns nil.
	MkdirAll(dir string) error
	// List returns the regular files of dir, in no particular order.
	List(dir string) ([]FileInfo, error)
	// Open opens a file with os.O_* flags, readable by its owner only if it
	// is created. Errors MUST satisfy errors.Is(err, fs.ErrNotExist) and so on.
	Open(name string, flag int) (File, error)
	// Rename and Remove MUST be atomic; they become durable with SyncDir.
	Rename(from, to string) error
	Remove(name string) error
	// SyncDir MUST make every creation, renaming and removal that happened
	// in dir before the call durable before it returns nil.
	SyncDir(dir string) error
	// Lock takes an exclusive lock that dies with the process. It returns an
	// error that wraps ErrLocked if another holder has it.
	Lock(name string) (io.Closer, error)
}

// File is an open file. Sync MUST make everything written to it, and its
// length, durable before it returns nil. When it returns an error, anything
// not yet durable may be forgotten without another word.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
	Size() (int64, error)
}

// FileInfo describes one file of a directory.
type FileInfo struct {
	Name    string
	Size    int64
	ModTime time.Time
}

const (
	dirMode  = 0o700
	fileMode = 0o600
)

// OS returns the real file system.
func OS() FS { return osFS{} }

type osFS struct{}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (o osFS) MkdirAll(dir string) error {
	dir = filepath.Clean(dir)
	parent := filepath.Dir(dir)
	switch err := os.Mkdir(dir, dirMode); {
	case errors.Is(err, fs.ErrNotExist) && parent != dir:
		if err := o.MkdirAll(parent); err != nil {
			return err
		}
		if err := os.Mkdir(dir, dirMode); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrExist):
		if info, err := os.Stat(dir); err != nil {
			return err
		} else if !info.IsDir() {
			return fmt.Errorf("%q is not a directory", dir)
		}
		// A process that was killed after its Mkdir may have left the entry
		// unsynced, so sync it again. A parent that may not be read was made
		// by somebody else, who answers for it.
		if err := o.SyncDir(parent); !errors.Is(err, fs.ErrPermission) {
			return err
		}
		return nil
	case err != nil:
		return err
	}
	return o.SyncDir(parent)
}

func (osFS) List(dir string) ([]FileInfo, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []FileInfo
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		files = append(files, FileInfo{e.Name(), info.Size(), info.ModTime()})
	}
	return files, nil
}

func (osFS) Open(name string, flag int) (File, error) {
	f, err := os.OpenFile(name, flag, fileMode)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) Rename(from, to string) error { return os.Rename(from, to) }

func (osFS) Remove(name string) error { return os.Remove(name) }

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (osFS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, fileMode)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// replace writes a file so that, at any crash, name holds its old content
// (or nothing) or all of the new.
func replace(fsys FS, dir, name string, write func(io.Writer) error) (err error) {
	path := filepath.Join(dir, name)
	f, err := fsys.Open(path+tmpSuffix, os.O_CREATE|os.O_TRUNC|os.O_RDWR)
	if err != nil {
		return err
	}
	err = write(io.NewOffsetWriter(f, 0))
	if err == nil {
		err = f.Sync() // before the rename, or a crash could leave the name on an empty file
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := fsys.Rename(path+tmpSuffix, path); err != nil {
		return err
	}
	return fsys.SyncDir(dir)
}
