// Package compliance measures a trail against a policy. [Run] makes a document: checks, each passed, failed or not decidable, with its numbers,
// the ids of events, and what the data can't show; and a table of controls of laws and standards, which says for each what evidence the
// trail gives and where it ends. It helps meet them; whether they are met is not for a program to say, and no text here says so.
//
// # Passing
//
// A check fails when an event, or a finding about the log, breaks it. It passes when everything that was asked for was seen and nothing breaks
// it. In between it is not decidable: there are no events that it is about, a part of the data can't be read or isn't
// verified, or the events don't tell what would decide it. What can't be seen never makes a check pass.
//
// # Signing
//
// [Sign] makes a signed note (C2SP signed-note, as the trail's checkpoints are) over the SHA-256 of the report and the checkpoints that it was
// computed from. [Check] opens it. The same report and key give the same note.
package compliance
