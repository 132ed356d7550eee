package compliance

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/lake"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/policy"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/verify"
)

var update = flag.Bool("update", false, "write the golden files anew")

var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

var refund = generate.Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:payments"}

// rules returns a policy of these sections.
func rules(t testing.TB, sections string) *policy.File {
	t.Helper()
	f, err := policy.Parse([]byte("version: 1\n" + sections))
	require.NoError(t, err)
	return f
}

// input opens a lake over a store.
func input(t testing.TB, store lake.Store, sections string, opts lake.Options) Input {
	t.Helper()
	opts.Dir = t.TempDir()
	l, err := lake.Open(t.Context(), store, opts)
	require.NoError(t, err)
	v, err := l.View(t.Context(), lake.Filter{})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, v.Close())
		require.NoError(t, l.Close())
	})
	p := l.Provenance()
	return Input{Asker: v, Policy: rules(t, sections), Provenance: &p}
}

func bucket(t testing.TB, events []event.Event) (*generate.Memory, generate.Result) {
	t.Helper()
	store := generate.NewMemory()
	result, err := generate.WriteEvents(t.Context(), store, events)
	require.NoError(t, err)
	return store, result
}

// turn is a session whose steps a test adds.
func turn(steps func(*generate.Run)) []event.Event {
	s := generate.NewScenario(monday)
	r := s.Session("s-1", "alice", "support").Turn("hello")
	steps(r)
	r.Answer("done").End()
	return s.Events()
}

func session(i int) string { return fmt.Sprintf("s-%d", i) }

func nothing(*generate.Run) {}

