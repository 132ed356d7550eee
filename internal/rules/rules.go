// Package rules applies what users say in OTTL: events and fields of their own, tiers, and
// what to leave out.
//
// Conditions and values are OTTL over the span or log record that an event is read from, with
// the context spelled out: span.attributes["x"], log.body, resource.attributes["y"]. A rule applies
// to the signals whose context it can be read in.
package rules

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/retention"
)

// Rule adds an event, or changes fields of those that there are.
type Rule struct {
	// When it applies, an OTTL condition; empty for always.
	When string `mapstructure:"when"`
	// Event is the type that Set applies to; one is added if the source has made none. Empty: all
	// that the source has made.
	Event string `mapstructure:"event"`
	// Set gives fields by their dotted names as OTTL values.
	Set map[string]string `mapstructure:"set"`

	_ struct{}
}

// Config holds the rules of one processor. In each list a later rule wins over an earlier one.
type Config struct {
	Rules []Rule
	Tiers []retention.Rule
	Drop  []string
	// Conditions are those of redaction rules, by index: what they are for is the redactor's business.
	Conditions []string
}

// Validate checks the rule, but for its condition and values.
func (r *Rule) Validate() error {
	if r.Event != "" && !event.IsType(r.Event) {
		return fmt.Errorf("\"event\" is %q; allowed are %q", r.Event, event.Types)
	}
	if len(r.Set) == 0 && r.Event == "" {
		return errors.New("the rule does nothing: give \"event\", \"set\" or both")
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(r.Set)) {
		if err := event.Settable(name); err != nil {
			errs = append(errs, fmt.Errorf("\"set\": %w", err))
		}
	}
	return errors.Join(errs...)
}

// Engine holds the rules that apply to one signal. It is safe for concurrent use.
type Engine[K any] struct {
	drop  []*ottl.Condition[K]
	rules []rule[K]
	tiers []tierRule[K]
	// conditions are by index in the configuration; nil where one doesn't fit this signal, and never holds.
	conditions []*ottl.Condition[K]
}

type rule[K any] struct {
	when   *ottl.Condition[K]
	event  event.Type
	names  []string
	values []*ottl.ValueExpression[K]
}

type tierRule[K any] struct {
	when  *ottl.Condition[K]
	event event.Type
	tier  string
}

// Empty says that there is nothing to apply.
func (g *Engine[K]) Empty() bool { return len(g.drop)+len(g.rules)+len(g.tiers) == 0 }

// Adds says whether some rule may add events to sources that make none.
func (g *Engine[K]) Adds() bool {
	return slices.ContainsFunc(g.rules, func(r rule[K]) bool { return r.event != "" })
}

// Drops says whether the source is to be left out. A condition that can't be evaluated drops nothing.
func (g *Engine[K]) Drops(ctx context.Context, source K) (bool, error) {
	var errs error
	for _, c := range g.drop {
		ok, err := c.Eval(ctx, source)
		if ok && err == nil {
			return true, nil
		}
		errs = errors.Join(errs, err)
	}
	return false, errs
}

// Conditional says whether there are conditions to look at.
func (g *Engine[K]) Conditional() bool { return len(g.conditions) > 0 }

// Conditions calls met with the index of each condition and whether it holds for the source. One that can't be
// evaluated counts as met: what hangs on it is a redaction, and that fails closed.
func (g *Engine[K]) Conditions(ctx context.Context, source K, met func(i int, holds bool)) (errs error) {
	for i, c := range g.conditions {
		if c == nil {
			met(i, false)
			continue
		}
		ok, err := c.Eval(ctx, source)
		met(i, ok || err != nil)
		errs = errors.Join(errs, err)
	}
	return errs
}

// Apply changes events, those that the source has made, and adds to them; base is what an added event
// starts from.
func (g *Engine[K]) Apply(ctx context.Context, source K, events []event.Event, base event.Event) ([]event.Event, error) {
	var errs error
	for i := range g.rules {
		r := &g.rules[i]
		ok, err := holds(ctx, r.when, source)
		errs = errors.Join(errs, err)
		if !ok {
			continue
		}
		if r.event != "" && !slices.ContainsFunc(events, func(e event.Event) bool { return e.Type == r.event }) {
			base.Type = r.event
			events = append(events, base)
		}
		for j := range events {
			if r.event == "" || events[j].Type == r.event {
				errs = errors.Join(errs, r.set(ctx, source, &events[j]))
			}
		}
	}
	return events, errs
}

// Tier returns the tier that the rules pick for an event of type t, "" if none does.
func (g *Engine[K]) Tier(ctx context.Context, source K, t event.Type) (tier string, errs error) {
	for i := range g.tiers {
		r := &g.tiers[i]
		if r.event != "" && r.event != t {
			continue
		}
		ok, err := holds(ctx, r.when, source)
		errs = errors.Join(errs, err)
		if ok {
			tier = r.tier
		}
	}
	return tier, errs
}

func holds[K any](ctx context.Context, when *ottl.Condition[K], source K) (bool, error) {
	if when == nil {
		return true, nil
	}
	ok, err := when.Eval(ctx, source)
	return ok && err == nil, err
}

func (r *rule[K]) set(ctx context.Context, source K, e *event.Event) (errs error) {
	for i, name := range r.names {
		result, err := r.values[i].Eval(ctx, source)
		if err != nil || result == nil {
			errs = errors.Join(errs, err)
			continue
		}
		value, err := toValue(result)
		if err == nil {
			err = e.Set(name, value)
		}
		errs = errors.Join(errs, err)
	}
	return errs
}

// toValue takes what OTTL gives: pdata or a Go value.
func toValue(result any) (pcommon.Value, error) {
	v := pcommon.NewValueEmpty()
	switch r := result.(type) {
	case pcommon.Value:
		return r, nil
	case pcommon.Map:
		r.CopyTo(v.SetEmptyMap())
		return v, nil
	case pcommon.Slice:
		r.CopyTo(v.SetEmptySlice())
		return v, nil
	case fmt.Stringer:
		v.SetStr(r.String())
		return v, nil
	}
	return v, v.FromRaw(result)
}
