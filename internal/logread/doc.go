// Package logread reads the events of a bucket in time order, with nothing but the bucket.
//
// # What is read
//
// Every segment (events/) and every day object (days/) whose key may hold what the [Query] asks for; keys tell tier and
// UTC day, so the rest is not even fetched. A day object repeats its segments line by line. Such a copy is no
// duplicate, and is passed over in silence.
//
// # Order
//
// By timestamp; for equal times by event type, causes before their effects (a tool call before its result); then by
// writer and sequence number. An event that was stored twice, with the same id and the same body, comes once and is
// counted in [Stats.Duplicates]. The same id with another body is another event and comes, too.
//
// # Findings
//
// What is wrong with the bucket stops nothing: each thing is reported as a [Finding] with its key and line, and the
// reading goes on. A line that is no valid event can't be put in order and is left out. A valid event in the wrong
// object (other tier, day or writer than the key says) is reported and comes nevertheless, in the order of the day that
// its key says. What prevents reading (no bucket, no permission, a dead server) is an error instead, and ends it: a
// list with holes would look like a list without. Before that, what may pass (a lost connection, a silent server) is tried
// again a few times.
//
// # Following
//
// [Follow] looks at the bucket again and again and passes on what has come, in the order in which it was stored. It reads new segments alone, and
// knows an event again that was stored twice among the last 65,536. A bucket that can't be read is told of once, and tried on.
//
// # Memory
//
// Objects are read one UTC day at a time, several of a day in parallel. Held are the stored lines of one day that match
// the query, plus 64 bytes per line, plus the keys of all objects listed. [Options.MaxHeld] bounds the lines;
// beyond it the answer is [ErrTooLarge]. Nothing is held decoded.
package logread
