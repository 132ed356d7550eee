package generate

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Spec says what days to make. The zero value of a field stands for the default in brackets; negative ones do, too.
type Spec struct {
	// Seed decides everything that the other fields leave open.
	Seed uint64
	// Events is about how many there will be, copies included [10,000].
	Events int
	// Start is the first day; its hours don't count [2026-11-02]. Some events fall into the hours after the last day's end.
	Start time.Time
	// Days is over how many UTC days they are spread [1].
	Days int
	// Agents, Users, Tools and Models are how many there are [12, 1 for 100 sessions but 20 at least, 24, 6].
	Agents, Users, Tools, Models int
	// ErrorRate is the share of tool calls that fail [0.03]; model calls fail a quarter as often. Negative: none does.
	ErrorRate float64
}

// eventsPerSession is the mean that the script in turn.go gives, found by counting.
const eventsPerSession = 61.05

func (s Spec) withDefaults() Spec {
	or := func(v *int, standard int) {
		if *v <= 0 {
			*v = standard
		}
	}
	or(&s.Events, 10_000)
	or(&s.Days, 1)
	or(&s.Agents, 12)
	or(&s.Users, max(20, s.Events/int(eventsPerSession*100)))
	or(&s.Tools, len(baseTools))
	or(&s.Models, len(baseModels))
	if s.Start.IsZero() {
		s.Start = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	}
	s.Start = s.Start.UTC().Truncate(24 * time.Hour)
	s.ErrorRate = max(0, cmp.Or(s.ErrorRate, 0.03))
	return s
}

// tool is one of the tools that agents have.
type tool struct {
	name, kind, server  string
	operation, resource string
	args                string  // a row of [arguments]
	took                float64 // milliseconds at the median
	approval            bool    // a person must permit it
}

var baseTools = []tool{
	{name: "get_order", kind: "function", operation: event.Read, resource: "db:orders", args: "order", took: 60},
	{name: "search_kb", kind: "datastore", operation: event.Read, resource: "index:knowledge-base", args: "query", took: 180},
	{name: "get_customer", kind: "function", operation: event.Read, resource: "db:customers", args: "customer", took: 45},
	{name: "read_file", kind: "mcp", server: "filesystem", operation: event.Read, resource: "file:/srv/contracts/", args: "path", took: 20},
	{name: "web_search", kind: "function", operation: event.Read, resource: "https://search.example.com", args: "query", took: 900},
	{name: "run_sql", kind: "mcp", server: "warehouse", operation: event.Read, resource: "db:warehouse", args: "sql", took: 1500},
	{name: "list_tickets", kind: "function", operation: event.Read, resource: "db:tickets", args: "customer", took: 80},
	{name: "calculate", kind: "function", args: "query", took: 5},
	{name: "update_ticket", kind: "function", operation: event.Write, resource: "db:tickets", args: "order", took: 90},
	{name: "send_email", kind: "function", args: "message", took: 350},
	{name: "issue_refund", kind: "function", operation: event.Write, resource: "db:payments", args: "payment", took: 420, approval: true},
	{name: "write_file", kind: "mcp", server: "filesystem", operation: event.Write, resource: "file:/srv/drafts/", args: "path", took: 35},
	{name: "run_command", kind: "function", args: "command", took: 2200, approval: true},
	{name: "fetch_url", kind: "function", operation: event.Read, resource: "https://api.example.com/v2", args: "url", took: 600},
	{name: "create_invoice", kind: "function", operation: event.Write, resource: "db:invoices", args: "payment", took: 240},
	{name: "get_weather", kind: "function", args: "query", took: 300},
	{name: "list_invoices", kind: "function", operation: event.Read, resource: "db:invoices", args: "customer", took: 110},
	{name: "delete_record", kind: "mcp", server: "warehouse", operation: event.Write, resource: "db:customers", args: "customer", took: 130, approval: true},
	{name: "translate", kind: "function", args: "message", took: 700},
	{name: "get_employee", kind: "function", operation: event.Read, resource: "db:employees", args: "customer", took: 70},
	{name: "schedule_meeting", kind: "mcp", server: "calendar", args: "message", took: 260},
	{name: "post_message", kind: "mcp", server: "chat", args: "message", took: 190},
	{name: "deploy", kind: "function", args: "command", took: 30_000, approval: true},
	{name: "run_tests", kind: "function", args: "command", took: 12_000},
}

