package generate

import (
	"encoding/binary"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
)

// kit is one of the agent frameworks that emit: what it leaves in every event.
type kit struct {
	convention, scope, service, version string
}

var kits = []kit{
	{"otel_genai", "opentelemetry.instrumentation.openai_agents", "support-desk", "4.12.0"},
	{"openinference", "openinference.instrumentation.langchain", "research-portal", "0.31.2"},
	{"openinference,otel_genai", "@arizeai/openinference-instrumentation-anthropic", "contract-review", "2.0.7"},
	{"google_adk,otel_genai", "gcp.vertex.agent", "order-flow", "1.8.0"},
	{"mastra,otel_genai", "@mastra/otel-exporter", "back-office", "1.71.0"},
}

// redactionVersion stands where the redactor's own would.
const redactionVersion = "generated"

// begin starts a step.
func (r *Run) begin() { r.last = len(r.events) }

func (r *Run) newSpan() (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], r.ids.Uint64()|1)
	return id
}

// agent is who is in control.
func (r *Run) agent() string {
	if n := len(r.frames); n > 0 {
		return r.frames[n-1].agent
	}
	return r.Agent
}

// emit adds an event of a span. The pointer is good until the next one.
func (r *Run) emit(t event.Type, at time.Time, span pcommon.SpanID, action string) *event.Event {
	if r.trace.IsEmpty() {
		r.newTrace()
	}
	r.events = append(r.events, event.Event{})
	e := &r.events[len(r.events)-1]
	e.Type, e.Timestamp = t, pcommon.NewTimestampFromTime(at)
	e.TraceID, e.SpanID = r.trace, span
	e.ID = event.SpanEventID(e.TraceID, e.SpanID, t, 0)
	if n := len(r.frames); n > 0 {
		e.ParentSpanID, e.ParentEventID = r.frames[n-1].span, r.frames[n-1].event
	}
	e.AgentName = r.agent()
	e.Source = "agent:" + e.AgentName
	if !r.blank {
		e.SessionID, e.UserID, e.TenantID, e.TurnID = r.Session, r.User, r.Tenant, r.turnID
	}
	e.Action, e.Outcome = action, event.OutcomeSuccess
	e.Convention = r.kit.convention
	e.Origin = event.Origin{Signal: "span", Scope: r.kit.scope, Name: action}
	e.Service = event.Service{Name: r.kit.service, Version: r.kit.version, Environment: "production"}
	e.RedactionVersion = redactionVersion
	return e
}

func (r *Run) newTrace() {
	binary.BigEndian.PutUint64(r.trace[:8], r.ids.Uint64()|1)
	binary.BigEndian.PutUint64(r.trace[8:], r.ids.Uint64())
}

// single is a step of one event.
func (r *Run) single(t event.Type, action string, fill func(*event.Event)) *Run {
	r.begin()
	e := r.emit(t, r.now, r.newSpan(), action)
	if fill != nil {
		fill(e)
	}
	r.now = r.now.Add(time.Millisecond)
	return r
}

// logged is a step of one event of a log record, which belongs to no span.
func (r *Run) logged(t event.Type, action string, fill func(*event.Event)) *Run {
	r.single(t, action, fill)
	return r.Edit(func(e *event.Event) {
		e.SpanID, e.ParentSpanID, e.ParentEventID = pcommon.SpanID{}, pcommon.SpanID{}, ""
		e.Origin.Signal, e.ObservedAt = "log", e.Timestamp
	})
}

// Add adds one event of any type with who, when and where filled in.
func (r *Run) Add(t event.Type, action string, fill func(*event.Event)) *Run {
	return r.single(t, action, fill)
}

// push puts an agent in control, told by an agent.invocation.
func (r *Run) push(agent, source string, input event.JSON) {
	span := r.newSpan()
	e := r.emit(event.Invocation, r.now, span, "invoke_agent:"+agent)
	e.AgentName, e.Source, e.Input = agent, source, input
	r.frames = append(r.frames, frame{agent, span, e.ID, r.now})
	r.now = r.now.Add(time.Millisecond)
}

// pop ends the work of the agent in control, told by an agent.final_output.
func (r *Run) pop(output event.JSON) {
	if len(r.frames) == 0 {
		return
	}
	f := r.frames[len(r.frames)-1]
	r.frames = r.frames[:len(r.frames)-1]
	e := r.emit(event.FinalOutput, r.now, f.span, "invoke_agent:"+f.agent)
	e.AgentName, e.Source, e.Output = f.agent, "agent:"+f.agent, output
	e.DurationMS = milliseconds(r.now.Sub(f.since))
	r.now = r.now.Add(time.Millisecond)
}

func milliseconds(d time.Duration) event.Float { return event.FloatOf(float64(d) / 1e6) }

// Turn begins a trace: the user says something to the session's agent.
func (r *Run) Turn(input string) *Run { return r.turn(event.AnyJSON(input)) }

func (r *Run) turn(input event.JSON) *Run {
	r.begin()
	r.newTrace()
	r.frames = r.frames[:0]
	r.step = 0
	r.turns++
	r.turnID = "turn-" + strconv.Itoa(r.turns)
	r.push(r.Agent, "user", input)
	return r
}

// Handoff has the agent in control pass it to another one, whose work is a span inside its own.
func (r *Run) Handoff(to, context string) *Run { return r.handoff(to, event.AnyJSON(context)) }

func (r *Run) handoff(to string, context event.JSON) *Run {
	r.begin()
	from := r.agent()
	e := r.emit(event.Handoff, r.now, r.newSpan(), "handoff:"+to)
	e.Handoff = event.HandoffInfo{From: from, To: to, Context: context}
	r.now = r.now.Add(time.Millisecond)
	r.push(to, "agent:"+from, context)
	return r
}

// Return ends the work of an agent that took over, with what it says.
func (r *Run) Return(output string) *Run { return r.answer(event.AnyJSON(output)) }

// Answer ends the turn with what the agent says.
func (r *Run) Answer(output string) *Run { return r.answer(event.AnyJSON(output)) }

func (r *Run) answer(output event.JSON) *Run {
	r.begin()
	r.pop(output)
	return r
}

// End ends the session.
func (r *Run) End() *Run { return r.logged(event.SessionEnd, "session_end", nil) }
