// Package recorder writes to the trail who looked at it: each view and export of the web page and each call of the MCP server is an audit event
// of its own.
//
// It is a writer like a collector's exporter, made of the same parts: a journal that is synced before the answer is given, objects of one
// tier and day, a log that is signed. It has a name, a key and a log of its own, so it shares nothing with the collectors whose events are
// looked at. A look that can't be recorded is refused: [Recorder.Record] returns the error.
//
// A bucket that is away keeps the records in the journal. One in which somebody else writes under the recorder's name stops it, and
// with it every look.
package recorder
