// Package trail is the log that makes a bucket provable: one for each writer, append-only, signed, of entries that tell
// of every object, every loss and every silence. docs/format.md is the specification of what is stored; this package
// writes it, and reads its parts for those who verify.
//
// # One order of events
//
// A seal goes through these steps, in this order. A crash after each one leaves:
//
//	1 data objects                  objects that no entry names. The journal still has the segment, so the next start
//	                                seals it again, meets its own objects, and goes on with 2.
//	2 stage: the batch's bytes are  nothing new in the bucket, but it is settled what will be put there: times, counts
//	  saved beside the journal      and signatures are never made twice. The next start goes on with 3.
//	3 a daily entry's file          part of the batch in the bucket. Entries at or beyond the size of the newest
//	4 entries; after each, the      checkpoint say nothing. The next start puts the same bytes again, meets what is
//	  tiles it completes            there, and goes on.
//	5 checkpoint                    ← the commit point: all of the batch counts, for every reader
//	6 the journal's segment is      the segment, which the next start seals again; the log has its number, so no second
//	  removed                       entry is made
//	7 partial tiles, pointer        an older published size, of which everything is there. The next start publishes.
//
// Steps 3 to 5 are [Log.finish] alone, on the normal path as after a crash. The state is saved once for a batch, in step
// 2: it holds the tree before the batch and the batch itself, so until the next batch is saved, a start puts the batch
// again, for nothing.
//
// If step 2 fails the file may hold the batch or not. Nothing of it was put, so either is fine: the process stages
// another batch over it, or the next start puts this one.
//
// # Who owns a log
//
// The state lives beside the journal, and is lost with it. A writer with neither that finds a log under its name stops,
// and so does one that finds any file of its log to be other than it put it: both are [objstore.ErrConflict].
//
// # Keys
//
// Entries and files are bound to the key that signs. Another key takes over only by an entry that both sign.
package trail
