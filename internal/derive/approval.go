package derive

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

// verdict is what a word about an approval says, whichever dialect uses it.
type verdict struct {
	status   string
	actor    string
	standing bool // it holds for later calls too
}

// words is what the dialects call the states of an approval, in lower case. A word that is not here
// says nothing: what nobody understands is no approval.
var words = map[string]verdict{
	"pending":          {status: event.ApprovalPending},
	"requested":        {status: event.ApprovalPending},
	"require_approval": {status: event.ApprovalPending},
	"needs_approval":   {status: event.ApprovalPending},
	"ask":              {status: event.ApprovalPending},
	"approvalrequired": {status: event.ApprovalPending},

	"approved": {status: event.ApprovalApproved},
	"approve":  {status: event.ApprovalApproved},
	"accept":   {status: event.ApprovalApproved},
	"accepted": {status: event.ApprovalApproved},
	"saved":    {status: event.ApprovalApproved},
	"allow":    {status: event.ApprovalApproved},
	"allowed":  {status: event.ApprovalApproved},
	"pass":     {status: event.ApprovalApproved},
	"simulate": {status: event.ApprovalApproved},
	"modify":   {status: event.ApprovalApproved}, // with other arguments
	"true":     {status: event.ApprovalApproved},

	"auto_accept":                   {status: event.ApprovalApproved, standing: true},
	"approved_for_session":          {status: event.ApprovalApproved, standing: true},
	"approved_execpolicy_amendment": {status: event.ApprovalApproved, standing: true},
	"always":                        {status: event.ApprovalApproved, standing: true},

	"rejected": {status: event.ApprovalRejected},
	"reject":   {status: event.ApprovalRejected},
	"denied":   {status: event.ApprovalRejected},
	"deny":     {status: event.ApprovalRejected},
	"declined": {status: event.ApprovalRejected},
	"decline":  {status: event.ApprovalRejected},
	"block":    {status: event.ApprovalRejected},
	"blocked":  {status: event.ApprovalRejected},
	"false":    {status: event.ApprovalRejected},

	"expired":   {status: event.ApprovalExpired},
	"timeout":   {status: event.ApprovalExpired},
	"timed_out": {status: event.ApprovalExpired},

	"abort":     {status: event.ApprovalAborted},
	"aborted":   {status: event.ApprovalAborted},
	"cancel":    {status: event.ApprovalAborted},
	"cancelled": {status: event.ApprovalAborted},
}

// deciders is what the dialects call those who decide. Some words tell more than who: Claude Code's
// user_permanent is a standing rule, its user_abort no answer but the end of the prompt.
var deciders = map[string]verdict{
	"human":          {actor: event.ActorHuman},
	"user":           {actor: event.ActorHuman},
	"user_temporary": {actor: event.ActorHuman},
	"user_permanent": {actor: event.ActorHuman, standing: true},
	"user_reject":    {actor: event.ActorHuman},
	"user_abort":     {actor: event.ActorHuman, status: event.ApprovalAborted},

	"policy": {actor: event.ActorPolicy},
	"config": {actor: event.ActorPolicy},
	"hook":   {actor: event.ActorHook},

	"model":              {actor: event.ActorModel},
	"classifier":         {actor: event.ActorModel},
	"automatedreviewer":  {actor: event.ActorModel},
	"automated_reviewer": {actor: event.ActorModel},
}

