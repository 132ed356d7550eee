package journal

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	lockName      = "lock"
	segmentSuffix = ".jsonl"
	tmpSuffix     = ".tmp"
	damagedSuffix = ".damaged-" // and eight hex digits of its content's hash
)

// Segment is one file of the journal. Once sealed, its bytes never change.
type Segment struct {
	Seal     uint64    // number of the segment, from 1, without a gap over the writer's life
	FirstSeq uint64    // sequence number of its first line
	Lines    int       // number of lines; 0 only if recovery found every line damaged
	Size     int64     // bytes, newlines included
	Path     string    // of the file
	Opened   time.Time // when its first line was committed; after a restart, when it was last written

	fsys  FS
	aside int64 // bytes of damaged lines that an earlier recovery took out
}

// A SegmentReader reads a segment's lines and nothing behind them.
type SegmentReader struct {
	*io.SectionReader
	file io.Closer
}

// Close closes the file.
func (r *SegmentReader) Close() error { return r.file.Close() }

// Open opens the segment for reading.
func (s Segment) Open() (*SegmentReader, error) {
	f, err := s.fsys.Open(s.Path, os.O_RDONLY)
	if err != nil {
		return nil, fmt.Errorf("couldn't open segment %d: %w", s.Seal, err)
	}
	return &SegmentReader{io.NewSectionReader(f, 0, s.Size), f}, nil
}

// segmentAt describes an empty segment that may not exist yet.
func segmentAt(fsys FS, dir string, seal, firstSeq uint64) Segment {
	name := fmt.Sprintf("%010d-%020d%s", seal, firstSeq, segmentSuffix)
	return Segment{Seal: seal, FirstSeq: firstSeq, Path: filepath.Join(dir, name), fsys: fsys}
}

// parseName reads a segment's numbers from its file name.
func parseName(name string) (seal, firstSeq uint64, ok bool) {
	numbers, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok {
		return 0, 0, false
	}
	first, second, _ := strings.Cut(numbers, "-")
	if len(first) != 10 || len(second) != 20 {
		return 0, 0, false
	}
	seal, err1 := strconv.ParseUint(first, 10, 64)
	firstSeq, err2 := strconv.ParseUint(second, 10, 64)
	return seal, firstSeq, err1 == nil && err2 == nil && seal > 0 && firstSeq > 0
}

// after returns the segment that follows s when the next line is seq.
func (s Segment) after(seq uint64) Segment {
	return segmentAt(s.fsys, filepath.Dir(s.Path), s.Seal+1, seq)
}

// nextSeq is the sequence number behind the active segment's last line.
// Recovered segments may have gaps, and are never active again.
func (s Segment) nextSeq() uint64 { return s.FirstSeq + uint64(s.Lines) }
