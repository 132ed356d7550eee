// Package forensics says of a trace or a session what went wrong: which failure came first, what depended on it, what was tried, and what
// had been decided, read and approved by then. It reads a timeline and nothing else, so the same events give the same answer.
//
// # Failures
//
// A step failed when it ended in an error or a time-out. Failures belong together, and with them denials and cancellations, when
// one depends on the other by what the trail shows:
//   - ancestry: the one lies in the other, and no agent's run or tool call between them succeeded;
//   - the call: both name the same tool call id;
//   - the action: both did the same thing, by action hash or else by tool and arguments, or by model within the same run.
//
// A failure is recovered when the same action succeeded later. Those that belong together are an [Incident]. Its first cause is the earliest of them that
// was not recovered; when the outermost one repeats the message of others, the earliest of those. Of equal times the inner one came
// first. An incident lasts when it reached the end of a run, is contained when what it lies in succeeded, stands alone when
// the trail doesn't show what it lies in, and is recovered when all of its failures are.
//
// That is evidence, not proof: a step may fail for a reason that nobody traced. The document says so.
//
// # Repeats
//
// The same action with the same arguments, made again, is a retry when the attempt before failed, a retry storm from five failures
// on, a loop when three or more attempts gave the same result, and polling when their results differ.
package forensics
