package generate

import (
	"cmp"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Model is one call of a model. What is empty is absent from its events.
type Model struct {
	Provider, Name string // "openai" and "gpt-4.1" if empty
	Input, Output  string // JSON or plain text
	In, Out        int64  // tokens; no usage is told if both are 0
	CacheRead      int64  // of In
	CostUSD        float64
	Reasoning      string
	Took           time.Duration // 2 s if 0
	// Error makes it fail with that message and type. No usage is told.
	Error, ErrorType string

	input, output event.JSON // instead of Input and Output
}

// Model calls a model: an llm_response, a token_usage and perhaps a reasoning, all at its end; or an error.
func (r *Run) Model(m Model) *Run {
	r.begin()
	r.step++
	m.Provider, m.Name = cmp.Or(m.Provider, "openai"), cmp.Or(m.Name, "gpt-4.1")
	took := cmp.Or(m.Took, 2*time.Second)
	r.now = r.now.Add(took)
	span := r.newSpan()
	response := "resp-" + span.String()
	tell := func(t event.Type) *event.Event {
		e := r.emit(t, r.now, span, "llm_call:"+m.Name)
		e.Provider, e.Model, e.ResponseID = m.Provider, m.Name, response
		e.DurationMS, e.StepNumber = milliseconds(took), event.IntOf(r.step)
		return e
	}
	e := tell(event.LLMResponse)
	if m.input = either(m.input, m.Input); m.Error != "" {
		e.Input, e.ResponseID = m.input, ""
		fail(e, event.OutcomeError, m.Error, m.ErrorType)
		fail(tell(event.Error), event.OutcomeError, m.Error, m.ErrorType)
		return r.rest()
	}
	e.Input, e.Output = m.input, either(m.output, m.Output)
	e.FinishReason = "stop"
	if m.In > 0 || m.Out > 0 {
		u := tell(event.TokenUsage)
		u.Tokens = event.Tokens{Input: event.IntOf(m.In), Output: event.IntOf(m.Out), Total: event.IntOf(m.In + m.Out)}
		if m.CacheRead > 0 {
			u.Tokens.CacheRead, u.Tokens.InputIncludesCache = event.IntOf(m.CacheRead), event.BoolOf(true)
		}
		if m.CostUSD > 0 {
			u.CostUSD, u.CostSource = event.FloatOf(m.CostUSD), event.CostReported
		}
	}
	if m.Reasoning != "" {
		tell(event.Reasoning).Reasoning = m.Reasoning
	}
	return r.rest()
}

// rest is the moment between two steps.
func (r *Run) rest() *Run {
	r.now = r.now.Add(time.Millisecond)
	return r
}

func either(j event.JSON, text string) event.JSON {
	if j.IsZero() {
		return event.AnyJSON(text)
	}
	return j
}

func fail(e *event.Event, outcome, message, class string) {
	e.Outcome, e.Error, e.ErrorType = outcome, message, class
}

// Reason tells what an agent thought, apart from a model call.
func (r *Run) Reason(text string) *Run {
	return r.single(event.Reasoning, "plan:"+r.agent(), func(e *event.Event) { e.Reasoning = text })
}

// Decide tells a choice that was nobody's permission. A confidence of 0 is absent.
func (r *Run) Decide(decision, rationale string, confidence float64) *Run {
	return r.single(event.Decision, "decide:"+decision, func(e *event.Event) {
		e.Decision, e.Rationale = decision, rationale
		if confidence > 0 {
			e.Confidence = event.FloatOf(confidence)
		}
	})
}

// Guard tells what a guardrail found. The verdict is the emitter's own word, such as passed or blocked.
func (r *Run) Guard(name, verdict, target, reason string) *Run {
	return r.single(event.Security, "guardrail:"+name, func(e *event.Event) {
		e.Guardrail = event.Guardrail{Name: name, Verdict: verdict, Target: target, Reason: reason}
	})
}

// ChangeMode tells of a change of the rules under which the agent works.
func (r *Run) ChangeMode(mode, rationale string) *Run {
	return r.logged(event.Compliance, "change_mode:"+mode, func(e *event.Event) { e.Decision, e.Rationale = mode, rationale })
}

// Fail tells of an error that is neither a tool's nor a model's.
func (r *Run) Fail(class, message string) *Run {
	return r.single(event.Error, "error:"+class, func(e *event.Event) { fail(e, event.OutcomeError, message, class) })
}

// Feedback tells a judgement of the user's on the session.
func (r *Run) Feedback(name string, score float64, comment string) *Run {
	return r.logged(event.UserFeedback, "evaluate:"+name, func(e *event.Event) {
		e.Feedback = event.Feedback{Name: name, Score: event.FloatOf(score), Comment: comment, Annotator: r.User}
	})
}
