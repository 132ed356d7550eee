package derive

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
)

func agent(id, parent byte, name string, from, to int) source {
	return source{op: dialect.AgentRun, id: id, parent: parent, from: from, to: to, fields: fields{dialect.AgentName: name}}
}

func modelCall(id, parent byte, more fields) source {
	s := source{op: dialect.ModelCall, id: id, parent: parent, from: 10, to: 20, fields: fields{dialect.Model: "m"}}
	for k, v := range more {
		s.fields[k] = v
	}
	return s
}

func TestHandoffIsToldOnce(t *testing.T) {
	transfer := source{op: dialect.ToolRun, id: 3, parent: 1, from: 10, to: 12, fields: fields{dialect.AgentName: "triage", dialect.ToolName: "transfer_to_billing_agent"}}
	named := source{op: dialect.ToolRun, id: 3, parent: 1, from: 10, to: 12, fields: fields{
		dialect.AgentName: "triage", dialect.ToolName: "transfer_to_agent", dialect.ToolArguments: `{"agent_name":"Billing Agent"}`,
	}}
	explicit := source{op: dialect.Handoff, id: 4, parent: 1, from: 9, to: 11, fields: fields{dialect.HandoffFrom: "triage", dialect.HandoffTo: "Billing Agent"}}
	triage, billing := agent(1, 0, "triage", 0, 100), agent(2, 1, "Billing Agent", 13, 90)
	for name, c := range map[string]struct {
		batch []source
		to    string
	}{
		"by the tool's name":      {[]source{transfer, triage}, "billing_agent"},
		"by the tool's arguments": {[]source{named, triage}, "Billing Agent"},
		"given":                   {[]source{explicit, triage}, "Billing Agent"},
		"inferred":                {[]source{billing, triage}, "Billing Agent"},
		"tool and run":            {[]source{billing, transfer, triage}, "billing_agent"},
		"all three":               {[]source{billing, transfer, explicit, triage}, "Billing Agent"},
	} {
		t.Run(name, func(t *testing.T) {
			e := the(t, tell(c.batch...), event.Handoff)
			assert.Equal(t, "triage", e.Handoff.From)
			assert.Equal(t, c.to, e.Handoff.To)
		})
	}
	t.Run("two handoffs are two", func(t *testing.T) {
		again := billing
		again.id, again.from, again.to = 5, 91, 95
		assert.Len(t, find(tell(billing, again, transfer, triage), event.Handoff), 2)
	})
	t.Run("a refused transfer is none", func(t *testing.T) {
		refused := named
		refused.fields = fields{dialect.AgentName: "triage", dialect.ToolName: "transfer_to_agent", dialect.ToolArguments: `{"agent_name":"x"}`, dialect.ApprovalStatus: "denied"}
		assert.Empty(t, find(tell(refused, triage), event.Handoff))
	})
	t.Run("an agent inside itself is none", func(t *testing.T) {
		assert.Empty(t, find(tell(agent(2, 1, "triage", 1, 2), triage), event.Handoff))
	})
}

func TestTouchedData(t *testing.T) {
	for _, c := range []struct {
		tool, server, arguments string
		kind                    event.Type
		resource                string
	}{
		{"Read", "", `{"file_path":"/a"}`, event.DataAccess, "/a"},
		{"WebFetch", "", `{"url":"https://x.test/"}`, event.DataAccess, "https://x.test/"},
		{"write_file", "", `{"file_path":"/b","content":"c"}`, event.DataModify, "/b"},
		{"mcp__files__write_file", "files", `{"path":"/b"}`, event.DataModify, "/b"},
		{"Bash", "", `{"command":"cat /etc/passwd"}`, "", ""},
		{"get_weather", "", `{"path":"/a"}`, "", ""},
	} {
		t.Run(c.tool, func(t *testing.T) {
			s := run(1, fields{dialect.ToolServer: c.server, dialect.ToolArguments: c.arguments})
			s.fields[dialect.ToolName] = c.tool
			events := tell(s)
			if c.kind == "" {
				assert.Equal(t, []event.Type{event.ToolCall, event.ToolResult}, kindsOf(events))
				return
			}
			assert.Equal(t, c.resource, the(t, events, c.kind).Resource)
			assert.Equal(t, c.resource, the(t, events, event.ToolCall).Resource)
		})
	}
	store := run(1, fields{dialect.ToolType: "datastore"})
	query := source{op: dialect.DataWrite, id: 2, parent: 1, from: 11, to: 12, fields: fields{dialect.Resource: "postgresql:orders"}}
	assert.Equal(t, "postgresql:orders", the(t, tell(query, store), event.DataModify).Resource)
	assert.Empty(t, find(tell(query, store), event.DataAccess), "the query says what the tool only hints at")
}

