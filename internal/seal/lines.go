package seal

import (
	"bufio"
	"errors"
	"io"
)

const (
	// readBuffer is how much of a segment is read at once, in bytes.
	readBuffer = 256 << 10
	// maxSpare is the longest line whose buffer is kept for the next one.
	maxSpare = 4 << 20
)

// span is a range of the segment.
type span struct{ off, size int64 }

func (s span) end() int64 { return s.off + s.size }

// lineReader reads a segment line by line. A line lives until the next call.
type lineReader struct {
	r    *bufio.Reader
	off  int64
	long []byte // a line that the reader's buffer can't hold
}

func newLineReader() *lineReader {
	return &lineReader{r: bufio.NewReaderSize(nil, readBuffer)}
}

func (l *lineReader) reset(segment io.ReaderAt, size int64) {
	l.r.Reset(io.NewSectionReader(segment, 0, size))
	l.off = 0
	if cap(l.long) > maxSpare {
		l.long = nil
	}
}

// next returns a line without its newline, and where it lies with it. At the end it returns io.EOF; a last line
// without a newline is a line too.
func (l *lineReader) next() (line []byte, at span, err error) {
	line, err = l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = l.r.ReadSlice('\n')
			l.long = append(l.long, line...)
		}
		line = l.long
	}
	if err != nil && (err != io.EOF || len(line) == 0) {
		return nil, span{}, err
	}
	at = span{l.off, int64(len(line))}
	l.off = at.end()
	if n := len(line) - 1; line[n] == '\n' {
		line = line[:n]
	}
	return line, at, nil
}

// window reads ranges of a segment, in rising order, through one buffer.
type window struct {
	buf     []byte
	segment io.ReaderAt
	size    int64
	ahead   bool // read past the range that is asked for, because the next one is near

	off  int64 // of what is held
	held int
}

func (w *window) reset(segment io.ReaderAt, size int64, ahead bool) {
	*w = window{buf: w.buf, segment: segment, size: size, ahead: ahead}
}

// read returns the beginning of a range, at least one byte of it. The bytes live until the next call.
func (w *window) read(at span) ([]byte, error) {
	if at.off < w.off || at.off >= w.off+int64(w.held) {
		want := at.size
		if w.ahead {
			want = w.size - at.off
		}
		want = min(want, int64(len(w.buf)))
		n, err := w.segment.ReadAt(w.buf[:want], at.off)
		if int64(n) < want {
			return nil, err
		}
		w.off, w.held = at.off, n
	}
	from := int(at.off - w.off)
	return w.buf[from:min(int64(w.held), int64(from)+at.size)], nil
}
