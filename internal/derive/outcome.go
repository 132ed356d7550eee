package derive

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

// A pattern matches an error type or message, in lower case, by a part of it.
type pattern struct {
	part    string
	outcome string
}

// outcomes gives errors that mean something else than that the work went wrong. Each pattern is a
// word that the type of the error holds.
var outcomes = []pattern{
	{"graphinterrupt", event.OutcomePending}, // LangGraph waits for a person
	{"approvalrequired", event.OutcomePending},
	{"calldeferred", event.OutcomePending},
	{"graphbubbleup", event.OutcomeSuccess}, // LangGraph's Command, a jump
	{"parentcommand", event.OutcomeSuccess},
	{"permissiondenied", event.OutcomeDenied},
	{"permission_denied", event.OutcomeDenied},
	{"permissionerror", event.OutcomeDenied},
	{"accessdenied", event.OutcomeDenied},
	{"access_denied", event.OutcomeDenied},
	{"forbidden", event.OutcomeDenied},
	{"unauthorized", event.OutcomeDenied},
	{"unauthenticated", event.OutcomeDenied},
	{"policy_violation", event.OutcomeDenied},
	{"timeout", event.OutcomeTimeout},
	{"timed_out", event.OutcomeTimeout},
	{"deadlineexceeded", event.OutcomeTimeout},
	{"deadline_exceeded", event.OutcomeTimeout},
	{"cancelled", event.OutcomeCancelled},
	{"canceled", event.OutcomeCancelled},
	{"aborterror", event.OutcomeCancelled},
}

// statuses are error types that are an HTTP status.
var statuses = map[string]string{
	"401": event.OutcomeDenied, "403": event.OutcomeDenied,
	"408": event.OutcomeTimeout, "504": event.OutcomeTimeout,
	"499": event.OutcomeCancelled,
}

// outcomeOf says how an operation ended.
func outcomeOf(f *dialect.Facts) string {
	failed := f.Failed || f.Has(dialect.ErrorType) || f.Op == dialect.Exception
	if s := f.Bool(dialect.Succeeded); s.Set && !s.Value {
		failed = true
	}
	if !failed {
		return event.OutcomeSuccess
	}
	kind := strings.ToLower(f.Text(dialect.ErrorType))
	if outcome, ok := statuses[kind]; ok {
		return outcome
	}
	for _, p := range outcomes {
		if strings.Contains(kind, p.part) {
			return p.outcome
		}
	}
	return event.OutcomeError
}

// errorText returns the message of a failure: of the exception, else of the status.
func errorText(f *dialect.Facts) string {
	if message := f.Text(dialect.ErrorMessage); message != "" {
		return message
	}
	return f.StatusMessage
}
