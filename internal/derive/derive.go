package derive

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/pricing"
)

// Deriver makes events from facts. It is safe for concurrent use.
type Deriver struct {
	// HMAC hashes parts with the deployment's key, as "hmac-sha256:…".
	HMAC func(parts ...string) string
	// FullMessages keeps whole message arrays instead of the new tail.
	FullMessages bool
	// Prices tells the cost of model calls that don't; optional.
	Prices *pricing.Table
}

// Events appends the events that a node makes, in the order of their story, to dst. Ids are
// not set yet: they may depend on what redaction leaves.
func (d *Deriver) Events(dst []event.Event, n *Node) []event.Event {
	if n.merged {
		return dst
	}
	var base event.Event
	d.fillBase(&base, n)
	for i := range plan[n.Op] {
		p := &plan[n.Op][i]
		if p.when != nil && !p.when(n) {
			continue
		}
		dst = append(dst, base)
		e := &dst[len(dst)-1]
		e.Type = p.kind
		if p.start {
			e.Timestamp = n.start()
		}
		if p.fill != nil {
			p.fill(d, n, e)
		}
		if i == 0 && isCall(n.Op) { // a call is proposed, then allowed, then run
			dst = d.approval(dst, &base, n)
		}
	}
	if !isCall(n.Op) {
		dst = d.approval(dst, &base, n)
	}
	if n.Op != dialect.Guardrail && n.Has(dialect.GuardrailVerdict) { // a check that the span itself tells of
		dst = append(dst, base)
		e := &dst[len(dst)-1]
		e.Type = event.Security
		fillGuardrail(d, n, e)
		fillTool(d, n, e)
	}
	return d.failure(dst, &base, n)
}

// failure appends what every operation tells when it failed or was refused. A wrapper that tells nothing
// of its own tells at most that it waits for a person.
func (d *Deriver) failure(dst []event.Event, base *event.Event, n *Node) []event.Event {
	kind := n.tells
	switch {
	case n.explained:
		return dst
	case kind != "":
	case n.outcome == event.OutcomeDenied && (n.Op != dialect.Guardrail || refuses(n.approval.Status)):
		kind = event.PermissionDenied
	case n.outcome == event.OutcomeError || n.outcome == event.OutcomeTimeout:
		kind = event.Error
	}
	switch {
	case kind == "", n.quiet && kind != event.Error:
		return dst
	case n.Op == dialect.Glue && n.tells == "" && n.approval.Status == "":
		return dst
	}
	dst = append(dst, *base)
	e := &dst[len(dst)-1]
	e.Type = kind
	fillError(d, n, e)
	switch kind {
	case event.PermissionCheck:
		e.Approval.Status, e.Approval.Required = event.ApprovalPending, event.BoolOf(true)
		fillRefused(d, n, e)
		e.Action = strings.Replace(e.Action, "tool_call", deeds[event.ApprovalPending], 1)
	case event.Security:
		e.Guardrail = event.Guardrail{Name: n.Text(dialect.GuardrailName), Verdict: "triggered", Reason: errorText(n.Facts)}
	default:
		fillModel(d, n, e)
		fillRefused(d, n, e)
	}
	return dst
}

// start is when what the node tells of began. Log records are written at the end.
func (n *Node) start() pcommon.Timestamp {
	if took := n.Float(dialect.DurationMS); n.Signal == dialect.SignalLog && took.Set && took.Value > 0 {
		if ns := pcommon.Timestamp(took.Value * 1e6); ns < n.End && took.Value < 1e9 {
			return n.End - ns
		}
	}
	return n.Start
}

// duration is how long it took: by its own word if it has one and no span around it.
func (n *Node) duration() event.Float {
	if took := n.Float(dialect.DurationMS); n.Signal == dialect.SignalLog {
		return took
	}
	return milliseconds(n.Start, n.End)
}