func TestErrorsAreToldByTheInnermost(t *testing.T) {
	call := modelCall(3, 2, nil)
	call.failed = "500 The server had an error"
	step := source{op: dialect.Glue, id: 2, parent: 1, from: 5, to: 50, failed: call.failed}
	root := agent(1, 0, "a", 0, 100)
	root.failed = `Error in agent run: {"error":"500 The server had an error"}`
	events := tell(call, step, root)
	assert.Equal(t, "llm_call:m", the(t, events, event.Error).Action)
	assert.Equal(t, event.OutcomeError, the(t, events, event.Invocation).Outcome)

	root.failed = "something else"
	assert.Len(t, find(tell(call, root), event.Error), 2)
}

func TestATripwireIsToldByItsGuardrail(t *testing.T) {
	guard := source{op: dialect.Guardrail, id: 2, parent: 1, from: 5, to: 9, fields: fields{dialect.GuardrailName: "pii", dialect.GuardrailVerdict: "triggered"}}
	root := agent(1, 0, "a", 0, 10)
	root.failed = "Guardrail tripwire triggered"
	assert.Equal(t, "pii", the(t, tell(guard, root), event.Security).Guardrail.Name)
	assert.Equal(t, "triggered", the(t, tell(root), event.Security).Guardrail.Verdict)
}

func TestARetryIsACallOfItsOwn(t *testing.T) {
	first, second := modelCall(2, 1, nil), modelCall(3, 1, fields{dialect.ResponseID: "r"})
	first.failed = "overloaded"
	outer := modelCall(1, 0, nil)
	outer.from, outer.to = 0, 30
	events := tell(first, second, outer)
	assert.Len(t, find(events, event.LLMResponse), 2)
	the(t, events, event.Error)
}

// Whatever a batch says: nothing panics, no two events have one identity, nobody becomes a person who
// was not called one, and what was refused is not told as done.
func TestAnyBatch(t *testing.T) {
	ops := rapid.Uint8Range(0, uint8(dialect.NumOps)-1)
	word := func(list ...string) *rapid.Generator[string] { return rapid.SampledFrom(list) }
	statuses := word("", "accept", "reject", "pending", "timeout", "abort", "nonsense")
	actors := word("", "config", "hook", "model", "nonsense")
	rapid.Check(t, func(t *rapid.T) {
		var batch []source
		refused := map[string]bool{}
		for i := range rapid.IntRange(1, 12).Draw(t, "size") {
			s := source{
				op: dialect.Op(ops.Draw(t, "op")), id: byte(i + 1), parent: byte(rapid.IntRange(0, 12).Draw(t, "parent")),
				from: rapid.IntRange(0, 5).Draw(t, "from"), to: rapid.IntRange(0, 9).Draw(t, "to"),
				failed: word("", "", "boom", "GraphInterrupt()", "Guardrail tripwire triggered").Draw(t, "failed"),
				fields: fields{
					dialect.ApprovalStatus: statuses.Draw(t, "status"), dialect.ApprovalActor: actors.Draw(t, "actor"),
					dialect.ToolName: word("", "Read", "transfer_to_b").Draw(t, "tool"), dialect.ToolCallID: word("", "c1", "c2").Draw(t, "call"),
					dialect.AgentName: word("", "a", "b").Draw(t, "agent"), dialect.ResponseID: word("", "r").Draw(t, "response"),
					dialect.HandoffTo: word("", "b").Draw(t, "to agent"),
				},
			}
			if rapid.Bool().Draw(t, "log") {
				s.log = fmt.Sprint("record", i)
			}
			if s.op == dialect.ToolRun && refuses(words[s.fields[dialect.ApprovalStatus]].status) {
				refused[fmt.Sprint(s.log, s.id)] = true
			}
			batch = append(batch, s)
		}
		seen := map[string]bool{}
		for _, e := range tell(batch...) {
			if e.Approval.ActorClass == event.ActorHuman || e.Type == event.HumanIntervention && e.Action[:min(6, len(e.Action))] != "review" {
				t.Fatalf("a person appeared: %v", e)
			}
			if e.Type == event.ToolResult && e.Outcome == event.OutcomeSuccess && refuses(e.Approval.Status) {
				t.Fatalf("a refused call is told as done: %v", e)
			}
			if e.Origin.Signal == dialect.SignalSpan && !strings.HasPrefix(string(e.Type), "agent.handoff") {
				key := fmt.Sprint(e.SpanID, e.Type, e.Action, e.Approval.Status, e.Guardrail.Verdict, e.Timestamp)
				if seen[key] && !slices.Contains([]event.Type{event.Security, event.PermissionCheck}, e.Type) {
					t.Fatalf("told twice: %v", e)
				}
				seen[key] = true
			}
		}
	})
}
