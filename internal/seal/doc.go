// Package seal turns one sealed journal segment into objects.
//
// A segment holds lines in the order of arrival; an object holds those of one tier and one UTC day of the event's own
// timestamp, in the same order. The objects' keys, bytes and lock dates depend on the segment, the writer's name, and
// the compression alone, never on the clock or on what happened before. So after any crash the same segment is sealed
// again, meets its own objects in the bucket, and is done: there is no other recovery. If the process was upgraded or
// configured anew in between, so that the same lines would be packed in another way, the lines decide: an object that
// holds the same ones is its own, too.
//
// # Two passes
//
// The first pass reads the segment once and remembers where the lines of each object lie. The second writes one
// object after the other: lines, through one reused encoder, into a spool file that is hashed on the way, and from
// there into the bucket, a few at a time. Memory is the encoder's (about 3 MiB), the longest line, and the index: some bytes per line,
// and about 200 per object. Telemetry with hostile timestamps makes many objects of one segment, which costs
// requests, but neither memory to speak of nor anybody else's lines.
//
// Spool files can be made again at any time and so are never synced. When the disk is full, an object is held in memory
// instead.
//
// # Objects
//
// A .zst object is one zstd frame, a .gz object one gzip member without name and time, both with checksums. Joined
// objects of one tier and day are again a valid file of the same kind.
//
// # Locks
//
// An object is locked until the largest retention.days of its lines has passed, counted from the end of the day on
// which the segment was last written to (its ingest day), or of the event's day if that is the next one. An event
// that claims to be from further in the future than a day doesn't prolong its lock, and none is longer than 100 years,
// S3's own limit: a forged timestamp must neither fill a bucket for ever nor be the put that never succeeds.
//
// # Damaged lines
//
// The journal sets damaged lines aside when it recovers, so here one means that bits changed since. It must not take
// its neighbours along and must not vanish: it is stored as it is, as critical, under the ingest day of the last good
// line before it, or the first one after, or under 1970-01-01 if the segment has none. [Object.Damaged] counts
// such lines.
package seal
