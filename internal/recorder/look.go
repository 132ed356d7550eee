package recorder

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/redact"
)

// Look is one view, export or call.
type Look struct {
	// Who asked, in which role.
	Who, Role string
	// Action is what was done, as verb:object: view:sessions, export:log, mcp:anomalies.
	Action string
	// Query is what was asked for: the address or the arguments.
	Query string
}

// maxQuery bounds a query in its record, in bytes.
const maxQuery = 4 << 10

// event makes the record. What people type may hold a secret: it is redacted like any other text.
func (r *Recorder) event(look Look, id [16]byte) *event.Event {
	now := time.Now().UTC()
	truncated := len(look.Query) > maxQuery
	if truncated {
		look.Query = look.Query[:maxQuery]
	}
	var log redact.Log
	params, _ := json.Marshal(map[string]string{"query": r.redactor.Text(&log, "/params/query", "query", look.Query), "role": look.Role}) // strings can't fail
	e := &event.Event{
		ID: uuid.UUID(id).String(), Type: event.DataAccess, Timestamp: pcommon.NewTimestampFromTime(now),
		UserID: look.Who, Source: "user", Action: look.Action, Resource: r.opts.Store.String(), Operation: event.Read,
		Params: event.RawJSON(string(params)), Outcome: event.OutcomeSuccess, Convention: "agentaudit",
		RedactionVersion: r.redactor.Version(),
	}
	e.Origin.Signal, e.Origin.Name = "log", "agentaudit."+look.Action
	e.Service.Name, e.Service.Version = "agentaudit", r.opts.Version
	if truncated {
		e.Truncated = event.RawJSON(`["/params/query"]`)
	}
	r.tiers.Tag(e, event.TierCompliance) // who looked is kept as long as what was decided
	return e
}
