package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	recordMagic  = "agentaudit record 1\n"
	recordHeader = len(recordMagic) + 8 + 8 + sha256.Size
	// recordRoom is what each of the two files takes up from the start, in bytes.
	recordRoom = 256 << 10
)

// A Record is a small piece of state in a journal's directory that is saved over and over. It is kept in two files,
// written in turn and in place: so a full disk doesn't keep it from being saved, while it is not larger than what
// was reserved. The directory shares its disk with the journal, and what makes room there begins with a save of this.
//
//	"agentaudit record 1\n", number (8 bytes), length (8 bytes), SHA-256 of all that and the content, content
//
// A file that is torn has a wrong hash, and then the other one counts. Load and Save are for one goroutine.
type Record struct {
	fsys  FS
	paths [2]string
	last  uint64 // number of what was saved last, whose place is paths[last%2]
	open  bool   // Load was called
}

// NewRecord returns the record of that name. fsys nil is the real file system.
func NewRecord(fsys FS, dir, name string) *Record {
	if fsys == nil {
		fsys = osFS{}
	}
	return &Record{fsys: fsys, paths: [2]string{filepath.Join(dir, name+".0"), filepath.Join(dir, name+".1")}}
}

// Load returns what was saved last, nil if nothing was. It makes sure that it is on stable storage: what a process that
// was killed has written may be in the kernel's memory only.
func (r *Record) Load() ([]byte, error) {
	var newest []byte
	for _, path := range r.paths {
		number, content, err := r.read(path)
		if err != nil {
			return nil, fmt.Errorf("couldn't read %q: %w", path, err)
		}
		if number > r.last {
			r.last, newest = number, content
		}
	}
	if err := r.fsys.SyncDir(filepath.Dir(r.paths[0])); err != nil {
		return nil, err
	}
	r.open = true
	if newest == nil {
		return nil, nil
	}
	// Written again, not only synced: after a failed sync another one would report success for nothing. The bytes are
	// the same, so a crash in the middle spoils nothing that was on the disk.
	return newest, r.write(r.last, newest)
}

// read returns number 0 for a file without a whole record, and makes one that is missing.
func (r *Record) read(path string) (number uint64, content []byte, err error) {
	f, err := r.fsys.Open(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return 0, nil, err
	}
	if size < recordRoom {
		if err := reserve(f, size); err != nil {
			return 0, nil, err
		}
	}
	return readRecord(io.NewSectionReader(f, 0, size))
}

var room [recordRoom]byte

// reserve takes up the room. If there is none, a save will say so.
func reserve(f File, size int64) error {
	_, err := f.WriteAt(room[size:], size)
	if err == nil {
		err = f.Sync()
	}
	if isFull(err) {
		return nil
	}
	return err
}

// readRecord returns number 0 if there is no whole record.
func readRecord(r *io.SectionReader) (number uint64, content []byte, err error) {
	head := make([]byte, recordHeader)
	if r.Size() < int64(recordHeader) {
		return 0, nil, nil
	}
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, nil, err
	}
	number = binary.BigEndian.Uint64(head[len(recordMagic):])
	size := binary.BigEndian.Uint64(head[len(recordMagic)+8:])
	if !bytes.HasPrefix(head, []byte(recordMagic)) || size > min(uint64(r.Size())-uint64(recordHeader), maxDurable) { //nolint:gosec // not negative
		return 0, nil, nil
	}
	content = make([]byte, size)
	if _, err := io.ReadFull(r, content); err != nil {
		return 0, nil, err
	}
	if !bytes.HasPrefix(formatRecord(number, content), head) {
		return 0, nil, nil
	}
	return number, content, nil
}

func formatRecord(number uint64, content []byte) []byte {
	text := append(make([]byte, 0, recordHeader+len(content)), recordMagic...)
	text = binary.BigEndian.AppendUint64(text, number)
	text = binary.BigEndian.AppendUint64(text, uint64(len(content)))
	sum := sha256.New()
	_, _ = sum.Write(text) // never fails
	_, _ = sum.Write(content)
	return append(sum.Sum(text), content...)
}

// Save replaces the content. At any crash the old content or all of the new is there; the new when Save has returned
// nil. After an error either may be.
func (r *Record) Save(content []byte) error {
	if !r.open {
		return errors.New("journal: Load a record before it is saved")
	}
	if err := r.write(r.last+1, content); err != nil {
		return err
	}
	r.last++
	return nil
}

func (r *Record) write(number uint64, content []byte) (err error) {
	f, err := r.fsys.Open(r.paths[number%2], os.O_RDWR|os.O_CREATE)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteAt(formatRecord(number, content), 0); err != nil {
		return err
	}
	return f.Sync()
}
