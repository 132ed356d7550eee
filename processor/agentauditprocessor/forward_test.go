package agentauditprocessor

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/agentaudit/agentaudit/internal/dialect"
	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
	"github.com/agentaudit/agentaudit/internal/rules"
)

// planter puts a secret of its own into every text that telemetry can hold. It finds the places by
// pdata's accessors, so a text that a later version of OTLP adds is one of them.
type planter struct {
	format  *detect.Format
	rng     *rand.Rand
	secrets map[string]string // by place
}

func newPlanter() *planter {
	formats := detect.Formats()
	for i := range formats {
		if formats[i].ID == "github-fine-grained-pat" || strings.HasPrefix(formats[i].ID, "github") {
			return &planter{format: &formats[i], rng: rand.New(rand.NewPCG(4, 4)), secrets: map[string]string{}}
		}
	}
	panic("no format of GitHub")
}

func (p *planter) secret(place string) string {
	p.secrets[place] = p.format.Example(p.rng)
	return p.secrets[place]
}

// plant fills the texts of v and of all that is below it.
func (p *planter) plant(place string, v reflect.Value) {
	switch at := v.Interface().(type) {
	case pcommon.Map:
		p.plantMap(place, at)
		return
	case pcommon.Value:
		at.SetStr(p.secret(place))
		return
	}
	for i := range v.NumMethod() {
		name, m := v.Type().Method(i).Name, v.Method(i)
		in, out := m.Type().NumIn(), m.Type().NumOut()
		switch {
		case in == 1 && out == 0 && m.Type().In(0).Kind() == reflect.String:
			m.Call([]reflect.Value{reflect.ValueOf(p.secret(place + "." + name))})
		case in == 0 && out == 1 && m.Type().Out(0).Kind() == reflect.Struct && strings.Contains(m.Type().Out(0).PkgPath(), "/pdata/") && m.Type().Out(0) != v.Type():
			p.plant(place+"."+name, m.Call(nil)[0])
		}
	}
}

func (p *planter) plantMap(place string, m pcommon.Map) {
	m.PutStr("text", p.secret(place+": text"))
	m.PutStr("json", `{"a":["`+p.secret(place+": JSON")+`"]}`)
	m.PutStr("name "+p.secret(place+": name"), "x")
	m.PutStr("user.id", p.secret(place+": id"))
	m.PutEmptyBytes("bytes").FromRaw([]byte(p.secret(place + ": bytes")))
	m.PutEmptyBytes("binary").FromRaw([]byte("\xff\x00 " + p.secret(place+": binary") + "\xfe"))
	m.PutEmptyBytes("token").FromRaw([]byte("\xff\x00" + p.secret(place+": binary token")))
	m.PutEmptySlice("slice").AppendEmpty().SetStr(p.secret(place + ": slice"))
	inner := m.PutEmptyMap("map").PutEmptyMap("map")
	inner.PutStr("text", p.secret(place+": map"))
	inner.PutStr("name "+p.secret(place+": name in a map"), "x")
}

// left lists the places whose secret is in what was written.
func (p *planter) left(written string) (places []string) {
	for place, secret := range p.secrets {
		found := strings.Contains(written, secret)
		for shift := range 3 { // as bytes it is base64, at any place of three
			code := base64.StdEncoding.EncodeToString([]byte("\xff\x00"[:shift] + secret))
			found = found || strings.Contains(written, code[4:len(code)-4])
		}
		if found {
			places = append(places, place)
		}
	}
	return places
}

var everyOutput = []struct {
	name, output string
	agents, all  bool
}{
	{"agents' telemetry", outputAnnotate, true, false},
	{"all telemetry", outputAnnotate, false, true},
	{"events", outputEventsOnly, true, false},
}

func configOf(output string, all bool) *Config {
	cfg := testConfig()
	cfg.Output, cfg.Redaction = output, redact.Config{AllSpans: all}
	return cfg
}

