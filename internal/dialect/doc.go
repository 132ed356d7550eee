// Package dialect reads the telemetry of agents, in whatever convention it was
// emitted, into [Facts]. It is the only package that knows the attribute names of the
// outside world.
//
// A [Dialect] is a table: by which marks it is recognised, which keys hold which
// [Field], what its operation names mean, what its span events and log events are. A few
// functions say what a table can't. A dialect only reads. What the facts mean, which events
// they make and with what outcome, is decided once for all dialects in package derive.
//
// # How a span is read
//
//  1. Recognise: the head of each attribute key (up to the first '.' or ':'), the scope and, for log
//     records, the event name are looked up. A span without a mark is no agent's and costs
//     nothing more.
//  2. Read: every attribute whose key some recognised dialect knows sets its field. When several do,
//     the dialect that stands first in the table wins, and within it the key that stands first. A key
//     that lost but says something else, an unknown key, and a known key with a value of an
//     unfit type stay among the rest, which the event keeps under "attributes".
//  3. Span events are read likewise: exceptions, messages, evaluations.
//  4. The dialects' own functions run last.
//
// # Message arrays
//
// [InputMessages] and [OutputMessages] hold JSON text in the form of the OTel GenAI
// message schemas, [{role, parts:[{type, …}]}], or whatever the emitter wrote if
// that could not be had. Dialects with another form convert.
package dialect
