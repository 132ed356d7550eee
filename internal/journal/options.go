package journal

import (
	"errors"
	"time"
)

var (
	// ErrFull means that MaxBytes leaves no room for the batch now. The
	// sender should try again: room comes back as segments are removed.
	ErrFull = errors.New("journal is full")
	// ErrTooLarge means that the batch could never fit in MaxBytes.
	ErrTooLarge = errors.New("batch is larger than the whole journal may be")
	// ErrMalformed means that a line is empty or holds a newline.
	ErrMalformed = errors.New("line is empty or holds a newline")
	// ErrLocked means that another process, or another Journal of this one,
	// uses the directory.
	ErrLocked = errors.New("already in use")
	// ErrClosed is returned by every call after Close that would touch the disk.
	ErrClosed = errors.New("journal is closed")
)

// Line is one line to be written.
type Line struct {
	ID   [16]byte // event id, for the duplicate window
	Sum  uint64   // hash of the content, to tell a duplicate from a conflict
	Body []byte   // one JSON object without its closing part, which Stamp writes
}

// Options say where and how. Dir, Stamp and Identify are needed.
type Options struct {
	// Dir is made if missing, and used by one Journal at a time.
	Dir string
	// MaxBytes bounds the bytes of all segments together. 0 is no bound.
	MaxBytes int64
	// Stamp appends the tail of a line: its sequence number, whether another
	// line with the same id and other content came before, and whatever else
	// completes the JSON object, without a newline. It is called in order of
	// seq, one call at a time, with a lock held: it must be quick, must not
	// call the journal, and may be called again with the same seq after a failure.
	Stamp func(dst []byte, seq uint64, conflict bool) []byte
	// Identify reads back a stamped line (without newline), at recovery.
	Identify func(line []byte) (id [16]byte, sum, seq uint64, err error)
	// Window is how many of the newest lines are remembered, to recognise
	// duplicates, also after a restart. 0 recognises none. A line takes about 150
	// bytes of memory, and up to 90 on the disk once it was removed.
	Window int
	// NoSync makes Append return before the lines are durable: for a caller
	// who acknowledges only what was removed again. Rotate still syncs.
	NoSync bool
	// FS is the file system. nil is the real one.
	FS FS
}

// Receipt says what became of a batch.
type Receipt struct {
	// Segment is the seal number under which the batch will be sealed. For a
	// batch of nothing but duplicates it is the newest segment with lines:
	// when that has been removed, so have the originals. 0 means that
	// there is nothing to wait for.
	Segment    uint64
	Written    int // lines written, conflicts included
	Duplicates int // lines not written: same id, same sum
	Conflicts  int // lines written though their id was known with another sum
}

// Stats is a snapshot.
type Stats struct {
	Bytes    int64 // in all segments, with lines on their way to the disk
	Segments int   // sealed segments, and the active one if it has lines
	// Active is the segment that Append writes to. It is due for Rotate when
	// Active.Size or the time since Active.Opened is large enough; with
	// Active.Lines == 0 there is nothing to seal.
	Active Segment
	Oldest time.Time // when the oldest line not yet removed was written; zero if there is none
	// Forgotten is how many removed lines a restart would forget, because the disk is too full to keep their ids.
	Forgotten int
}
