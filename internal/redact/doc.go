// Package redact removes secrets and personal data from what agents emit, before
// anything is written. The audit trail is immutable, so it is the worst place to leak into.
//
// # Where it looks
//
// Leaf by leaf: texts, the text inside JSON, JSON inside strings of JSON to depth 8, the values and names
// of attributes. A text is replaced only where something was found; every other byte
// stays, and JSON stays valid.
//
// # What it looks for
//
//  1. The key rule ([keyname]): what stands under the name of a secret is one, whole, texts and
//     numbers and containers. Booleans, null and what others have redacted stay.
//  2. The detectors ([detect]): secrets of published formats, secrets beside a telling word, personal
//     data that a check digit or a telling word gives away.
//
// Under names that carry structure (ids, hashes, times, models, counts), and in bytes that are no text, only secrets of
// a fixed format are looked for. The ids of users are taken whole where the configuration says so.
//
// # Promises
//
//   - Fail closed. A panic in a detector, JSON nested too deep, a text too long: that leaf becomes
//     "[REDACTION FAILED: reason]", its neighbours stay, the [Log] counts it.
//   - Time is linear in the text, whatever the text. Nothing in the data switches a rule off.
//   - Every change is in the [Log]: JSON pointer, rule, action, count. Never the value.
//   - The same configuration gives the same result; [Redactor.Version] names both.
package redact
