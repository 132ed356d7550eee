package agentauditprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/pricing"
)

func TestCostIsComputedWhereNoneIsReported(t *testing.T) {
	cfg := testConfig()
	cfg.Pricing = []pricing.Price{{Model: "gpt-4o*", Input: 2.5, Output: 10}}
	p := testPipeline(t, cfg)
	usage := attrs{"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100}
	tell := func(more attrs) event.Event {
		s := chat(usage)
		for k, v := range more {
			s.attrs[k] = v
		}
		return decode(t, auditTraces(t, p, traces(t, nil, s))).one(t, event.TokenUsage)
	}
	computed := tell(nil)
	assert.InDelta(t, 0.0035, computed.CostUSD.Value, 1e-9)
	assert.Equal(t, event.CostComputed, computed.CostSource)

	reported := tell(attrs{"gen_ai.usage.cost": 0.5})
	assert.InDelta(t, 0.5, reported.CostUSD.Value, 0)
	assert.Equal(t, event.CostReported, reported.CostSource)

	unknown := tell(attrs{"gen_ai.request.model": "llama"})
	assert.False(t, unknown.CostUSD.Set, "no price is not a price of nought")
	assert.Empty(t, unknown.CostSource)
}
