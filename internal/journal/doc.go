// Package journal keeps audit lines on stable storage from the moment they are
// acknowledged until they are safe in the bucket.
//
// # Promise
//
// A batch for which Append returned nil is on stable storage, every line of it
// once, in order. It stays there until Remove, through any crash of the process
// or of the machine, any failed or torn write, any failed sync, and a full disk.
// A batch for which Append returned an error may have landed in whole or in part;
// delivered again, lines that landed are recognised while the window remembers them.
//
// # Format
//
// A directory holds
//
//	0000000017-00000000000000004242.jsonl    segment 17, whose first line has seq 4242
//	0000000018-00000000000000004300.jsonl    the newest: active, all others are sealed
//	lock                                     held with flock(2) while a Journal is open
//	writer                                   the writer's id (WriterID)
//	recent.0, recent.1                       ids of lines that were removed: see recent
//	*.damaged-xxxxxxxx                       lines that recovery couldn't read, as found
//	*.tmp                                    left by a crash, removed by Open
//
// A segment is JSONL: one line per event, in order of arrival, each ending in a
// newline. There is no header and no second format; `tail -f` and `jq` work. Any
// other file, such as lost+found, is left alone.
//
// # Numbers
//
// Segments are numbered from 1 (the seal number) and lines from 1 (seq), without
// gaps, over the life of the directory. No number is given twice to things that
// anyone was told of. The numbers are kept in the file names and nowhere else, so the newest
// file is never removed before its successor exists.
//
// # What a crash leaves
//
//	Append   1 write at the known length    any part of the group, in the active segment
//	         2 sync = the commit point      all of it; the waiters may not have been told
//	repair   1 cut to the known length      the group or not: it was refused, so may be kept
//	         2 write the rest again, sync   the segment as acknowledged
//	         3 seal, continue in a new one
//	Rotate   1 (NoSync only: sync)
//	         2 freeze, in memory            the segment is the newest file, so Open seals it alike
//	         3 create the next file         there or not; empty
//	         4 sync the directory           the segment before it is sealed by being second
//	Remove   1 append the ids to recent.N   torn: ignored; the segment is there, and its lines known by it
//	         2 sync recent.N                known by both
//	         3 unlink                       there or not; sent again, which writes the same objects
//	         4 sync the directory           gone, and its lines known by recent.N
//	Open     1 cut the torn end             again
//	         2 write the newest again, sync the same bytes
//	         3 create the next file         as Rotate
//
// Open seals what it finds and never appends to a file that another process
// wrote. It writes the newest segment again, in place, because its end may be in
// the kernel's memory only, or, after a failed sync, be taken for written though
// it is not: a later sync reports success for such pages. Since Open fills the
// duplicate window with these lines, a redelivery would be acknowledged by them.
//
// # Failures
//
// When a write or a sync fails, every batch of the group and every batch that
// gathered behind it gets the error, and none of their ids is remembered. Nothing
// is written until the segment was cut back and synced; each Append and Rotate tries that
// first. A file with lines that failed once is then sealed. So a full disk needs
// no more than room to be usable again.
//
// # Sent again
//
// A sender without an answer delivers again, perhaps after several restarts. So
// the window outlives the segments: Remove keeps the ids and sums of the lines
// that it takes away, as far as the window holds them, in the files recent.0 and recent.1, of at most twice
// the window's bytes each. They cost a sync for each segment, none for a batch. Open reads them before the
// segments. They are a memory, not a record: what is torn, spoilt or unreadable in them is
// ignored, and told in Recovery; then a redelivery may be written again. On a full disk, where only removing
// makes room, Remove tries again when the segment is gone, and then goes on without (Stats.Forgotten); a crash just
// then forgets.
//
// # Damage
//
// A complete line that Identify can't read, or whose number doesn't follow,
// was written whole and spoilt later: by a disk, a file system, a person. (Or it was
// in the last, unacknowledged group when the power failed, and the file system
// kept its end and not its beginning.) It must neither cost its neighbours nor stop
// the collector, and nobody may throw it away unseen. Open copies
// such lines to a file beside the segment, takes them out of it, and reports both
// in Recovery with the count of the numbers that are missing now. The gap in seq stays as evidence. Nothing
// deletes the copies: they are small, rare, and an investigator's. A sealed segment may so end up
// with no lines; it is still listed, so that its seal number is accounted for.
//
// # Limits
//
// Lines carry no checksum: damage that leaves a line readable is found only
// after it was sealed into the Merkle log. Open reads every segment, so it takes as long as reading
// MaxBytes. The disk is believed when it says that a sync succeeded.
package journal
