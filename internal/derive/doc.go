// Package derive decides what facts mean: which audit events they make, with what outcome, by
// whom, on whose behalf. It does so once for all dialects, and knows no attribute names.
//
// One span gives several events, since they have different lives. A tool span is a tool call at
// its start and a tool result at its end; a model call is a response (raw text, short-lived)
// and its usage (for billing, longer). The table in plan.go says which operation makes which
// events; approvals and failures may come with any operation and stand beside it.
//
// # Approvals
//
// The tables in approval.go say what the dialects' words mean: a state, a class of actor, whether it
// stands for later calls. Who decided is never guessed. That a tool ran is no approval, and no word for
// the actor makes it unknown.
//
//   - A request is a permission_check with the status pending.
//   - What a person approved or refused is a human_intervention.
//   - What a policy, a hook, a model or nobody known allowed is a decision.
//   - A refusal is a permission_denied, whoever refused. A person's refusal is both: their act, and the
//     end of the call. An approval that expired was refused by nobody: actor unknown.
//   - What is told of a call by its id alone gets the arguments that the model proposed, lest its hash be that
//     of another call; a run without an id gets the id of the proposal, if it can be but one.
//   - A verdict on what is done already (Copilot's edits) is a human_intervention and refuses nothing.
//   - Where a batch tells of the call too, joined by the tool call id within the trace (spans) or the session
//     (log records), the approval carries that call's arguments and hash, is told once, and the call's
//     events repeat it. A call that was refused or waits has a tool_call with that outcome and no
//     tool_result, unless it says itself that it succeeded.
//
// # Outcomes
//
//   - Control flow is no error: an interrupt, a deferral, a rejection or a tripwire is told as what it is. The
//     tables in outcome.go know them by error type, and by phrases that the frameworks write.
//   - A refusal for want of permission is a permission_denied, not an error.
//   - An error is told once, by the innermost span of the batch that failed with it.
//
// # One thing, told once
//
// Within one batch; what is spread over several, or over spans and log records, shares ids by which a
// reader can join it (response_id, tool.call_id, session_id).
//
//   - A span and the same call's span inside it are one, and so are siblings with one response id or, at
//     the same time, one tool call id. A failed attempt inside a call that succeeded is a call of its own.
//   - Handoffs: the handoff's own span goes before the tool that did it, and that before the run of the agent
//     that took over, which alone tells one if its nearest agent above has another name.
//   - Usage is told by model calls only. An agent's total stays on its final_output, where nobody adds it,
//     even when no model call is in the batch: they may have been in an earlier one.
//
// # Identity and data
//
//   - Identity that a span lacks comes from its nearest ancestor in the batch that has it.
//   - Tools whose names say what they do to data (kinds.go) give a data_access or data_modify; so do the
//     queries of databases inside an agent's work, and a request there that was refused with 401 or 403 is a
//     permission_denied.
//
// Events leave this package with raw texts: [event.Event.Rewrite] must follow. Hashes are taken here,
// before redaction, with the deployment's key where short text could be guessed back.
package derive
