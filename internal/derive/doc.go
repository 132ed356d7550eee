// Package derive decides what facts mean: which audit events they make, with what outcome, by
// whom, on whose behalf. It does so once for all dialects, and knows no attribute names.
//
// One span gives several events, since they have different lives. A tool span is a tool call at
// its start and a tool result at its end; a model call is a response (raw text, short-lived)
// and its usage (for billing, longer). The table in plan.go says which operation makes which
// events; rules that hold for every operation (errors, denials, handoffs) stand beside it.
//
// # Rules
//
//   - Control flow is no error: an interrupt, a deferral or a rejection is told as what it is.
//   - A refusal for want of permission is a permission_denied, not an error.
//   - An error is told once, by the innermost span of the batch that failed with it.
//   - Usage is told by the model call only, never by an agent that repeats the total of its calls.
//   - Identity that a span lacks comes from its nearest ancestor in the batch that has it.
//   - A call described twice, by a span and by the same call's span inside it, is told once.
//
// Events leave this package with raw texts: [event.Event.Rewrite] must follow. Hashes are taken here,
// before redaction, with the deployment's key where short text could be guessed back.
package derive