// approvalOf understands what a source says of an approval. Who decided is never guessed: without
// a word for it the actor is unknown.
func approvalOf(f *dialect.Facts) (a event.Approval) {
	word := strings.ToLower(f.Text(dialect.ApprovalStatus))
	v := words[word]
	if v.status == "" && strings.HasPrefix(word, "approved_") { // Codex: with some amendment of a policy
		v = verdict{status: event.ApprovalApproved, standing: true}
	}
	if word == "" && f.Op == dialect.ApprovalAsked {
		v.status = event.ApprovalPending
	}
	if v.status == "" {
		return a
	}
	by := deciders[strings.ToLower(f.Text(dialect.ApprovalActor))]
	if by.status != "" && v.status != event.ApprovalApproved {
		v.status = by.status
	}
	a.Status, a.ActorClass, a.Reason = v.status, by.actor, f.Text(dialect.ApprovalReason)
	if a.Status == event.ApprovalExpired || a.ActorClass == "" && a.Status != event.ApprovalPending {
		a.ActorClass = event.ActorUnknown // nobody answered, or nobody says who did
	}
	if a.ActorClass == event.ActorHuman {
		a.ApproverID = f.Text(dialect.ApproverID)
	}
	if a.ActorClass == event.ActorHuman || a.Status == event.ApprovalPending {
		a.Required = event.BoolOf(true)
	}
	if a.Standing = f.Bool(dialect.ApprovalStanding); a.Status == event.ApprovalApproved && (v.standing || by.standing) {
		a.Standing = event.BoolOf(true)
	}
	return a
}

// refuses says whether an approval with that status keeps a call from running.
func refuses(status string) bool {
	switch status {
	case event.ApprovalRejected, event.ApprovalExpired, event.ApprovalAborted:
		return true
	}
	return false
}

// withholds says whether the call has not run: it was refused, or waits.
func withholds(status string) bool { return refuses(status) || status == event.ApprovalPending }

// deeds says what is done to an approval, for the event's action.
var deeds = map[string]string{
	event.ApprovalPending:  "ask_approval",
	event.ApprovalApproved: "approve",
	event.ApprovalRejected: "reject",
	event.ApprovalExpired:  "expire",
	event.ApprovalAborted:  "abort",
}

// approval appends the event of an approval, whatever operation tells it. A request is a
// permission_check. What a person decided is a human_intervention; what a policy, a hook, a model or
// nobody known allowed is a decision. A refusal is besides, whoever refused, a permission_denied, which
// failure appends: a person's refusal is both, for it is their act and the call's end.
func (d *Deriver) approval(dst []event.Event, base *event.Event, n *Node) []event.Event {
	a := n.approval
	if a.Status == "" || n.quiet || n.explained {
		return dst
	}
	kind := event.Decision
	switch {
	case a.Status == event.ApprovalPending:
		kind = event.PermissionCheck
	case a.ActorClass == event.ActorHuman:
		kind = event.HumanIntervention
	case refuses(a.Status):
		return dst
	}
	dst = append(dst, *base)
	e := &dst[len(dst)-1]
	e.Type = kind
	if isCall(n.Op) {
		e.Timestamp = n.start()
	}
	fillTool(d, n, e)
	e.Params = event.RawJSON(n.Content(dialect.ToolArguments))
	e.Action = deeds[a.Status]
	if e.Tool.Name != "" {
		e.Action += ":" + e.Tool.Name
	}
	if kind == event.Decision {
		e.Decision = a.Status
	}
	if a.Status == event.ApprovalApproved {
		e.Outcome = event.OutcomeSuccess // of the decision; how the call went is told by its result
	}
	e.Rationale = a.Reason
	return dst
}

// fillReview tells a person's verdict on what is done already: it refuses nothing.
func fillReview(d *Deriver, n *Node, e *event.Event) {
	e.Approval = approvalOf(n.Facts)
	fillTool(d, n, e)
	e.Action = "review"
	if e.Tool.Name != "" {
		e.Action += ":" + e.Tool.Name
	}
	e.Decision = n.Text(dialect.ApprovalStatus)
}

// fillRefused completes the event of a refusal.
func fillRefused(d *Deriver, n *Node, e *event.Event) {
	fillTool(d, n, e)
	e.Params = event.RawJSON(n.Content(dialect.ToolArguments))
	if e.Resource == "" {
		e.Resource = n.Text(dialect.Resource)
	}
	switch {
	case e.Tool.Name != "":
		e.Action = "tool_call:" + e.Tool.Name
	case n.Op == dialect.Exception && e.Resource != "":
		e.Action = "access:" + e.Resource
	case isApproval(n.Op):
		e.Action = deeds[n.approval.Status]
	}
	if e.Error == "" {
		e.Error = n.approval.Reason
	}
}
