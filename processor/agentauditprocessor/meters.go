package agentauditprocessor

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/agentaudit/agentaudit/internal/event"
)

// counts is what happened in one batch. Counting here and reporting once costs a hundredth of
// an instrument call for each event.
type counts struct {
	events      [][4]int64 // by place in event.Types and event.Tiers
	drops       map[string]int64
	redactions  map[string]int64
	truncations int64
	timestamps  int64
	ruleErrors  int64
}

func (c *counts) event(e *event.Event) {
	if c.events == nil {
		c.events = make([][4]int64, len(event.Types))
	}
	c.events[slices.Index(event.Types, e.Type)][slices.Index(event.Tiers, e.Retention.Tier)]++
}

func (c *counts) drop(reason string) {
	if c.drops == nil {
		c.drops = map[string]int64{}
	}
	c.drops[reason]++
}

func (c *counts) redaction(rule, _ string, count int) {
	if c.redactions == nil {
		c.redactions = map[string]int64{}
	}
	c.redactions[rule] += int64(count)
}

// eventAttributes holds the attribute sets of the events metric, made once.
var eventAttributes = func() (sets [][4]metric.MeasurementOption) {
	for _, t := range event.Types {
		var row [4]metric.MeasurementOption
		for i, tier := range event.Tiers {
			row[i] = metric.WithAttributeSet(attribute.NewSet(attribute.String("event_type", string(t)), attribute.String("tier", tier)))
		}
		sets = append(sets, row)
	}
	return sets
}()

// report adds the counts of a batch to the metrics and empties them.
func (p *pipeline) report(ctx context.Context, c *counts, took time.Duration) {
	for t, row := range c.events {
		for tier, n := range row {
			if n > 0 {
				p.telemetry.ProcessorAgentAuditEvents.Add(ctx, n, eventAttributes[t][tier])
			}
		}
	}
	addBy(ctx, p.telemetry.ProcessorAgentAuditDrops, "reason", c.drops)
	addBy(ctx, p.telemetry.ProcessorAgentAuditRedactions, "rule", c.redactions)
	for instrument, n := range map[metric.Int64Counter]int64{
		p.telemetry.ProcessorAgentAuditTruncations:        c.truncations,
		p.telemetry.ProcessorAgentAuditTimestampsReplaced: c.timestamps,
		p.telemetry.ProcessorAgentAuditRuleErrors:         c.ruleErrors,
	} {
		if n > 0 {
			instrument.Add(ctx, n)
		}
	}
	p.telemetry.ProcessorAgentAuditDuration.Record(ctx, took.Seconds())
	clear(c.events)
	clear(c.drops)
	clear(c.redactions)
	c.truncations, c.timestamps, c.ruleErrors = 0, 0, 0
}

func addBy(ctx context.Context, instrument metric.Int64Counter, key string, counts map[string]int64) {
	for value, n := range counts {
		instrument.Add(ctx, n, metric.WithAttributeSet(attribute.NewSet(attribute.String(key, value))))
	}
}
