package retention

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
)

func TestTiersAndDays(t *testing.T) {
	want := map[string][]event.Type{
		event.TierCritical:   {event.Error, event.PermissionDenied, event.Security, event.Compliance},
		event.TierCompliance: {event.Decision, event.Handoff, event.HumanIntervention, event.DataModify, event.PermissionCheck},
		event.TierInfo: {event.Invocation, event.ToolCall, event.ToolResult, event.TokenUsage, event.DataAccess,
			event.SessionStart, event.SessionEnd, event.UserFeedback},
		event.TierDebug: {event.LLMResponse, event.Reasoning, event.FinalOutput},
	}
	count := 0
	for tier, types := range want {
		for _, typ := range types {
			count++
			assert.Equal(t, tier, Tier(typ), typ)
		}
	}
	assert.Len(t, event.Types, count, "each type has a tier here")
}

func TestTag(t *testing.T) {
	late := time.Date(2026, 12, 31, 23, 59, 59, 999, time.UTC)
	for _, c := range []struct {
		name   string
		config Config
		kind   event.Type
		tier   string
		want   event.Retention
	}{
		{"default", Config{}, event.ToolCall, "", event.Retention{Tier: "info", Days: event.IntOf(30), ExpiresOn: "2027-01-31"}},
		{"a week of debug", Config{}, event.LLMResponse, "", event.Retention{Tier: "debug", Days: event.IntOf(7), ExpiresOn: "2027-01-08"}},
		{"chosen tier", Config{}, event.LLMResponse, "compliance", event.Retention{Tier: "compliance", Days: event.IntOf(365), ExpiresOn: "2028-01-01"}},
		{"own days", Config{Days: map[string]int64{"info": 1}}, event.ToolCall, "", event.Retention{Tier: "info", Days: event.IntOf(1), ExpiresOn: "2027-01-02"}},
		{"profile raises", Config{Profile: "eu_ai_act", Days: map[string]int64{"info": 1}}, event.ToolCall, "", event.Retention{Tier: "info", Days: event.IntOf(183), ExpiresOn: "2027-07-03"}},
		{"profile does not lower", Config{Profile: "eu_ai_act"}, event.Error, "", event.Retention{Tier: "critical", Days: event.IntOf(730), ExpiresOn: "2028-12-31"}},
		{"profile spares debug", Config{Profile: "sox"}, event.Reasoning, "", event.Retention{Tier: "debug", Days: event.IntOf(7), ExpiresOn: "2027-01-08"}},
		{"six years", Config{Profile: "hipaa"}, event.Handoff, "", event.Retention{Tier: "compliance", Days: event.IntOf(2192), ExpiresOn: "2033-01-01"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.NoError(t, c.config.Validate())
			e := event.Event{Type: c.kind, Timestamp: pcommon.NewTimestampFromTime(late)}
			New(c.config).Tag(&e, c.tier)
			assert.Equal(t, c.want, e.Retention)
		})
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	for want, c := range map[string]Config{
		`"profile" is "gdpr"`:           {Profile: "gdpr"},
		`"days" has the tier "forever"`: {Days: map[string]int64{"forever": 1}},
		`"days::info" is 0`:             {Days: map[string]int64{"info": 0}},
		`"days::debug" is 99999`:        {Days: map[string]int64{"debug": 99999}},
	} {
		assert.ErrorContains(t, c.Validate(), want)
	}
}

func BenchmarkTag(b *testing.B) {
	p := New(Config{})
	e := event.Event{Type: event.ToolCall, Timestamp: pcommon.NewTimestampFromTime(time.Date(2026, 12, 31, 23, 59, 59, 999, time.UTC))}
	b.ReportAllocs()
	for b.Loop() {
		p.Tag(&e, "")
	}
}
