package journal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	writerName  = "writer"
	maxWriterID = 128
)

var (
	writerID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	// ErrWriter means that the directory holds lines of another writer.
	ErrWriter = errors.New("journal has unsent lines of another writer")
)

// WriterID returns the writer that the journal in dir belongs to, and makes
// one if there is none: the host's name and a random suffix, because two hosts
// of one name must not write to one trail. configured, if not empty, is used
// instead. It may replace an earlier id only while no segment has lines, which
// carry the earlier one. Call it before Open: it takes the journal's lock. fsys
// nil is the real file system.
func WriterID(fsys FS, dir, configured string) (_ string, err error) {
	if fsys == nil {
		fsys = osFS{}
	}
	if configured != "" {
		if err := checkWriterID(configured); err != nil {
			return "", err
		}
	}
	lock, err := lockDir(fsys, dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	known, err := readWriterID(fsys, dir)
	if err != nil {
		return "", fmt.Errorf("couldn't read writer id of journal %q: %w", dir, err)
	}
	if known != "" && (configured == "" || configured == known) {
		return known, nil
	}
	id := configured
	if id == "" {
		id = newWriterID()
	}
	if err := checkUnused(fsys, dir, known, id); err != nil {
		return "", err
	}
	err = replace(fsys, dir, writerName, func(w io.Writer) error {
		_, err := io.WriteString(w, id+"\n")
		return err
	})
	if err != nil {
		return "", fmt.Errorf("couldn't write writer id of journal %q: %w", dir, err)
	}
	return id, nil
}

// readWriterID returns "" if there is no file. A file without a valid id was
// not written by replace, and is not overwritten.
func readWriterID(fsys FS, dir string) (string, error) {
	path := filepath.Join(dir, writerName)
	f, err := fsys.Open(path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // read only
	text, err := io.ReadAll(io.NewSectionReader(f, 0, maxWriterID+2))
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(text))
	if err := checkWriterID(id); err != nil {
		return "", fmt.Errorf("%q: %w", path, err)
	}
	return id, nil
}

func checkWriterID(id string) error {
	if len(id) > maxWriterID || !writerID.MatchString(id) {
		return fmt.Errorf("%.*q is not a writer id: up to %d letters, digits, '.', '_' and '-', not beginning with '.' or '-'", maxWriterID, id, maxWriterID)
	}
	return nil
}

// checkUnused refuses a new id while segments have lines stamped with another.
func checkUnused(fsys FS, dir, known, id string) error {
	files, err := fsys.List(dir)
	if err != nil {
		return fmt.Errorf("couldn't list journal %q: %w", dir, err)
	}
	for _, file := range files {
		if _, _, ok := parseName(file.Name); ok && file.Size > 0 {
			return fmt.Errorf("%w: %q has lines of %q and can't become %q before they are sent", ErrWriter, dir, known, id)
		}
	}
	return nil
}

func newWriterID() string {
	host, _ := os.Hostname() // the random part is what makes it unique
	host = strings.TrimLeft(strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '-' || writerID.MatchString(string(r))) {
			return r
		}
		return '-'
	}, host), ".-")
	if host == "" {
		host = "writer"
	}
	var suffix [4]byte
	_, _ = rand.Read(suffix[:]) // never fails: the program crashes instead
	return fmt.Sprintf("%.63s-%x", host, suffix)
}
