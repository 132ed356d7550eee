// Package verify proves a bucket untouched, or names what was done to it. It is the second implementation of
// docs/format.md: it shares no code with what writes the trail, so a mistake there is found here.
//
// # What it does
//
// [Run] takes one writer's log after the other (a few side by side) and reads each entry once, in order. While the entries go by
// it grows the Merkle tree, compares its root with the signed checkpoint of every size, keeps the rules between entries
// (seal numbers, seq, keys, daily sums, heartbeats), and hands each object to a pool that fetches, hashes, unpacks and
// reads it line by line. Then it lists what lies in the bucket and compares that with what the logs name, and compares the logs with what
// writers saw of each other.
//
// # What a finding is
//
// A [Finding] has a stable [Kind], a place, and what was expected and found. A violation makes [Report.OK] false. A note is something
// that an auditor should know and that proves nothing: an object that went when its lock had ended, a log without a closing entry whose
// last word is recent. What keeps us from looking at all (no bucket, no permission, a dead server) is an error instead.
//
// One change is told once, as what it is, as far as that can be known: an object whose bytes changed is read all the same, and the
// difference between what it holds and what its entry says gives the name (see diagnose.go). What cannot be judged any more because of it is
// not told.
//
// # Memory
//
// Held are: per writer the right edge of its tree and about 300 bytes per tier and UTC day; per object under way one
// buffer and one decoder; per seal under way one bit per line; 1 MiB at most of small objects read ahead. Segments and lines are not
// held. Exceptions grow with what is wrong or absent: findings (bounded by [Options.MaxFindings]), missing segments that a day object
// may hold (some 400 bytes each; of the first 200,000 the lines are read there), and what writers saw of each other (40 bytes for each different checkpoint, bounded).
//
// Everything in the bucket is hostile: sizes are checked before memory is taken, and nothing is believed before its hash is.
package verify
