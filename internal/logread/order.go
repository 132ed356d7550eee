package logread

import (
	"bytes"
	"cmp"
)

// entry is all that is held of a line.
type entry struct {
	time   int64 // nanoseconds since 1970
	seq    uint64
	object *object
	text   []byte // the line
	body   uint32 // length of the line without its stamp
	line   uint32 // number in the object, from 1
	rank   uint8
}

// sameMoment says whether nothing but writer and sequence puts one before the other. Duplicates are such.
func (e *entry) sameMoment(o *entry) bool { return e.time == o.time && e.rank == o.rank }

// isCopyOf says whether e, which follows o, is the line of a day object that o was in a segment.
func (e *entry) isCopyOf(o *entry) bool {
	return e.object.isDay != o.object.isDay && e.seq == o.seq && bytes.Equal(e.text, o.text)
}

// compare puts a segment's line next to its copy in a day object.
func compare(a, b entry) int {
	return cmp.Or(
		cmp.Compare(a.time, b.time),
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(a.object.writer, b.object.writer),
		cmp.Compare(a.seq, b.seq),
		bytes.Compare(a.text, b.text),
		cmp.Compare(a.object.Key, b.object.Key),
		cmp.Compare(a.line, b.line),
	)
}