// model is one of the models, with US dollars per million tokens and what it costs in time.
type model struct {
	provider, name string
	in, out        float64
	perToken       float64 // milliseconds for an output token at the median
}

var baseModels = []model{
	{"openai", "gpt-4.1-mini", 0.4, 1.6, 7},
	{"anthropic", "claude-sonnet-4-5", 3, 15, 14},
	{"openai", "gpt-4.1", 2, 8, 12},
	{"gcp.gemini", "gemini-2.5-pro", 1.25, 10, 10},
	{"anthropic", "claude-haiku-4-5", 1, 5, 6},
	{"mistral_ai", "mistral-large-2", 2, 6, 11},
}

var baseAgents = []string{
	"triage", "refunds", "orders", "research", "coder", "reviewer", "analyst", "billing", "hr-helper", "ops", "writer", "legal",
}

// failures are how tools fail: type, message and outcome. A %d in a message is some number.
var failures = []struct{ class, message, outcome string }{
	{"TimeoutError", "upstream did not answer within 30 s", event.OutcomeTimeout},
	{"HTTPError", "503 Service Unavailable from upstream, attempt %d", event.OutcomeError},
	{"NotFoundError", "no record with id %d", event.OutcomeError},
	{"ValidationError", "argument order_id: %d is out of range", event.OutcomeError},
	{"ConnectionError", "connection reset by peer (127.0.0.1:%d)", event.OutcomeError},
	{"RateLimitError", "quota of 60 requests a minute is used up, retry in %d ms", event.OutcomeError},
	{"KeyError", "'customer_ref'", event.OutcomeError},
	{"Cancelled", "the user went away", event.OutcomeCancelled},
}

var modelFailures = []struct{ class, message string }{
	{"RateLimitError", "429: tokens per minute exceeded"},
	{"APITimeoutError", "request timed out"},
	{"InternalServerError", "500: the server had an error while processing the request"},
	{"ContextLengthError", "400: the prompt is longer than the model's context"},
}

// world is what all sessions share.
type world struct {
	Spec

	agents   []string
	prompts  map[string]string // hashes of the agents' system prompts
	tools    []tool
	models   []model
	sessions int
	hours    []float64 // cumulated shares of the day's sessions at the end of each hour
}

func newWorld(spec Spec) *world {
	w := &world{Spec: spec.withDefaults(), prompts: map[string]string{}}
	w.sessions = max(1, int(float64(w.Events)/eventsPerSession))
	for i := range w.Agents {
		name := numbered(baseAgents[i%len(baseAgents)], i/len(baseAgents))
		w.agents = append(w.agents, name)
		w.prompts[name] = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(name)))
	}
	for i := range w.Tools {
		t := baseTools[i%len(baseTools)]
		t.name = numbered(t.name, i/len(baseTools))
		w.tools = append(w.tools, t)
	}
	for i := range w.Models {
		m := baseModels[i%len(baseModels)]
		m.name = numbered(m.name, i/len(baseModels))
		w.models = append(w.models, m)
	}
	// Two humps, before and after noon, over a base that never sleeps.
	sum := 0.0
	for h := range 24 {
		hump := func(at, width float64) float64 { return math.Exp(-math.Pow((float64(h)-at)/width, 2)) }
		sum += 0.15 + hump(10, 2.5) + 0.9*hump(15, 2.5)
		w.hours = append(w.hours, sum)
	}
	for h := range w.hours {
		w.hours[h] /= sum
	}
	return w
}

func numbered(name string, n int) string {
	if n == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, n+1)
}

// begins returns when a session begins. Later ones never begin earlier, though u, of 0 to 1, moves each a little.
func (w *world) begins(session int, u float64) time.Time {
	at := (float64(session) + u) / float64(w.sessions) * float64(w.Days)
	day := math.Floor(at)
	at -= day
	before := 0.0
	for h, end := range w.hours {
		if at < end || h == len(w.hours)-1 {
			hours := float64(h) + (at-before)/(end-before)
			return w.Start.AddDate(0, 0, int(day)).Add(time.Duration(hours * float64(time.Hour)))
		}
		before = end
	}
	return w.Start
}
