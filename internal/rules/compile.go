package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	"go.opentelemetry.io/collector/component"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/retention"
)

// Compiled holds the rules by signal.
type Compiled struct {
	Spans *Engine[*ottlspan.TransformContext]
	Logs  *Engine[*ottllog.TransformContext]
}

// Compile reads the rules. A rule that fits neither signal is an error that names its key and says
// why it fits neither.
func Compile(c Config, settings component.TelemetrySettings) (*Compiled, error) {
	spans, err := ottlspan.NewParser(ottlfuncs.StandardConverters[*ottlspan.TransformContext](), settings, ottlspan.EnablePathContextNames())
	if err != nil {
		return nil, fmt.Errorf("span context of OTTL: %w", err)
	}
	logs, err := ottllog.NewParser(ottlfuncs.StandardConverters[*ottllog.TransformContext](), settings, ottllog.EnablePathContextNames())
	if err != nil {
		return nil, fmt.Errorf("log context of OTTL: %w", err)
	}
	out := &Compiled{&Engine[*ottlspan.TransformContext]{}, &Engine[*ottllog.TransformContext]{}}
	var errs []error
	for i := range c.Rules {
		errs = append(errs, either(fmt.Sprintf("rules::%d", i), addRule(out.Spans, spans, &c.Rules[i]), addRule(out.Logs, logs, &c.Rules[i])))
	}
	for i := range c.Tiers {
		errs = append(errs, either(fmt.Sprintf("retention::rules::%d", i), addTier(out.Spans, spans, &c.Tiers[i]), addTier(out.Logs, logs, &c.Tiers[i])))
	}
	for i, when := range c.Drop {
		errs = append(errs, either(fmt.Sprintf("drop::%d", i), addDrop(out.Spans, spans, when), addDrop(out.Logs, logs, when)))
	}
	for _, when := range c.Conditions {
		errs = append(errs, either("redaction::rules: when: "+when, addCondition(out.Spans, spans, when), addCondition(out.Logs, logs, when)))
	}
	return out, errors.Join(errs...)
}

// either is an error only if a rule fits neither signal.
func either(key string, span, log error) error {
	if span == nil || log == nil {
		return nil
	}
	return fmt.Errorf("%q fits neither spans (%w) nor log records (%w)", key, span, log)
}

func addRule[K any](g *Engine[K], parser ottl.Parser[K], r *Rule) error {
	when, err := condition(parser, r.When)
	if err != nil {
		return err
	}
	compiled := rule[K]{when: when, event: event.Type(r.Event)}
	for _, name := range slices.Sorted(maps.Keys(r.Set)) {
		value, err := parser.ParseValueExpression(r.Set[name])
		if err != nil {
			return fmt.Errorf("set::%s: %w", name, err)
		}
		compiled.names = append(compiled.names, name)
		compiled.values = append(compiled.values, value)
	}
	g.rules = append(g.rules, compiled)
	return nil
}

func addTier[K any](g *Engine[K], parser ottl.Parser[K], r *retention.Rule) error {
	when, err := condition(parser, r.When)
	if err == nil {
		g.tiers = append(g.tiers, tierRule[K]{when, event.Type(r.Event), r.Tier})
	}
	return err
}

func addDrop[K any](g *Engine[K], parser ottl.Parser[K], when string) error {
	c, err := condition(parser, when)
	if err == nil && c == nil {
		err = errors.New("a condition is missing")
	}
	if err == nil {
		g.drop = append(g.drop, c)
	}
	return err
}

// addCondition adds one that doesn't fit too, so that the index of the others stays.
func addCondition[K any](g *Engine[K], parser ottl.Parser[K], when string) error {
	c, err := condition(parser, when)
	g.conditions = append(g.conditions, c)
	return err
}

func condition[K any](parser ottl.Parser[K], when string) (*ottl.Condition[K], error) {
	if when == "" {
		return nil, nil //nolint:nilnil // no condition is a condition that always holds
	}
	c, err := parser.ParseCondition(when)
	if err != nil {
		return nil, fmt.Errorf("when: %w", err)
	}
	return c, nil
}
