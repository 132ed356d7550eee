// Package lake brings the audit events of a bucket to a SQL engine on the auditor's machine. Objects are immutable, so to fetch one
// is to verify it is to cache it: an object is read from the bucket once.
//
// # From the bucket
//
// [Open] verifies the writers' logs (internal/verify, logs only), which tell every object with its SHA-256. Of those it takes the
// objects of the wanted days and tiers, day objects before the segments that they join, fetches what the cache lacks, and
// compares each with its hash. An object that differs, is missing or may not be read is left out and named in [Provenance]; so are the
// objects of a log that doesn't verify. Nothing else is ever shown, but with [Options.Unverified], which lists the bucket, takes
// what it finds, and marks every answer.
//
// # The cache
//
// Objects that are fetched together, of one tier and day, become one Parquet file: the columns of internal/event, every line a
// row. Beside it stands a small file that names the objects in it. It is written last and renamed into place, so that a Parquet file
// without it is the rest of a crash and is removed. What was used longest ago goes when the cache is larger than its limit.
// The objects that the logs told of are kept, too ([Options.MaxAge]), so that a question about days that are over needs no bucket.
//
// # The view
//
// SQL sees one view, events, typed from the event table. It has each event once: of rows with one event_id and one body, the
// first stored. A row without session, user or agent has those of its trace, when the trace has one; a tool call without an
// approval has the one that names its call id or action hash. The column inferred lists what was completed so. The view history is
// the same without the limits of time: what reports compare with.
//
// # Without cgo
//
// The engine (DuckDB) needs cgo. Without it [Open] returns [ErrNoEngine].
package lake
