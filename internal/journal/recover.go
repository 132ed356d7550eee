package journal

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Recovery says what Open found. Everything but the first three should be
// rare enough to be logged, and what is damaged or missing is worth an alarm.
type Recovery struct {
	Segments int   // with lines
	Lines    int   // that survived
	Bytes    int64 // of those lines

	TornBytes    int64    // cut behind the last line: a batch that was never acknowledged
	DamagedLines int      // taken out of their segments, since they can't be read back
	DamagedFiles []string // where the damaged lines are kept, as they were found
	MissingLines uint64   // sequence numbers, DamagedLines' included, that no line has any more
	MissingSeals uint64   // segments that somebody removed from the middle

	Remembered int   // lines of removed segments that the window knows again
	RecentLost int64 // bytes of their memory that were torn by a crash or spoilt, and ignored
	RecentErr  error // why some of it couldn't be read, and was ignored
}

// recover reads every segment, repairs what needs it, and sets active, sealed,
// used and window.
func (j *Journal) recover() (Recovery, error) {
	var r Recovery
	segments, err := j.list()
	if err != nil {
		return r, err
	}
	if j.recent != nil { // before the segments, whose lines are newer
		r.Remembered, r.RecentLost, r.RecentErr = j.recent.load(j.window)
	}
	j.active = segmentAt(j.fsys, j.opts.Dir, 1, 1)
	for i, s := range segments {
		var next *Segment
		if i+1 < len(segments) {
			next = &segments[i+1]
			if next.Seal == s.Seal {
				return r, fmt.Errorf("%q and %q have the same number", s.Path, next.Path)
			}
			r.MissingSeals += next.Seal - s.Seal - 1
		}
		if err := j.recoverSegment(s, next, &r); err != nil {
			return r, fmt.Errorf("segment %d: %w", s.Seal, err)
		}
	}
	return r, nil
}

