// Package evidence makes evidence packs: one file that shows, without the bucket, what happened in a trace or a session and that it was
// recorded then. Whoever is handed one needs the public key and nothing else.
//
// # The file
//
// A pack is a zip file; the same events under the same checkpoints give the same bytes. It holds
//
//	manifest.json               what it is about, how many events, and the size and SHA-256 of every other file
//	events.jsonl                the stored lines, byte for byte, in time order
//	proofs.jsonl                for each of them, in the same order: its object, and the path from the line to the object's root
//	objects.jsonl               for each object: the entry that tells of it, and the path from the entry to the log's root
//	entries/WRITER/INDEX.json   the entries, byte for byte
//	checkpoints/WRITER          the signed checkpoint
//	rotations/WRITER.json       the notes by which keys handed over, if there are any
//	keys/WRITER                 the keys that the log publishes; to look at, not to trust
//	report.md, report.html      the report
//
// # What it proves
//
// [Check] proves that each line stands in a log that the holder of a given key signed, and that nothing was changed, added or taken away since the
// manifest was made. It doesn't prove the report, which was computed from the lines, nor that they are all there were: somebody who makes a whole new
// pack of fewer lines makes a good one. Hand the pack's SHA-256, which making and checking print, over by another way.
//
// A pack comes from outside: sizes are checked before memory is taken.
package evidence