func TestChecks(t *testing.T) {
	const approvals = "approvals: {tools: [issue_refund, 'delete_*']}\n"
	const access = "data_access: {tools: ['get_*', issue_refund], require: [agent_name, resource]}\n"
	other := refund
	other.Args = `{"amount":9000}`
	otherApproved := refund.Approved("bob")
	swap := func(e *event.Event) {
		if e.Approval.Status != "" && (e.Type == event.ToolCall || e.Type == event.ToolResult) {
			e.Approval.ActionHash = generate.ActionHash("issue_refund", other.Args)
		}
	}
	tests := []struct {
		name, check, policy string
		steps               func(*generate.Run)
		want                Status
		says                string // in what was measured, the reason or the evidence
	}{
		{"approved", "approvals", approvals, func(r *generate.Run) { r.Ask(refund).Approve(refund, "bob").Call(refund.Approved("bob")) }, Passed, "1 of 1 call ran with an approval"},
		{"approved in another batch", "approvals", approvals, func(r *generate.Run) { r.Ask(refund).Approve(refund, "bob").Call(refund) }, Passed, "1 of 1 call"},
		{"not approved", "approvals", approvals, func(r *generate.Run) { r.Call(refund) }, Failed, "issue_refund: no approval"},
		{"only asked", "approvals", approvals, func(r *generate.Run) { r.Ask(refund).Call(refund) }, Failed, "issue_refund: no approval"},
		{"rejected and did not run", "approvals", approvals, func(r *generate.Run) { r.Reject(refund, "bob", "no") }, Undecidable, "no call that needs an approval ran"},
		{"rejected and ran", "approvals", approvals, func(r *generate.Run) { r.Reject(refund, "bob", "no").Call(refund) }, Failed, "ran although rejected"},
		{"by a policy", "approvals", approvals, func(r *generate.Run) {
			c := refund
			c.Approval = event.Approval{Status: event.ApprovalApproved, ActorClass: event.ActorPolicy}
			r.Call(c)
		}, Failed, "approved by policy"},
		{"by a policy, which counts", "approvals", "approvals: {tools: [issue_refund], by: [human, policy]}\n", func(r *generate.Run) {
			c := refund
			c.Approval = event.Approval{Status: event.ApprovalApproved, ActorClass: event.ActorPolicy}
			r.Call(c)
		}, Passed, "1 of 1 call"},
		{"another action", "approvals", approvals, func(r *generate.Run) { r.Call(otherApproved).Edit(swap) }, Failed, "another action was approved"},
		{"no hash", "approvals", approvals, func(r *generate.Run) {
			r.Call(refund.Approved("bob")).Edit(func(e *event.Event) { e.Approval.ActionHash = "" })
		}, Undecidable, "no action_hash"},
		{"says itself that it needs one", "approvals", "approvals: {tools: []}\n", func(r *generate.Run) {
			c := generate.Call{Tool: "wire", Approval: event.Approval{Required: event.BoolOf(true)}}
			r.Call(c)
		}, Failed, "wire: no approval"},
		{"a tool that needs none", "approvals", approvals, func(r *generate.Run) { r.Call(generate.Call{Tool: "get_order"}) }, Undecidable, "no call that needs an approval"},
		{"pattern", "approvals", approvals, func(r *generate.Run) { r.Call(generate.Call{Tool: "delete_all/now"}) }, Failed, "delete_all/now: no approval"},

		{"within bounds", "escalation", "escalation: {max_rate: 1}\n", func(r *generate.Run) { r.Ask(refund) }, Passed, "100.0 %: 1 of 1 session"},
		{"too many", "escalation", "escalation: {max_rate: 0.5}\n", func(r *generate.Run) { r.Ask(refund) }, Failed, "100.0 %"},
		{"too few", "escalation", "escalation: {min_rate: 0.1, max_rate: 0.5}\n", nothing, Failed, "0.0 %: 0 of 1 session"},
		{"too few sessions", "escalation", "escalation: {max_rate: 0.5, min_sessions: 2}\n", func(r *generate.Run) { r.Ask(refund) }, Undecidable, "fewer than min_sessions"},

		{"told", "data_access", access, func(r *generate.Run) { r.Call(refund) }, Passed, "1 of 1 call told"},
		{"not told", "data_access", access, func(r *generate.Run) { r.Call(generate.Call{Tool: "get_order"}) }, Failed, "get_order: no event of data access"},
		{"failed and touched nothing", "data_access", access, func(r *generate.Run) { r.Call(generate.Call{Tool: "get_order", Error: "down"}) }, Undecidable, "no access to data"},
		{"no resource", "data_access", access, func(r *generate.Run) {
			c := refund
			c.Resource = ""
			r.Call(c)
		}, Failed, "without resource"},

		{"within budget", "budgets", "budgets: [{per: day, tokens: 100}]\n", func(r *generate.Run) { r.Model(generate.Model{In: 60, Out: 40}) }, Passed, "0 over of 1, at most 100 tokens"},
		{"over budget", "budgets", "budgets: [{per: session, tokens: 99}]\n", func(r *generate.Run) { r.Model(generate.Model{In: 60, Out: 40}) }, Failed, ", 100 tokens"},
		{"cost over", "budgets", "budgets: [{per: total, cost_usd: 0.5}]\n", func(r *generate.Run) { r.Model(generate.Model{In: 6, Out: 4, CostUSD: 0.6}) }, Failed, "$0.6000"},
		{"cost unknown", "budgets", "budgets: [{per: total, cost_usd: 0.5}]\n", func(r *generate.Run) { r.Model(generate.Model{In: 6, Out: 4}) }, Undecidable, "without a known cost"},
		{"other agent", "budgets", "budgets: [{per: agent, only: 'x*', tokens: 1}]\n", func(r *generate.Run) { r.Model(generate.Model{In: 6, Out: 4}) }, Undecidable, "nothing was spent"},
		{"nothing spent", "budgets", "budgets: [{per: day, tokens: 1}]\n", nothing, Undecidable, "nothing was spent"},

		{"kept", "retention", "retention: {tiers: {info: 30}}\n", nothing, Passed, "0 of"},
		{"tier too short", "retention", "retention: {tiers: {info: 31}}\n", nothing, Failed, "kept for 30 days, not 31"},
		{"type too short", "retention", "retention: {types: {tool_call: 60}}\n", func(r *generate.Run) { r.Call(refund) }, Failed, "agent.tool_call of tier info: kept for 30 days, not 60"},

		{"redacted", "redaction", "redaction: {required: true}\n", nothing, Passed, "versions"},
		{"another version", "redaction", "redaction: {required: true, versions: [r9]}\n", nothing, Failed, "redacted by version"},
		{"not redacted", "redaction", "redaction: {required: true}\n", func(r *generate.Run) {
			r.Call(refund).Edit(func(e *event.Event) { e.RedactionVersion = "" })
		}, Failed, "that no redaction saw"},

		{"published key", "trail", "trail: {own_key: true}\n", nothing, Undecidable, "give --key"},
		{"any key", "trail", "trail: {own_key: false}\n", nothing, Passed, "1 log"},
		{"heartbeats", "heartbeats", "trail: {heartbeats: true}\n", nothing, Passed, "0 without a closing entry"},
	}
	all := generate.NewScenario(monday)
	for i, tt := range tests {
		r := all.Session(session(i), "alice", "support").Turn("hello")
		tt.steps(r)
		r.Answer("done").End()
	}
	store, _ := bucket(t, all.Events())
	l, err := lake.Open(t.Context(), store, lake.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	p := l.Provenance()
	for i, tt := range tests {
		t.Run(tt.check+" "+tt.name, func(t *testing.T) {
			v, err := l.View(t.Context(), lake.Filter{Sessions: []string{session(i)}})
			require.NoError(t, err)
			defer func() { require.NoError(t, v.Close()) }()
			results, _, err := Checks(t.Context(), Input{Asker: v, Policy: rules(t, tt.policy), Provenance: &p})
			require.NoError(t, err)
			for _, r := range results {
				if r.Name != tt.check {
					continue
				}
				text := fmt.Sprint(r.Measured, "\n", r.Reason, "\n", r.Evidence)
				assert.Equal(t, tt.want, r.Status, text)
				assert.Contains(t, text, tt.says)
				assert.NotEmpty(t, r.Limits, "every check says what the data can't show")
				if r.Status == Failed && r.Name != "escalation" {
					require.NotEmpty(t, r.Evidence)
					assert.NotEmpty(t, r.Evidence[0].EventIDs)
				}
				return
			}
			t.Fatalf("no check %s", tt.check)
		})
	}
}

const everything = `
approvals: {tools: [issue_refund]}
escalation: {max_rate: 1}
data_access: {tools: [issue_refund], require: [agent_name, resource]}
budgets: [{per: day, tokens: 1000000, cost_usd: 10}]
retention: {tiers: {info: 30}}
trail: {own_key: true, heartbeats: true}
redaction: {required: true}
`

func good() []event.Event {
	return turn(func(r *generate.Run) {
		r.Model(generate.Model{In: 60, Out: 40, CostUSD: 0.1}).Ask(refund).Approve(refund, "bob").Call(refund.Approved("bob"))
	})
}

func statuses(t *testing.T, in Input) map[string]Status {
	t.Helper()
	results, notAsked, err := Checks(t.Context(), in)
	require.NoError(t, err)
	require.Empty(t, notAsked)
	all := map[string]Status{}
	for _, r := range results {
		all[r.Name] = r.Status
	}
	return all
}

func TestAllPass(t *testing.T) {
	store, made := bucket(t, good())
	in := input(t, store, everything, lake.Options{Keys: verifyKeys(made)})
	for name, status := range statuses(t, in) {
		assert.Equal(t, Passed, status, name)
	}
	_, failed, err := Run(t.Context(), in)
	require.NoError(t, err)
	assert.False(t, failed)
}

// TestNothingPassesUnseen: no events, an unverified bucket, a part that may not be read.
func TestNothingPassesUnseen(t *testing.T) {
	store, made := bucket(t, good())
	for name, in := range map[string]Input{
		"empty bucket": input(t, generate.NewMemory(), everything, lake.Options{}),
		"unverified":   input(t, store, everything, lake.Options{Unverified: true}),
		"denied":       input(t, denied{store}, everything, lake.Options{Keys: verifyKeys(made)}),
		"another day":  input(t, store, everything, lake.Options{Keys: verifyKeys(made), Since: monday.AddDate(0, 0, 5), Until: monday.AddDate(0, 0, 6)}),
	} {
		t.Run(name, func(t *testing.T) {
			for check, status := range statuses(t, in) {
				if (name == "another day" || name == "denied") && (check == "heartbeats" || check == "trail" && name == "another day") {
					continue // they are about the logs, which were seen
				}
				assert.Equal(t, Undecidable, status, check)
			}
		})
	}
}

// denied is a bucket of which one tier may not be read.
type denied struct{ *generate.Memory }

func (d denied) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if strings.Contains(key, "tier=info/") {
		return nil, fmt.Errorf("couldn't get %q: %w", key, objstore.ErrDenied)
	}
	return d.Memory.Get(ctx, key)
}