// list returns the segments in order, and removes what an interrupted replace left.
func (j *Journal) list() ([]Segment, error) {
	files, err := j.fsys.List(j.opts.Dir)
	if err != nil {
		return nil, err
	}
	var segments []Segment
	aside := map[string]int64{} // by the segment's file name
	for _, file := range files {
		if of, _, ok := strings.Cut(file.Name, damagedSuffix); ok {
			aside[of] += file.Size
		}
		if strings.HasSuffix(file.Name, tmpSuffix) {
			if err := j.fsys.Remove(filepath.Join(j.opts.Dir, file.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		if seal, firstSeq, ok := parseName(file.Name); ok {
			s := segmentAt(j.fsys, j.opts.Dir, seal, firstSeq)
			s.Size, s.Opened = file.Size, file.ModTime
			segments = append(segments, s)
		}
	}
	for i := range segments {
		segments[i].aside = aside[filepath.Base(segments[i].Path)]
	}
	slices.SortFunc(segments, func(a, b Segment) int {
		return cmp.Or(cmp.Compare(a.Seal, b.Seal), cmp.Compare(a.FirstSeq, b.FirstSeq))
	})
	return segments, nil
}

// recoverSegment seals s, unless it is the newest and empty: then it is the
// active one. next is nil for the newest.
func (j *Journal) recoverSegment(s Segment, next *Segment, r *Recovery) error {
	found, err := j.scan(s, next)
	if err != nil {
		return err
	}
	j.window.settle(len(j.window.undos))
	r.TornBytes += found.torn
	r.DamagedLines += found.damagedLines
	r.MissingLines += found.missing
	if len(found.damaged) > 0 {
		path, err := j.setAside(s, found)
		if err != nil {
			return fmt.Errorf("couldn't set damaged lines aside: %w", err)
		}
		r.DamagedFiles = append(r.DamagedFiles, path)
	}
	s.Size, s.Lines = found.size, found.lines
	if next == nil {
		// What a dead process wrote may be in the kernel's memory only. Lines
		// that the window knows are acknowledged without another write, so
		// they must be durable now.
		if err := j.secureFile(s); err != nil {
			return fmt.Errorf("couldn't sync: %w", err)
		}
		if s.Size == 0 && found.next == s.FirstSeq {
			j.active = segmentAt(j.fsys, j.opts.Dir, s.Seal, s.FirstSeq)
			return nil
		}
	}
	if s.Lines > 0 {
		r.Segments++
	}
	r.Lines += s.Lines
	r.Bytes += s.Size
	j.used += s.Size
	j.sealed = append(j.sealed, s)
	j.active = s.after(found.next)
	return nil
}

func (j *Journal) secureFile(s Segment) error {
	file, err := j.fsys.Open(s.Path, os.O_RDWR)
	if err != nil {
		return err
	}
	return errors.Join(secure(file, s.Size), file.Close())
}

// A span is a range of a file.
type span struct{ off, size int64 }

// found is what a scan saw in a segment.
type found struct {
	lines   int
	size    int64  // bytes of those lines
	next    uint64 // sequence number after the last line
	missing uint64
	torn    int64

	damaged      []span // neighbours joined
	damagedLines int
}

// scan reads a segment and remembers its lines in the window.
//
// Sequence numbers have no gap but where lines are or were damaged, and a gap
// is no wider than the damage could hold lines. So a line whose number was hit
// is itself damaged, and does not discredit its neighbours.
func (j *Journal) scan(s Segment, next *Segment) (found, error) {
	f := found{next: s.FirstSeq}
	file, err := j.fsys.Open(s.Path, os.O_RDONLY)
	if err != nil {
		return f, err
	}
	defer func() { _ = file.Close() }() // read only
	lines := bufio.NewReaderSize(io.NewSectionReader(file, 0, s.Size), int(min(s.Size, 1<<18)))
	var (
		long  []byte
		off   int64
		bytes uint64 // of damage since the last good line
		bad   uint64 // lines of it
	)
	for {
		line, err := readLine(lines, &long)
		size := int64(len(line))
		if err == io.EOF && size == 0 {
			break
		}
		if err == io.EOF && next == nil {
			f.torn = size
			break
		}
		if err != nil && err != io.EOF {
			return f, err
		}
		var (
			id       [16]byte
			sum, seq uint64
		)
		if err == nil { // not a sealed segment's end without a newline
			id, sum, seq, err = j.opts.Identify(line[:size-1])
		}
		if err == nil && seq >= f.next && seq-f.next <= (bytes+uint64(s.aside))/2 && (next == nil || seq < next.FirstSeq) {
			f.missing += seq - f.next
			f.next, bytes, bad = seq+1, 0, 0
			f.lines++
			f.size += size
			if duplicate, _ := j.window.look(id, sum); !duplicate {
				j.window.add(key{id, sum, seq})
			}
		} else {
			f.damage(span{off, size})
			bytes, bad = bytes+uint64(size), bad+1
		}
		off += size
	}
	// Damaged lines at the end may have been acknowledged: their numbers are
	// not given to others, so the gap shows.
	end := f.next + bad
	if next != nil {
		end = next.FirstSeq
	}
	f.missing += end - f.next
	f.next = end
	return f, nil
}

func (f *found) damage(s span) {
	f.damagedLines++
	if n := len(f.damaged); n > 0 && f.damaged[n-1].off+f.damaged[n-1].size == s.off {
		f.damaged[n-1].size += s.size
		return
	}
	f.damaged = append(f.damaged, s)
}

// readLine returns the next line with its newline, or io.EOF and what is left.
func readLine(r *bufio.Reader, long *[]byte) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	*long = append((*long)[:0], line...)
	for err == bufio.ErrBufferFull {
		line, err = r.ReadSlice('\n')
		*long = append(*long, line...)
	}
	return *long, err
}

// setAside copies the damaged lines to a file beside the segment and then
// takes them, and a torn end, out of the segment. A crash between the two
// repeats both, with the same names and bytes.
func (j *Journal) setAside(s Segment, f found) (string, error) {
	file, err := j.fsys.Open(s.Path, os.O_RDONLY)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // read only
	var good []span
	end := int64(0)
	for _, bad := range f.damaged {
		good = append(good, span{end, bad.off - end})
		end = bad.off + bad.size
	}
	good = append(good, span{end, s.Size - f.torn - end})

	hash := sha256.New()
	if err := copySpans(hash, file, f.damaged); err != nil {
		return "", err
	}
	name := filepath.Base(s.Path)
	aside := fmt.Sprintf("%s%s%x", name, damagedSuffix, hash.Sum(nil)[:4])
	err = replace(j.fsys, j.opts.Dir, aside, func(w io.Writer) error { return copySpans(w, file, f.damaged) })
	if err != nil {
		return "", err
	}
	err = replace(j.fsys, j.opts.Dir, name, func(w io.Writer) error { return copySpans(w, file, good) })
	return filepath.Join(j.opts.Dir, aside), err
}

func copySpans(w io.Writer, r io.ReaderAt, spans []span) error {
	for _, s := range spans {
		if _, err := io.Copy(w, io.NewSectionReader(r, s.off, s.size)); err != nil {
			return err
		}
	}
	return nil
}
