package seal

import (
	"bufio"
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
	if err == bufio.ErrBufferFull {
		l.long = append(l.long[:0], line...)
		for err == bufio.ErrBufferFull {
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
