// Package event is the canonical audit event: what it holds, how it is written,
// how it travels, and what its identity is. It is the specification of the format
// agentaudit/v1; the table in fields.go is its normative part, and
// event.schema.json is generated from that table.
//
// # The stored form
//
// An event is one JSON object on one line: UTF-8, no byte above 0x7F escaped, no HTML
// escaping, no white space between tokens, members in the order of the table,
// members without a value absent. [Event.AppendJSON] writes it, [Decode] reads it and
// refuses everything else. Times are RFC 3339 in UTC with nine digits of fraction, so
// that they sort as text. Trace and span ids are lower-case hexadecimal.
//
// Some members hold JSON that the event does not interpret (arguments, results,
// messages). It is kept as compact text, at most [jsontext.MaxDepth] levels deep. What
// was no JSON when it arrived is a JSON string.
//
// # Identity
//
// [SpanEventID] and [LogEventID] are UUIDs of version 8 (RFC 9562 section 5.8) over the
// identity of the telemetry. The same telemetry delivered twice gives the same ids, so
// a reader or an exporter can drop the second.
//
// # The stored stamp
//
// Writer, seq, ingested_at and conflict are known only to the exporter, when a line gets its
// place in the journal. They are the last members: [Event.AppendBody] writes all the
// others and leaves the object open, [AppendStamp] closes it.
//
// # In flight
//
// Between the processor and the exporter, which may run in different collectors, an
// event is a span event or a log record named by its event type. Each member is an
// attribute: "agent_audit." and the member's dotted name; members that are JSON travel
// as their text. Trace id, span id and timestamp are those of the span event or
// log record itself.
package event

//go:generate go run ./internal/genschema
