package forensics

import (
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/timeline"
)

// Advice is a recommendation with what it rests on.
type Advice struct {
	Rule string
	Text string
}

// rule is a row of the table: when every part of the condition that is given holds, the advice is given. Rules about a cause look at the first
// cause of each incident.
type rule struct {
	name string
	// words: one of them stands in the error's type or message.
	words []string
	// outcomes and kinds of the cause.
	outcomes []string
	kinds    []timeline.Kind
	// standing of the incident.
	standing Standing
	// class of a repetition, wrong of a permission, flaw of a step: anywhere in the timeline.
	class Class
	wrong string
	flaw  timeline.Flaw
	// wrote: data was changed before the first cause.
	wrote bool

	advice string
}

// rules are the recommendations.
var rules = []rule{
	{name: "rate_limit", words: []string{"429", "rate limit", "ratelimit", "too many requests", "quota", "overloaded", "throttl"}, advice: "The service refused for load: retry with growing, random pauses, spread the calls, or ask for a higher limit."},
	{name: "timeout", outcomes: []string{event.OutcomeTimeout}, advice: "The call ran out of time: compare the limit with the tool's usual duration (agentaudit report tools), and make sure that a retry cannot do the thing twice."},
	{name: "timeout", words: []string{"timeout", "timed out", "deadline exceeded"}, advice: "The call ran out of time: compare the limit with the tool's usual duration (agentaudit report tools), and make sure that a retry cannot do the thing twice."},
	{name: "connection", words: []string{"connection refused", "connection reset", "econn", "unreachable", "no such host", "dns", "bad gateway", "service unavailable", "502", "503", "504"}, advice: "The service could not be reached: look at its health and the network at that time; retry a read, ask before repeating a write."},
	{name: "credentials", words: []string{"401", "unauthorized", "unauthenticated", "invalid api key", "invalid token", "expired token", "token expired"}, advice: "The credentials were not accepted: check whether they expired or were rotated; until then stop the agent's retries, which may lock the account."},
	{name: "permission", words: []string{"403", "forbidden", "permission denied", "access denied", "not authorized", "permission_denied"}, advice: "The agent may not do this: decide whether it should. If not, take the tool from it; if so, grant exactly this right."},
	{name: "not_found", words: []string{"404", "not found", "no such", "does not exist", "doesn't exist", "unknown id"}, advice: "What was asked for is not there: look where its name came from. If the model made it up, have it look up names instead of guessing."},
	{name: "arguments", words: []string{"validation", "invalid argument", "invalid param", "schema", "missing required", "bad request", "jsondecode", "unexpected token", "typeerror", "valueerror"}, advice: "The arguments were not what the tool takes: make its description and schema say so, and return the tool's complaint to the model."},
	{name: "conflict", words: []string{"409", "already exists", "duplicate", "conflict"}, advice: "It was done already or by somebody else: give the call an idempotency key, and look at what the earlier attempt left."},
	{name: "context_length", words: []string{"context length", "maximum context", "context window", "too many tokens", "max_tokens", "prompt is too long"}, advice: "The conversation outgrew the model: shorten or summarise what is carried along, and bound the results of tools."},
	{name: "content_filter", words: []string{"content_filter", "content filter", "safety", "policy violation", "blocked by guardrail"}, advice: "A filter stopped it: read what was blocked before loosening anything; it may have been right."},
	{name: "model", kinds: []timeline.Kind{timeline.Model}, advice: "A model call came first: have a second model or provider to fall back to, and look at the provider's status of that time."},
	{name: "handoff", kinds: []timeline.Kind{timeline.HandoffTo}, advice: "Control was passed on and not taken up: check that the agent which it went to exists, and what it was told."},
	{name: "lasting", standing: Lasting, advice: "The failure reached the user: tell them, and have the run end with a message that names what was not done."},
	{name: "contained", standing: Contained, advice: "The run succeeded in spite of a failure inside of it: check that the answer does not claim what failed."},
	{name: "half_done", standing: Lasting, wrote: true, advice: "Data was changed before the failure: check that it is not half done, and undo or complete it."},
	{name: "retry_storm", class: Storm, advice: "The same call failed again and again: bound the attempts and let pauses grow."},
	{name: "loop", class: Loop, advice: "The same call was made again with the same result: bound the agent's steps, and tell the model that it has asked this already."},
	{name: "unapproved", wrong: wrongUnapproved, advice: "Something ran without the approval that it needed: enforce the approval where the tool is called, not in the prompt."},
	{name: "unanswered", wrong: wrongUnanswered, advice: "Something ran after it was asked for permission, and the answer is not on record: have the answer traced, with who gave it."},
	{name: "other_than_approved", wrong: wrongOther, advice: "What ran is not what was approved: tie the approval to the action hash and refuse anything else."},
	{name: "approved_late", wrong: wrongEarly, advice: "Something ran before it was approved: have the tool wait for the decision."},
	{name: "missing_parents", flaw: timeline.MissingParent, advice: "Steps are missing above some others: check sampling, dropped spans and context propagation before relying on what is not there."},
	{name: "clocks", flaw: timeline.ClockSkew, advice: "Clocks differ between services: synchronise them; until then trust the tree and not the order in time."},
}

// advise looks up the rules that hold; each gives its advice once.
func advise(a *Analysis) (list []Advice) {
	for i := range rules {
		r := &rules[i]
		if !r.holds(a) || slices.ContainsFunc(list, func(x Advice) bool { return x.Rule == r.name }) {
			continue
		}
		list = append(list, Advice{r.name, r.advice})
	}
	if in := a.Main(); in != nil && !slices.ContainsFunc(list, func(x Advice) bool { return aboutCause(x.Rule) }) {
		list = append(list, Advice{"unknown", "No rule knows this error: read the first cause's event (agentaudit log --json) and the tool's own log of that time."})
	}
	return list
}

// aboutCause says whether a rule looks at the error itself.
func aboutCause(name string) bool {
	return slices.ContainsFunc(rules, func(r rule) bool { return r.name == name && (r.words != nil || r.outcomes != nil) })
}

func (r *rule) holds(a *Analysis) bool {
	if r.class != "" && !a.hasRepeat(r.class) || r.wrong != "" && !a.hasWrong(r.wrong) || r.flaw != "" && a.Summary.Flaws[r.flaw] == 0 {
		return false
	}
	if r.words == nil && r.outcomes == nil && r.kinds == nil && r.standing == "" {
		return true
	}
	return slices.ContainsFunc(a.Incidents, func(in Incident) bool { return r.holdsFor(a, &in) })
}

func (r *rule) holdsFor(a *Analysis, in *Incident) bool {
	message := ""
	if in.Event != nil {
		message = strings.ToLower(in.Event.ErrorType + " " + in.Event.Error)
	}
	return (r.words == nil || slices.ContainsFunc(r.words, func(w string) bool { return contains(message, w) })) &&
		(r.outcomes == nil || slices.Contains(r.outcomes, in.Cause.Outcome)) &&
		(r.kinds == nil || slices.Contains(r.kinds, in.Cause.Kind)) &&
		(r.standing == "" || r.standing == in.Standing) &&
		(!r.wrote || len(a.Writes) > 0)
}

// contains says whether a word stands in a text; a number must not be part of a longer one.
func contains(text, word string) bool {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if word[0] < '0' || word[0] > '9' || !digit(i-1) && !digit(i+len(word)) {
			return true
		}
		from = i + 1
	}
}
