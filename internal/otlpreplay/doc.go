// Package otlpreplay sends recorded telemetry to an OTLP/HTTP endpoint.
//
// A recording is what the Collector's file exporter writes: one JSON object per line, each an export request of traces
// (resourceSpans) or logs (resourceLogs) in OTLP's JSON encoding. Each line becomes one request per signal, in
// protobuf, sent in order and one at a time: a request is sent when the one before has been acknowledged. Metrics and
// profiles are counted and left out.
//
// # Failures
//
// A line that is no such object is told to [Options.OnProblem] with its place, and the replay goes on; so is a request
// that the server refuses for its content (400, 413), and one of which it rejects a part. Answers that
// ask to come again (429, 502, 503, 504) and lost or refused connections are retried with growing pauses, or with the
// pause that Retry-After asks for, until [Options.Timeout]. Everything else ends the replay: nothing that comes after
// would fare better.
//
// # Sending again
//
// The same recording sent twice is the same telemetry, and a receiver may drop the second. [Options.FreshIDs] makes each
// sending a run of its own.
package otlpreplay
