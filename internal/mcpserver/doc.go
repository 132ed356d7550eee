// Package mcpserver answers assistants' questions about the trail over the Model Context Protocol. It only reads.
//
// The counting and the thresholds are done here; an answer is a compact document with event ids and the range that is verified, never a
// dump: tables are cut into pages, texts clipped, and the whole is bounded ([maxAnswer]).
//
// What agents wrote is hostile, and here it meets an assistant that may take it for orders. Every answer begins with a notice of ours and then holds
// the data as one JSON text, in which every text of an event stays a quoted string; < and > are escaped, so that no text can end a tag around it.
//
// Tools are rows of the table in tools.go. Each call is recorded by who made it ([Options.Record]) before it is answered, and sees
// only the tiers that the caller may see.
package mcpserver
