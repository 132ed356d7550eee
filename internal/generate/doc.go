// Package generate makes audit events, and buckets that hold them, for tests and measurements of what reads a bucket.
//
// There are two sources of events. A [Scenario] is written by hand, step by step: which agent called which tool when, with
// what outcome, who approved. A [Spec] is a seeded day, or many, of agents at work in the mix that recorded ones give: sessions of a few
// turns, each turn a trace of model calls, tool calls, approvals, handoffs, failures; [Events] gives a small one without a bucket. Both speak through [Run], so what a
// step means in events stands in one place.
//
// There is one way into a bucket: [WriteEvents] and [Write] pack lines with package seal and tell of them with package
// trail, as the exporter does, on a clock of their own. A bucket made here is complete, signed and verifies without a finding: segments,
// entries, tiles, checkpoints, daily entries, day objects.
//
// # Same seed, same bytes
//
// Events, objects and logs depend on the arguments alone: neither on the time of day nor on which writer is quicker. The key that
// signs follows from the seed, so these signatures prove nothing to anybody.
//
// # What is untidy on purpose
//
// As in real buckets, some events of a [Spec] stand in it twice, having been sent again to another writer; some lack the session and
// the user that others of their trace have; some approvals arrive by a log record that shares only a call id or an action hash with
// the call.
package generate
