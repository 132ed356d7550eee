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
//     nothing more. The marks of the last dialect, "unknown", are guesses: they count where there
//     is no other.
//  2. Read: every attribute whose key some recognised dialect knows sets its field. When several do,
//     the dialect that stands first in the table wins, and within it the key that stands first. A key
//     that lost but says something else, an unknown key, and a known key with a value of an
//     unfit type stay among the rest, which the event keeps under "attributes".
//     Families of keys that spell out a list, a leaf each, are put together again as a JSON array
//     ([Indexed]); members of JSON objects in an attribute may hold fields too ([Document]).
//  3. Span events are read likewise: exceptions, messages, evaluations.
//  4. The operation is found: by [Kind], by [Operation], by [Method], by the span's name, by what it has.
//  5. The dialects' own functions run.
//  6. Settle: [Input], [Output] and [Subject], which many dialects have for whatever was done, go
//     to the fields that they are for this operation, unless those are known better.
//  7. Approvals that stand in messages become facts of their own.
//
// # Message arrays
//
// [InputMessages] and [OutputMessages] hold JSON text in the form of the OTel GenAI
// message schemas, [{role, parts:[{type, …}]}]. The messages of every API that is known are
// converted when the facts are settled, so that a dialect need not; what is no array of messages
// stays as it was written.
//
// # Limits
//
// What comes from outside may be hostile. Flattened keys are bounded in number, depth and bytes, their
// indexes in digits, and names that would change an object's prototype elsewhere are no path: such a
// key stays an attribute. What is left out is noted ([Facts.Cut]), and so is a document whose end an
// SDK has cut off, so that the event can say so.
package dialect