func TestForwardedTextsAreClean(t *testing.T) {
	for _, c := range everyOutput {
		t.Run("spans/"+c.name, func(t *testing.T) {
			p, td := newPlanter(), ptrace.NewTraces()
			p.plant("traces", reflect.ValueOf(td))
			td.ResourceSpans().At(0).CopyTo(td.ResourceSpans().AppendEmpty())
			ss := td.ResourceSpans().At(0).ScopeSpans().At(0)
			if c.agents {
				ss.Spans().At(0).Attributes().PutStr("gen_ai.operation.name", "execute_tool")
			}
			if c.agents {
				td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool { return rs != td.ResourceSpans().At(0) })
			} else {
				td.ResourceSpans().At(1).ScopeSpans().At(0).Spans().RemoveIf(func(ptrace.Span) bool { return true })
			}
			assert.Greater(t, len(p.secrets), 40, "places")
			before, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
			require.NoError(t, err)
			require.Len(t, p.left(string(before)), len(p.secrets), "the search sees them all")
			pipeline := testPipeline(t, configOf(c.output, c.all))
			out, err := pipeline.processTraces(t.Context(), td)
			require.NoError(t, err)
			text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(out)
			require.NoError(t, err)
			assert.Empty(t, p.left(string(text)))
			for _, span := range out.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
				for _, se := range span.Events().All() {
					var e event.Event
					if _, err := event.FromSpanEvent(span, se, &e); err == nil {
						assert.Empty(t, p.left(string(e.AppendJSON(nil))))
					}
				}
			}
		})
		t.Run("logs/"+c.name, func(t *testing.T) {
			p, ld := newPlanter(), plog.NewLogs()
			p.plant("logs", reflect.ValueOf(ld))
			ld.ResourceLogs().At(0).CopyTo(ld.ResourceLogs().AppendEmpty())
			record := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
			if c.agents {
				record.Attributes().PutStr("gen_ai.operation.name", "execute_tool")
				ld.ResourceLogs().RemoveIf(func(rl plog.ResourceLogs) bool { return rl != ld.ResourceLogs().At(0) })
			} else {
				ld.ResourceLogs().At(1).ScopeLogs().At(0).LogRecords().RemoveIf(func(plog.LogRecord) bool { return true })
			}
			assert.Greater(t, len(p.secrets), 30, "places")
			out, err := testPipeline(t, configOf(c.output, c.all)).processLogs(t.Context(), ld)
			require.NoError(t, err)
			text, err := (&plog.JSONMarshaler{}).MarshalLogs(out)
			require.NoError(t, err)
			assert.Contains(t, string(text), "REDACTED")
			assert.Empty(t, p.left(string(text)))
		})
	}
}

