package agentauditprocessor

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/agentaudit/agentaudit/internal/redact"
)

// birdConfig takes herons out of what site x sends, and wrens out of logs of any site.
func birdConfig(output string) *Config {
	cfg := testConfig()
	cfg.Output = output
	cfg.Redaction.Rules = []redact.UserRule{
		{ID: "tall", Words: []string{"heron"}, When: `resource.attributes["site"] == "x"`},
		{ID: "small", Words: []string{"wren"}, When: `log.severity_number >= 0`},
		{ID: "broken", Words: []string{"dodo"}, When: `Int(resource.attributes["number"]) / 0 == 1`},
	}
	return cfg
}

// birdSpans are the same span, once from each site.
func birdSpans(sites ...string) ptrace.Traces {
	td := ptrace.NewTraces()
	for i, site := range sites {
		one := ptrace.NewTraces()
		span := toolSpan(one, byte(i+1), map[string]any{"gen_ai.agent.name": "heron wren", "gen_ai.tool.call.arguments": `{"bird":"heron"}`}) //nolint:gosec // small
		span.SetName("execute_tool heron")
		span.Links().AppendEmpty().Attributes().PutStr("bird", "heron")
		rs := one.ResourceSpans().At(0)
		rs.Resource().Attributes().PutStr("site", site)
		rs.Resource().Attributes().PutStr("kept", "heron")
		rs.ScopeSpans().At(0).Scope().Attributes().PutStr("kept", "heron")
		rs.MoveTo(td.ResourceSpans().AppendEmpty())
	}
	return td
}

// One text is clean at one site and not at the other: what is remembered of clean texts must not cross over.
func TestRedactionRulesApplyWhereTheirConditionHolds(t *testing.T) {
	p := testPipeline(t, birdConfig(outputEventsOnly))
	for range 3 {
		for _, site := range []string{"y", "x", "y"} {
			lines := auditTraces(t, p, birdSpans(site))
			require.NotEmpty(t, lines)
			for _, line := range lines {
				assert.Equal(t, site == "x", !strings.Contains(string(line), "heron wren"), "%s: %s", site, line)
				assert.Contains(t, string(line), "wren", "a condition on logs holds for no span")
				assert.Equal(t, site == "x", strings.Contains(string(line), `"rule":"tall"`))
			}
		}
	}
}

func TestConditionsHoldForWhatIsForwarded(t *testing.T) {
	for _, all := range []bool{false, true} {
		cfg := birdConfig(outputAnnotate)
		cfg.Redaction.AllSpans = all
		out, err := testPipeline(t, cfg).processTraces(t.Context(), birdSpans("y", "x", "y"))
		require.NoError(t, err)
		for i, rs := range out.ResourceSpans().All() {
			text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(only(rs))
			require.NoError(t, err)
			assert.Equal(t, i == 1, !strings.Contains(string(text), "heron"), "%s", text)
		}
	}
}

func only(rs ptrace.ResourceSpans) ptrace.Traces {
	td := ptrace.NewTraces()
	rs.CopyTo(td.ResourceSpans().AppendEmpty())
	return td
}

func TestAConditionThatCannotBeEvaluatedHolds(t *testing.T) {
	p := testPipeline(t, birdConfig(outputEventsOnly))
	td := ptrace.NewTraces()
	toolSpan(td, 1, map[string]any{"gen_ai.agent.name": "dodo"})
	td.ResourceSpans().At(0).Resource().Attributes().PutInt("number", 1)
	for _, line := range auditTraces(t, p, td) {
		assert.NotContains(t, string(line), "dodo")
	}
}

func TestConditionsOfLogs(t *testing.T) {
	ld := plog.NewLogs()
	record := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.SetEventName("gen_ai.user.message")
	record.Attributes().PutStr("gen_ai.system", "openai")
	record.Body().SetEmptyMap().PutStr("content", "a wren and a heron")
	lines := auditLogs(t, testPipeline(t, birdConfig(outputEventsOnly)), ld)
	require.NotEmpty(t, lines)
	for _, line := range lines {
		assert.NotContains(t, string(line), "wren and")
	}
}

// All parts of one model call are forwarded clean, whatever their body is made of, and so are resource and scope.
func TestForwardedLogsAreClean(t *testing.T) {
	cfg := testConfig()
	cfg.Output = outputAnnotate
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("db.password", "hunter2hunter2")
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().Attributes().PutStr("note", "password=hunter2hunter2")
	for i := range 4 {
		record := sl.LogRecords().AppendEmpty()
		record.SetTraceID([16]byte{1})
		record.SetSpanID([8]byte{1})
		record.SetEventName("gen_ai.user.message")
		record.Attributes().PutStr("gen_ai.system", "openai")
		switch i {
		case 0:
			record.Body().SetEmptyMap().PutStr("content", "password=hunter2hunter2")
		case 1:
			record.Body().SetStr(`{"content":"password=hunter2hunter2"}`)
		case 2:
			record.Body().SetEmptySlice().AppendEmpty().SetStr("password=hunter2hunter2")
		case 3:
			record.Body().SetEmptyBytes().FromRaw([]byte("password=hunter2hunter2"))
		}
	}
	out, err := testPipeline(t, cfg).processLogs(t.Context(), ld)
	require.NoError(t, err)
	text, err := (&plog.JSONMarshaler{}).MarshalLogs(out)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "hunter2hunter2")
	assert.NotContains(t, string(text), "aHVudGVyMmh1bnRlcjI", "nor in bytes")
	assert.NotContains(t, string(text), "cGFzc3dvcmQ9aHVudGVy")
}
