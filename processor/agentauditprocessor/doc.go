// Package agentauditprocessor is the agent_audit processor: it turns the telemetry of AI
// agents into canonical audit events. The packages under internal do the work; here is how they
// are put together.
//
// Per span or log record: recognise the dialect, read it into facts, derive events, apply the user's
// rules, redact, tag a tier, attach. Redaction comes after derivation because it then covers
// the whole event by construction: whatever text a field holds, however it got there, is
// redacted unless the event's table says that it is structure.
package agentauditprocessor

//go:generate mdatagen metadata.yaml
