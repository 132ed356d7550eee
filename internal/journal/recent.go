package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"
)

const (
	recentName  = "recent"
	recentMagic = "AAR1"
	// maxRecent bounds a file of a recent, in bytes: what is larger is none.
	maxRecent = 2 << 30

	keySize     = 16 + 8
	blockHeader = len(recentMagic) + 8 + 4
	blockSum    = 8
)

// recent is the part of the window that outlives the segments: the keys of
// lines that were removed, in two files. One is appended to until it holds as
// many keys as the window; then the other one is emptied and has its turn. So
// the newest of them are always there, and each file has twice their bytes at most.
//
//	"AAR1", generation (8 bytes), number of keys (4), keys, xxHash-64 of all that
//
// is a block, one for each removed segment. A key is an event id (16 bytes)
// and the sum of its content (8). The generation is the file's, and says which
// one is newer. What follows the last whole block of that generation means nothing.
//
// It holds only keys of lines that are safe elsewhere, so a stale one does no harm.
type recent struct {
	fsys FS
	dir  string
	room int // keys in a file before the other one has its turn

	generation uint64 // of the file that is appended to
	size       int64  // of its whole blocks
	keys       int    // in them
	suspect    bool   // what is in the file may not be on the disk
}

func newRecent(fsys FS, dir string, room int) *recent {
	return &recent{fsys: fsys, dir: dir, room: room, suspect: true}
}

func (r *recent) path(generation uint64) string {
	return filepath.Join(r.dir, fmt.Sprintf("%s.%d", recentName, generation%2))
}

// load puts the keys into the window. What can't be read is left out: it is
// worth an error, but not a start that fails.
func (r *recent) load(w *window) (keys int, lost int64, err error) {
	var files [2]recentFile
	for i := range files {
		f, readErr := r.read(uint64(i))
		if readErr != nil {
			err = errors.Join(err, fmt.Errorf("couldn't read %q: %w", r.path(uint64(i)), readErr))
		}
		lost += f.lost
		files[i] = f
	}
	if files[0].generation > files[1].generation {
		files[0], files[1] = files[1], files[0]
	}
	for _, f := range files {
		for _, k := range f.keys {
			if duplicate, _ := w.look(k.id, k.sum); !duplicate {
				w.add(k)
				keys++
			}
		}
		w.settle(len(w.undos))
	}
	r.generation, r.size, r.keys = files[1].generation, files[1].size, len(files[1].keys)
	return keys, lost, err
}

// recentFile is what was found in a file: nothing, as generation 0.
type recentFile struct {
	generation uint64
	keys       []key
	size, lost int64
}

func (r *recent) read(parity uint64) (found recentFile, err error) {
	f, err := r.fsys.Open(r.path(parity), os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		return found, err
	}
	defer func() { _ = f.Close() }() // read only
	size, err := f.Size()
	if err != nil {
		return found, err
	}
	if size > maxRecent {
		return found, fmt.Errorf("%d bytes, at most %d", size, maxRecent)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), text); err != nil {
		return found, err
	}
	for rest := text; ; {
		generation, keys, n := parseBlock(rest)
		if n == 0 || generation%2 != parity || found.size > 0 && generation != found.generation {
			found.lost = int64(len(rest))
			return found, nil
		}
		found.generation, found.keys = generation, append(found.keys, keys...)
		found.size, rest = found.size+int64(n), rest[n:]
	}
}

// parseBlock returns the first block of text and its length, 0 if there is none.
func parseBlock(text []byte) (generation uint64, keys []key, n int) {
	if len(text) < blockHeader+blockSum || !bytes.HasPrefix(text, []byte(recentMagic)) {
		return 0, nil, 0
	}
	generation = binary.BigEndian.Uint64(text[len(recentMagic):])
	count := int64(binary.BigEndian.Uint32(text[len(recentMagic)+8:]))
	end := int64(blockHeader) + count*keySize
	if end+blockSum > int64(len(text)) || generation == 0 {
		return 0, nil, 0
	}
	if binary.BigEndian.Uint64(text[end:]) != xxhash.Sum64(text[:end]) {
		return 0, nil, 0
	}
	keys = make([]key, count)
	for i := range keys {
		at := text[blockHeader+i*keySize:]
		keys[i] = key{id: [16]byte(at), sum: binary.BigEndian.Uint64(at[16:])}
	}
	return generation, keys, int(end) + blockSum
}

func formatBlock(generation uint64, keys []key) []byte {
	text := append(make([]byte, 0, blockHeader+len(keys)*keySize+blockSum), recentMagic...)
	text = binary.BigEndian.AppendUint64(text, generation)
	text = binary.BigEndian.AppendUint32(text, uint32(len(keys))) //nolint:gosec // a window has fewer than 2^31 lines
	for _, k := range keys {
		text = append(text, k.id[:]...)
		text = binary.BigEndian.AppendUint64(text, k.sum)
	}
	return binary.BigEndian.AppendUint64(text, xxhash.Sum64(text))
}

// add makes keys durable. After an error it may be called again, with the same
// keys or others.
func (r *recent) add(keys []key) (err error) {
	if r.keys >= r.room || r.generation == 0 {
		*r = recent{fsys: r.fsys, dir: r.dir, room: r.room, generation: r.generation + 1, suspect: true}
	}
	f, err := r.fsys.Open(r.path(r.generation), os.O_CREATE|os.O_RDWR)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if r.suspect {
		// Blocks that a dead process wrote, or that a sync failed for, are perhaps
		// in the kernel's memory only; what is behind a lost one would be lost with it.
		if err := secure(f, r.size); err != nil {
			return err
		}
		if err := r.fsys.SyncDir(r.dir); err != nil {
			return err
		}
		r.suspect = false
	}
	if len(keys) == 0 {
		return nil
	}
	block := formatBlock(r.generation, keys)
	r.suspect = true
	if _, err := f.WriteAt(block, r.size); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	r.size, r.keys, r.suspect = r.size+int64(len(block)), r.keys+len(keys), false
	return nil
}
