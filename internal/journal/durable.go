package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxDurable bounds a Durable, in bytes.
const maxDurable = 64 << 20

// Durable is a small file in a journal's directory that is replaced as a whole: for what must live and die with the
// journal. It is readable by its owner only. While the journal is open, only its owner may use it.
type Durable struct {
	fsys      FS
	dir, name string
}

// NewDurable returns the file of that name, which may not exist. fsys nil is the real file system.
func NewDurable(fsys FS, dir, name string) *Durable {
	if fsys == nil {
		fsys = osFS{}
	}
	return &Durable{fsys, dir, name}
}

// Load returns the content, nil if there is no file.
func (d *Durable) Load() (content []byte, err error) {
	f, err := d.fsys.Open(filepath.Join(d.dir, d.name), os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	if size > maxDurable {
		return nil, fmt.Errorf("%q has %d bytes, at most %d", d.name, size, maxDurable)
	}
	content = make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), content); err != nil {
		return nil, err
	}
	return content, nil
}

// Save replaces the content. At any crash the file has its old content or all of the new; it has the new when Save
// has returned nil. After an error it may have either.
func (d *Durable) Save(content []byte) error {
	return replace(d.fsys, d.dir, d.name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
