// Package watch looks at a bucket on a schedule and tells others what it finds, each finding once.
//
// # A look
//
// A [Looker] runs the rules of internal/anomaly over the last days and internal/verify over the whole bucket, from where the
// trust file says that it is verified, and returns alerts. The period begins with a UTC day, so that a finding of an hour or a day is not made of a
// part of it. An alert has the fingerprint of its finding, which is the same at the next look.
//
// # Once
//
// The [Watcher] keeps in its state file which fingerprints were told, and which alerts wait for which receiver. The state is saved, synced to disk,
// before anything is sent and after it was received. So
//
//   - a finding that was told is not told again, whatever restarts there are in between, until it was not seen for [Options.Forget];
//   - an alert that a receiver didn't take waits and is sent again, at longer and longer distances, without end, after a restart too;
//   - a crash between a receiver's answer and the saving of it, at most a second later, sends that alert twice. An Alertmanager takes the two for one, for their labels are
//     the same; a command gets the fingerprint to do so.
//
// At most [Options.MaxPending] alerts wait. What doesn't fit is not marked as told, so that a later look finds it again; that it was left is said.
//
// # When it can't look
//
// A look that fails [Options.Patience] times in a row is an alert of its own: a watcher that sees nothing must not look like a bucket in which there is
// nothing.
//
// # Receivers
//
// A [Receiver] is an [Alertmanager] (POST /api/v2/alerts) or a [Command] (a JSON object on its standard input, no shell). Findings quote events, which is
// text from outside: control characters are taken out and texts are cut; nothing of it becomes an argument, a header or a part of a URL. Neither
// URLs' passwords and queries nor tokens are in errors or logs.
package watch