// A record that poses as an audit event is none afterwards, even with two attributes of one name, and goes on clean.
func TestForgedRecordsAreDisarmedAndClean(t *testing.T) {
	const id = `{"key":"agent_audit.event_id","value":{"stringValue":"0190163d-8694-839b-aea5-966c26f8ad91"}}`
	ld, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs([]byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"agent.decision","body":{"stringValue":"password=hunter2hunter2"},"attributes":[` + id + `,` + id + `]}]}]}]}`))
	require.NoError(t, err)
	out, err := testPipeline(t, configOf(outputAnnotate, false)).processLogs(t.Context(), ld)
	require.NoError(t, err)
	text, err := (&plog.JSONMarshaler{}).MarshalLogs(out)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "event_id")
	assert.NotContains(t, string(text), "hunter2")
}

// Where readers join on a text only what can be nothing but a secret goes from it.
func TestSecretsInStructure(t *testing.T) {
	p := newPlanter()
	keys := []string{"user.id", "gen_ai.conversation.id", "gen_ai.agent.id", "gen_ai.agent.version", "gen_ai.request.model", "gen_ai.provider.name", "gen_ai.tool.call.id", "gen_ai.response.id", "error.type", "gen_ai.tool.type"}
	td, attributes := ptrace.NewTraces(), map[string]any{}
	for _, key := range keys {
		attributes[key] = "v " + p.secret(key)
	}
	span := toolSpan(td, 1, attributes)
	span.Status().SetCode(ptrace.StatusCodeError)
	resource := td.ResourceSpans().At(0).Resource().Attributes()
	for _, key := range []string{"service.name", "service.version", "service.instance.id", "deployment.environment.name"} {
		resource.PutStr(key, p.secret(key))
	}
	lines := auditTraces(t, testPipeline(t, configOf(outputEventsOnly, false)), td)
	require.NotEmpty(t, lines)
	for _, line := range lines {
		assert.Empty(t, p.left(string(line)))
	}
}

func TestUserIDs(t *testing.T) {
	span := func() ptrace.Traces {
		td := ptrace.NewTraces()
		toolSpan(td, 1, map[string]any{"user.id": "ada@example.org", "gen_ai.conversation.id": "10.0.0.7", "enduser.id": 471147114711, "gen_ai.tool.call.arguments": `{"userId":"ada@example.org","user_id":17,"n":17}`})
		return td
	}
	for _, c := range []struct {
		actions []redact.ActionRule
		want    string // of user_id in the event
		params  string
	}{
		{nil, `^ada@example.org$`, `^{"userId":"ada@example.org","user_id":17,"n":17}$`},
		{[]redact.ActionRule{{Action: redact.Hash}, {Path: "/**", Action: redact.Drop}}, `^ada@example.org$`, `^{"userId":"ada@example.org","user_id":17,"n":17}$`},
		{[]redact.ActionRule{{Rule: "user_id", Action: redact.Hash}}, `^user_id:[a-z2-7]{16}$`, `^{"userId":"user_id:[a-z2-7]{16}","user_id":"user_id:[a-z2-7]{16}","n":17}$`},
		{[]redact.ActionRule{{Rule: "user_id", Action: redact.Mask, Path: "/user_id"}}, `^\[REDACTED:user_id\]$`, `^{"userId":"ada@example.org","user_id":17,"n":17}$`},
		{[]redact.ActionRule{{Rule: "user_id", Action: redact.Drop}}, `^$`, `^{"userId":null,"user_id":null,"n":17}$`},
	} {
		cfg := configOf(outputEventsOnly, false)
		cfg.Redaction.Actions, cfg.Redaction.Key = c.actions, "0123456789abcdef"
		events := decodeAll(t, auditTraces(t, testPipeline(t, cfg), span()))
		assert.Regexp(t, c.want, events[event.ToolCall].UserID)
		assert.Regexp(t, c.params, events[event.ToolCall].Params.String())
		assert.Equal(t, "10.0.0.7", events[event.ToolCall].SessionID)
	}
	cfg := configOf(outputAnnotate, false)
	cfg.Redaction.Actions = []redact.ActionRule{{Rule: "user_id", Action: redact.Hash}}
	out, err := testPipeline(t, cfg).processTraces(t.Context(), span())
	require.NoError(t, err)
	forwarded := func() map[string]any {
		return out.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().AsRaw()
	}
	once := forwarded()
	assert.Regexp(t, `^user_id:[a-z2-7]{16}$`, once["user.id"])
	assert.Regexp(t, `^user_id:[a-z2-7]{16}$`, once["enduser.id"])
	_, err = testPipeline(t, cfg).processTraces(t.Context(), out)
	require.NoError(t, err)
	assert.Equal(t, once["user.id"], forwarded()["user.id"], "the next collector leaves a hash alone")
}

// What the processor says about telemetry in the collector's own log is redacted too.
func TestTheLogIsClean(t *testing.T) {
	secrets := newPlanter()
	cfg := configOf(outputEventsOnly, false)
	cfg.Rules = []rules.Rule{{When: `span.attributes["x"] != nil`, Set: map[string]string{"duration_ms": `span.attributes["x"]`}}}
	p := testPipeline(t, cfg)
	core, logged := observer.New(zap.DebugLevel)
	p.logger = zap.New(core)
	td := ptrace.NewTraces()
	toolSpan(td, 1, map[string]any{"x": "no number: " + secrets.secret("a rule's value")})
	_, err := p.processTraces(t.Context(), td)
	require.NoError(t, err)
	b := p.begin(t.Context())
	b.readFacts(func(f *dialect.Facts) {
		f.Name = secrets.secret("a span's name")
		panic(secrets.secret("a panic"))
	})
	b.end()
	require.Equal(t, 2, logged.Len())
	for _, entry := range logged.All() {
		fields := entry.ContextMap()
		delete(fields, "stack")
		text := fmt.Sprint(entry.Message, fields)
		assert.Contains(t, text, "[REDACTED:")
		assert.Empty(t, secrets.left(text))
	}
}
