package agentauditprocessor

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/agentaudit/agentaudit/internal/retention"
	"github.com/agentaudit/agentaudit/processor/agentauditprocessor/internal/metadata"
)

func TestConfigStruct(t *testing.T) {
	require.NoError(t, componenttest.CheckConfigStruct(createDefaultConfig()))
}

func TestLoadConfig(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	load := func(name string) *Config {
		cfg := createDefaultConfig().(*Config)
		sub, err := conf.Sub(name)
		require.NoError(t, err)
		require.NoError(t, sub.Unmarshal(cfg))
		require.NoError(t, confmap.Validate(cfg))
		return cfg
	}
	assert.Equal(t, createDefaultConfig(), load("agent_audit"))

	full := load("agent_audit/full")
	assert.Equal(t, outputEventsOnly, full.Output)
	assert.Equal(t, messagesFull, full.Messages)
	assert.True(t, full.TrustIncoming)
	assert.True(t, full.Redaction.AllSpans)
	assert.Equal(t, []string{`resource.attributes["site"] == "x"`}, full.Redaction.Conditions())
	assert.Equal(t, "eu_ai_act", full.Retention.Profile)
	assert.Equal(t, map[string]int64{"debug": 14, "info": 90}, full.Retention.Days)
	assert.Equal(t, retention.Rule{Event: "agent.llm_response", Tier: "info"}, full.Retention.Rules[1])
	assert.Equal(t, map[string]string{"tenant_id": `log.attributes["tenant"]`}, full.Rules[1].Set)
	assert.Equal(t, "claude-*", full.Pricing[0].Model)
	assert.InDelta(t, 0.3, *full.Pricing[0].CacheRead, 0)
	assert.Equal(t, LimitsConfig{ValueBytes: 65536, Attributes: 64, Future: time.Hour}, full.Limits)
	for _, name := range []string{"agent_audit", "agent_audit/full"} {
		_, err := NewFactory().CreateTraces(t.Context(), processortest.NewNopSettings(metadata.Type), load(name), nopConsumer)
		require.NoError(t, err, name)
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	for want, yaml := range map[string]map[string]any{
		`"output" is "everything"; allowed are "annotate" and "events_only"`: {"output": "everything"},
		`"messages" is "some"; allowed are "new" and "full"`:                 {"messages": "some"},
		`limits: "value_bytes" is 10; allowed is`:                            {"limits": map[string]any{"value_bytes": 10}},
		`limits: "attributes" is -1; allowed is`:                             {"limits": map[string]any{"attributes": -1}},
		`limits: "future" is 1s; allowed is`:                                 {"limits": map[string]any{"future": "1s"}},
		`retention: "profile" is "gdpr"; allowed are`:                        {"retention": map[string]any{"profile": "gdpr"}},
		`retention: "days::info" is 0; allowed is`:                           {"retention": map[string]any{"days": map[string]any{"info": 0}}},
		`retention::rules::0: "tier" is "x"; allowed are`:                    {"retention": map[string]any{"rules": []any{map[string]any{"tier": "x"}}}},
		`rules::0: the rule does nothing`:                                    {"rules": []any{map[string]any{"when": "true"}}},
		`rules::0: "event" is "agent.lunch"; allowed are`:                    {"rules": []any{map[string]any{"event": "agent.lunch"}}},
		`rules::0: "set": there is no member "colour"`:                       {"rules": []any{map[string]any{"set": map[string]any{"colour": `"red"`}}}},
		`rules::0: "set": member "event_id" can't be set`:                    {"rules": []any{map[string]any{"set": map[string]any{"event_id": `"x"`}}}},
		`"rules::0" fits neither spans`:                                      {"rules": []any{map[string]any{"when": "span.attributes[", "event": "agent.error"}}},
		`"drop::0" fits neither spans`:                                       {"drop": []any{"metric.name == 1"}},
		`"drop::1" fits neither`:                                             {"drop": []any{`span.name == "x"`, ""}},
		`pricing::0: "input" is -1`:                                          {"pricing": []any{map[string]any{"model": "m", "input": -1}}},
		`when: span.name ==" fits neither spans`:                             {"redaction": map[string]any{"rules": []any{map[string]any{"id": "a", "words": []any{"b"}, "when": "span.name =="}}}},
		`redaction: key: shorter`:                                            {"redaction": map[string]any{"key": "short"}},
	} {
		cfg := createDefaultConfig()
		require.NoError(t, confmap.NewFromStringMap(yaml).Unmarshal(cfg), want)
		assert.ErrorContains(t, confmap.Validate(cfg), want)
	}
}

func TestUnknownKeysAreRefused(t *testing.T) {
	err := confmap.NewFromStringMap(map[string]any{"outptu": "annotate"}).Unmarshal(createDefaultConfig())
	assert.ErrorContains(t, err, "outptu")
}

var _ component.Config = (*Config)(nil)
