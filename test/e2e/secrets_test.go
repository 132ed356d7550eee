package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// canary is in every secret, and nowhere else.
const canary = "Zq8vT3xK"

// canaries hands out secrets.
type canaries struct{ count int }

func (c *canaries) next() string {
	c.count++
	return fmt.Sprintf("canary-%05d-%s", c.count, canary)
}

// secretKeys are keys under which no value may be kept, as people spell them.
var secretKeys = []string{
	"password", "PASSWORD", "db_password", "passwd", "userPasswd", "pwd", "secret", "client_secret", "clientSecret",
	"api_key", "apiKey", "X-Api-Key", "x.api.key", "API-KEY", "token", "access_token", "refreshToken", "authorization", "Authorization",
	"proxy-authorization", "cookie", "Set-Cookie", "credential", "credentials", "private_key", "aws_secret_access_key",
}

// addSecrets hides a secret under each key in every place where a map has room for one.
func (c *canaries) addSecrets(m pcommon.Map) {
	for i, key := range secretKeys {
		m.PutStr(key, c.next())
		m.PutStr("http.request.header."+strings.ToLower(key), c.next())
		nested := m.PutEmptyMap(fmt.Sprintf("settings.%d", i))
		nested.PutStr(key, c.next())
		nested.PutEmptyMap("inner").PutEmptyMap("innermost").PutEmptySlice(key).AppendEmpty().SetStr(c.next())
		nested.PutEmptySlice("list").AppendEmpty().SetEmptyMap().PutStr(key, c.next())
		nested.PutEmptyMap(key).PutStr("value", c.next())
		m.PutStr(fmt.Sprintf("json.%d", i), c.json(key))
	}
}

// json returns a document with secrets under a key: plain, deep, in an array, and in JSON inside a string, twice.
func (c *canaries) json(key string) string {
	inner := fmt.Sprintf(`{%q:%q,"deeper":%q}`, key, c.next(), fmt.Sprintf(`{%q:%q}`, key, c.next()))
	return fmt.Sprintf(`{%q:%q,"a":{"b":[{%q:%q},{%q:["x",%q]}]},"text":%q}`, key, c.next(), key, c.next(), key, c.next(), inner)
}

// agentAttributes are those of every kind of agent telemetry that carry text, with secrets in it.
func (c *canaries) agentAttributes(i int, m pcommon.Map) {
	key := secretKeys[i%len(secretKeys)]
	m.PutStr("gen_ai.tool.call.arguments", c.json(key))
	m.PutStr("gen_ai.tool.call.result", c.json(key))
	call := fmt.Sprintf(`[{"role":"assistant","parts":[{"type":"tool_call","name":"login","arguments":%s},{"type":"tool_call_response","response":%q}]}]`, c.json(key), c.json(key))
	m.PutStr("gen_ai.input.messages", call)
	m.PutStr("gen_ai.output.messages", call)
	m.PutStr("gen_ai.system_instructions", fmt.Sprintf(`[{"type":"text","content":%q}]`, c.json(key)))
	m.PutStr("gen_ai.tool.definitions", fmt.Sprintf(`[{"type":"function","name":"login","parameters":%s}]`, c.json(key)))
	m.PutStr("exception.message", c.json(key))
}

func TestSecretsNeverStored(t *testing.T) {
	t.Parallel()
	c := startCollector(t, setup{
		env:    map[string]string{"AGENTAUDIT_SEAL_AGE": "1h"}, // so that the journal can be looked at
		config: []string{"service::telemetry::logs::level: debug"},
	})
	var secrets canaries
	operations := []string{"execute_tool", "chat", "invoke_agent", "search_memory", "create_memory", "plan", "no_such_operation"}
	now := pcommon.NewTimestampFromTime(time.Now())

	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty()
	secrets.addSecrets(spans.Resource().Attributes())
	scope := spans.ScopeSpans().AppendEmpty()
	secrets.addSecrets(scope.Scope().Attributes())
	for i, operation := range append(operations, operations...) {
		span := scope.Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{15: 1})
		span.SetSpanID(pcommon.SpanID{7: byte(i + 1)}) //nolint:gosec // small
		span.SetStartTimestamp(now)
		span.SetEndTimestamp(now)
		span.SetName(operation)
		span.Status().SetCode(ptrace.StatusCode(i % 3)) //nolint:gosec // small
		span.Attributes().PutStr("gen_ai.operation.name", operation)
		secrets.addSecrets(span.Attributes())
		secrets.agentAttributes(i, span.Attributes())
		exception := span.Events().AppendEmpty()
		exception.SetName("exception")
		secrets.agentAttributes(i, exception.Attributes())
		secrets.addSecrets(exception.Attributes())
		secrets.addSecrets(span.Links().AppendEmpty().Attributes())
	}
	sender := newHTTP(c).(*overHTTP)
	defer sender.close()
	require.NoError(t, sender.send(t.Context(), td))

	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for i, name := range []string{"gen_ai.client.inference.operation.details", "gen_ai.user.message", "gen_ai.choice", "gen_ai.evaluation.result", "gen_ai.tool.message"} {
		record := records.AppendEmpty()
		record.SetEventName(name)
		record.SetTimestamp(now)
		record.Attributes().PutStr("gen_ai.system", "openai")
		secrets.addSecrets(record.Attributes())
		secrets.agentAttributes(i, record.Attributes())
		secrets.addSecrets(record.Body().SetEmptyMap())
		text := records.AppendEmpty()
		record.CopyTo(text)
		text.Body().SetStr(secrets.json("password"))
	}
	body, err := plogotlp.NewExportRequestFromLogs(ld).MarshalProto()
	require.NoError(t, err)
	code, answer, err := sender.post(t.Context(), "/v1/logs", "application/x-protobuf", body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, code, "%s", answer)

	require.Positive(t, journalSize(t, c.journal))
	assert.Empty(t, grep(t, c.dir, canary), "journal, log, whatever lies about")
	t.Logf("%d secrets sent", secrets.count)
	assert.Positive(t, c.metric("processor_agent_audit_redactions"))
	_, page := c.get(c.metrics, "/metrics")
	absent(t, "metrics", []byte(page))
	c.stop()
	absent(t, "the collector's log", c.log())

	w := readWorld(t, c.bucket)
	require.Greater(t, len(w.events), 20)
	absent(t, "bucket", w.text)
	assert.Empty(t, grep(t, c.dir, canary))
	assert.Contains(t, string(w.text), "[REDACTED")
}

// absent checks that no secret is in a text, and shows the first one that is.
func absent(t *testing.T, where string, text []byte) {
	t.Helper()
	if at := bytes.Index(text, []byte(canary)); at >= 0 {
		t.Errorf("%s holds %d secrets: …%s…", where, bytes.Count(text, []byte(canary)), text[max(0, at-150):at])
	}
}