// fillBase sets what every event of a source has.
func (d *Deriver) fillBase(e *event.Event, n *Node) {
	e.Timestamp, e.ObservedAt = n.End, n.Observed
	if e.Timestamp == 0 {
		e.Timestamp = n.Start
	}
	e.TraceID, e.SpanID, e.ParentSpanID = n.TraceID, n.SpanID, n.ParentSpanID
	e.ParentEventID = n.eventAbove()
	if linked := n.linked(); linked.HasLinks {
		e.Links = links(linked.Facts)
	}
	e.AgentName = n.Text(dialect.AgentName)
	e.AgentID = n.Text(dialect.AgentID)
	e.AgentVersion = n.Text(dialect.AgentVersion)
	e.UserID = n.Text(dialect.UserID)
	e.TenantID = n.Text(dialect.TenantID)
	e.SessionID = n.Text(dialect.SessionID)
	e.TaskID = n.Text(dialect.TaskID)
	e.TurnID = n.Text(dialect.TurnID)
	e.StepNumber = n.Int(dialect.StepNumber)
	e.Source = sourceOf(n)
	e.Action = action(n.Facts)
	e.Outcome = n.outcome
	e.Approval = n.approval
	e.Convention = n.Dialects.String()
	e.Origin = event.Origin{Signal: n.Signal, Scope: n.Scope, Name: n.Name}
	e.Service = event.Service{
		Name:        resource(n, "service.name"),
		Version:     resource(n, "service.version"),
		InstanceID:  resource(n, "service.instance.id"),
		Environment: resource(n, "deployment.environment.name", "deployment.environment"),
	}
}

// sourceOf says who caused it. Within an agent's run it is that agent; the run itself was caused by
// the agent around it, or by the user, if one is known.
func sourceOf(n *Node) string {
	name := n.Text(dialect.AgentName)
	if n.Op == dialect.AgentRun || n.Op == dialect.WorkflowRun || n.Op == dialect.AgentCreate {
		name = ""
		if above := n.agentAbove(); above != nil {
			name = above.Text(dialect.AgentName)
		} else if n.Has(dialect.UserID) {
			return "user"
		}
	}
	if name == "" {
		return "system"
	}
	return "agent:" + name
}

func resource(n *Node, keys ...string) string {
	for _, key := range keys {
		if v, ok := n.Resource.Get(key); ok {
			return v.AsString()
		}
	}
	return ""
}

// linked returns the node that holds the links of n: the span that n is an event of, or n itself.
func (n *Node) linked() *Node {
	if p := n.Parent; !n.HasLinks && p != nil && p.SpanID == n.SpanID && p.TraceID == n.TraceID {
		return p
	}
	return n
}

// maxLinks bounds the links of one span that are kept; the OTel SDKs keep 128.
const maxLinks = 128

func links(f *dialect.Facts) event.JSON {
	text := []byte{'['}
	for i := range min(f.Links.Len(), maxLinks) {
		l := f.Links.At(i)
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, `{"trace_id":"`+l.TraceID().String()+`","span_id":"`+l.SpanID().String()+`"}`...)
	}
	return event.TrustedJSON(string(append(text, ']')))
}

// hash is SHA-256, for texts that are too long to be guessed.
func hash(text string) string {
	if text == "" {
		return ""
	}
	digest := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(digest[:])
}

// ActionHash says what exactly a tool was called for: its name and its arguments, in a spelling
// that does not depend on white space. The same call has the same hash wherever the
// deployment's key is.
func (d *Deriver) ActionHash(tool, arguments string) string {
	if tool == "" {
		return ""
	}
	if compact, err := jsontext.Compact(arguments); err == nil {
		arguments = compact
	}
	return d.HMAC("action", tool, arguments)
}

// milliseconds between two times, absent if they are not in order.
func milliseconds(start, end pcommon.Timestamp) event.Float {
	if start == 0 || end < start {
		return event.Float{}
	}
	return event.FloatOf(float64(end-start) / 1e6)
}

// Base returns what every event of a node has, for an event that a user's rule adds.
func (d *Deriver) Base(n *Node) event.Event {
	var e event.Event
	d.fillBase(&e, n)
	return e
}
