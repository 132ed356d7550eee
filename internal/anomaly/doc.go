// Package anomaly looks for what agents don't usually do, or must not: a rule is a row of the table in rules.go and a question to
// internal/lake, internal/report/sql/anomaly_NAME.sql, whose thresholds are its parameters.
//
// # Two kinds of rules
//
// Some rules know what is wrong by themselves (eleven calls in a second, a tool that ran without the approval that it needs). Others
// compare with what was before: with the whole history when one far value can't move the measure (medians), else with the time before the
// period that is asked about. Such a rule says how much history it needs, and what it couldn't decide for lack of it ([Undecided]): no
// finding is not the same as nothing found.
//
// # Findings
//
// A [Finding] says which rule, about whom, what was seen, what was to be expected, and by which events. It has a fingerprint that is the same
// whenever the same thing is found again, in a longer or later period, too: it is taken over the rule, the subject and an anchor (a day, an
// hour, a call), never over what was counted. Findings are ordered: the gravest first, then by rule, time and fingerprint.
//
// # Policy
//
// Thresholds stand in the section anomalies of the policy file (internal/policy), a mapping from rules to settings; what it leaves out has its
// default. Which calls need whose approval is taken from the section approvals:
//
//	anomalies:
//	  burst: {actions: 25}
//	  exfiltration: {outgoing: ["send_*", curl], severity: critical}
//	  unusual_hours: {off: true}
//
// Lists are of patterns for whole names, where * stands for any text and ? for one character; capitals don't matter.
package anomaly
