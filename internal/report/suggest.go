package report

import (
	"cmp"
	"slices"
	"strings"
)

// suggestions says what to do about failures. The first row whose words stand in the class or the message is it; lower case.
var suggestions = []struct {
	Cause  string
	Words  []string
	Action string
}{
	{"rate limit", []string{"rate limit", "rate_limit", "ratelimit", "too many requests", "429", "quota", "throttl"},
		"Back off with jitter and honour Retry-After; ask the provider for a higher quota or spread the load."},
	{"context too long", []string{"context length", "context_length", "maximum context", "too many tokens", "max_tokens", "prompt is too long"},
		"Shorten what goes into the prompt: summarise history, cut tool results, or use a model with a larger context."},
	{"credentials", []string{"401", "unauthorized", "unauthenticated", "invalid api key", "authentication", "expired token", "token expired"},
		"Check the credentials of the agent or tool: rotated, expired, or not mounted."},
	{"permission", []string{"403", "forbidden", "permission", "access denied", "accessdenied", "not authorized"},
		"Decide whether the agent should have this right; if so grant it, if not take the tool from it."},
	{"timeout", []string{"timeout", "timed out", "deadline", "504", "408"},
		"Look at the p95 of the tool (report tools); raise the limit, or make the call smaller or asynchronous."},
	{"network", []string{"connection refused", "connection reset", "connecterror", "connectionerror", "econnrefused", "econnreset", "no such host", "dns", "unreachable", "network", "broken pipe", "tls"},
		"Check that the tool's service is up and that the network lets the agent reach it; retry only what is idempotent."},
	{"service down", []string{"500", "502", "503", "internal server error", "bad gateway", "service unavailable", "overloaded", "server_error"},
		"The other side failed: retry with a limit, and tell its owner when it goes on."},
	{"wrong arguments", []string{"validation", "invalid argument", "invalid_argument", "invalid parameter", "valueerror", "typeerror", "schema", "missing required", "bad request", "400", "422", "json", "parse"},
		"The model called the tool with arguments that it doesn't take: sharpen the tool's schema and description, and answer errors that say what is wrong."},
	{"not found", []string{"not found", "notfound", "404", "no such", "does not exist", "doesn't exist", "keyerror", "unknown"},
		"The agent asked for what isn't there: check where it got the name or id from."},
	{"conflict", []string{"conflict", "409", "already exists", "duplicate", "locked", "deadlock"},
		"Make the action idempotent, or read before writing; look for two agents at the same record."},
	{"out of resources", []string{"out of memory", "oom", "no space", "disk full", "resource exhausted", "resource_exhausted"},
		"Give the tool more memory or disk, or bound what it is asked for."},
	{"guardrail", []string{"guardrail", "content filter", "content_filter", "policy", "safety", "tripwire"},
		"A guardrail stopped it: read what it saw (report access, trace), and decide whether the rule or the agent is wrong."},
	{"loop", []string{"max turns", "maxturns", "recursion", "max iterations", "maximum iterations", "loop"},
		"The agent went in circles: look at the trace, and give it a way to stop and ask."},
	{"insufficient funds", []string{"insufficient", "declined", "balance"},
		"A rule of the business refused: have the agent check before it acts, and tell the user."},
}

const (
	otherCause  = "other"
	otherAction = "Read one of the traces (agentaudit trace) and see what the step before it did."
)

// Suggest returns the likely cause of a failure and what to do about it.
func Suggest(class, message string) (cause, action string) {
	text := strings.ToLower(class + "\n" + message)
	for _, s := range suggestions {
		if slices.ContainsFunc(s.Words, func(w string) bool { return strings.Contains(text, w) }) {
			return s.Cause, s.Action
		}
	}
	return otherCause, otherAction
}

// suggestActions adds a section with what to do about the failures, the most frequent cause first.
func suggestActions(d *Document) {
	messages := d.table("errors_by_message")
	t := &Table{Columns: []Column{{"cause", Text}, {"errors", Number}, {"suggested_action", Text}}, Records: true}
	at := map[string]int{}
	for i := range messages.Rows {
		class, _ := messages.Value(i, "error_type").(string)
		message, _ := messages.Value(i, "message").(string)
		cause, action := Suggest(class, message)
		row, ok := at[cause]
		if !ok {
			row = len(t.Rows)
			at[cause] = row
			t.Rows = append(t.Rows, []any{cause, int64(0), action})
		}
		t.Rows[row][1] = t.Int(row, "errors") + messages.Int(i, "errors")
	}
	slices.SortStableFunc(t.Rows, func(a, b []any) int {
		first, _ := a[1].(int64)
		second, _ := b[1].(int64)
		return cmp.Compare(second, first)
	})
	d.Sections = append(d.Sections, Section{Name: "suggested_actions", Title: "Suggested actions", Table: t})
}