func TestFindingsFailTheTrail(t *testing.T) {
	store, _ := bucket(t, good())
	in := input(t, store, everything, lake.Options{})
	in.Provenance.Findings = []verify.Finding{{Kind: verify.ObjectAltered, Writer: "w", Message: "altered"}, {Kind: verify.HeartbeatMissing, Writer: "w", Message: "silent"}}
	all := statuses(t, in)
	assert.Equal(t, Failed, all["trail"])
	assert.Equal(t, Failed, all["heartbeats"])
}

func TestGolden(t *testing.T) {
	events := turn(func(r *generate.Run) {
		r.Model(generate.Model{In: 60, Out: 40, CostUSD: 0.1}).Ask(refund).Approve(refund, "bob").Call(refund.Approved("bob")).
			Call(generate.Call{Tool: "delete_user", CallID: "call-2"})
	})
	sections := string(policy.Example[bytes.Index(policy.Example, []byte("approvals:")):])
	for _, format := range report.Formats {
		var texts []string
		for range 2 {
			store, made := bucket(t, events)
			d, failed, err := Run(t.Context(), input(t, store, sections, lake.Options{Keys: verifyKeys(made)}))
			require.NoError(t, err)
			assert.True(t, failed)
			var b bytes.Buffer
			require.NoError(t, report.Print(&b, d, format))
			texts = append(texts, b.String())
		}
		assert.Equal(t, texts[0], texts[1], "the same input gives the same bytes")
		file := filepath.Join("testdata", "golden", "compliance."+format)
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
			require.NoError(t, os.WriteFile(file, []byte(texts[0]), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(want), texts[0], "go test ./internal/compliance -run TestGolden -update, and read the diff")
	}
}

// TestWords: the report helps meet, and never says that anything complies.
func TestWords(t *testing.T) {
	store, _ := bucket(t, good())
	d, _, err := Run(t.Context(), input(t, store, everything, lake.Options{}))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, report.Print(&b, d, "text"))
	text := strings.ToLower(b.String())
	for _, word := range []string{"complies", "compliant", "certified", "guarantee"} {
		assert.NotContains(t, text, word)
	}
	for _, ref := range []string{"article 12", "article 19", "article 26(6)", "iso/iec 42001", "soc 2", "164.312(b)", "nist ai rmf"} {
		assert.Contains(t, text, ref)
	}
	names := map[string]bool{}
	for _, c := range checks {
		names[c.name] = true
	}
	for _, c := range Controls {
		assert.NotEmpty(t, c.Evidence)
		assert.NotEmpty(t, c.Ends, "every control says where the evidence ends")
		for _, name := range c.Checks {
			assert.True(t, names[name], "%s names check %s", c.Ref, name)
		}
	}
}
