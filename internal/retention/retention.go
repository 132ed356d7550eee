// Package retention decides how long an event is kept: a tier by what it tells, days by the
// tier, and floors by the law that a deployment has to meet.
package retention

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
)

// tiers gives the tier of an event type; what is missing here is debug.
var tiers = map[event.Type]string{
	event.Error:             event.TierCritical,
	event.PermissionDenied:  event.TierCritical,
	event.Security:          event.TierCritical,
	event.Compliance:        event.TierCritical,
	event.Decision:          event.TierCompliance,
	event.Handoff:           event.TierCompliance,
	event.HumanIntervention: event.TierCompliance,
	event.PermissionCheck:   event.TierCompliance,
	event.DataModify:        event.TierCompliance,
	event.Invocation:        event.TierInfo,
	event.ToolCall:          event.TierInfo,
	event.ToolResult:        event.TierInfo,
	event.TokenUsage:        event.TierInfo,
	event.DataAccess:        event.TierInfo,
	event.SessionStart:      event.TierInfo,
	event.SessionEnd:        event.TierInfo,
	event.UserFeedback:      event.TierInfo,
}

// defaultDays are the days of each tier.
var defaultDays = map[string]int64{
	event.TierDebug:      7,
	event.TierInfo:       30,
	event.TierCompliance: 365,
	event.TierCritical:   730,
}

// A profile is a floor under the days of every tier but debug.
type profile struct {
	days   int64
	source string
}

// Profiles help meet a rule; none makes a deployment comply with it.
var profiles = map[string]profile{
	"eu_ai_act": {183, "Regulation (EU) 2024/1689, Articles 19(1) and 26(6): logs of high-risk systems, at least six months"},
	"hipaa":     {2192, "45 CFR 164.316(b)(2)(i): documentation, six years"},
	"sox":       {2557, "17 CFR 210.2-06: audit records, seven years"},
}

// maxDays is a century: more is a slip of the keyboard, and locks can't be shortened.
const maxDays = 36525

// Config says how long events are kept.
type Config struct {
	// Profile raises the days of all tiers but debug to a floor: eu_ai_act, hipaa or sox.
	Profile string `mapstructure:"profile"`
	// Days to keep the events of a tier, instead of the default.
	Days map[string]int64 `mapstructure:"days"`
	// Rules pick tiers; a later one wins over an earlier one. They are evaluated by package rules.
	Rules []Rule `mapstructure:"rules"`

	_ struct{}
}

// Rule picks the tier of events.
type Rule struct {
	// When it applies, an OTTL condition; empty for always.
	When string `mapstructure:"when"`
	// Event is the type that it applies to; empty for all.
	Event string `mapstructure:"event"`
	// Tier to keep them in.
	Tier string `mapstructure:"tier"`

	_ struct{}
}

// Validate checks the rule, but for its condition.
func (r *Rule) Validate() error {
	if r.Event != "" && !event.IsType(r.Event) {
		return fmt.Errorf("\"event\" is %q; allowed are %q", r.Event, event.Types)
	}
	if !slices.Contains(event.Tiers, r.Tier) {
		return fmt.Errorf("\"tier\" is %q; allowed are %q", r.Tier, event.Tiers)
	}
	return nil
}

// Validate checks the configuration.
func (c *Config) Validate() error {
	if _, ok := profiles[c.Profile]; !ok && c.Profile != "" {
		return fmt.Errorf("\"profile\" is %q; allowed are %q", c.Profile, slices.Sorted(maps.Keys(profiles)))
	}
	for _, tier := range slices.Sorted(maps.Keys(c.Days)) {
		if !slices.Contains(event.Tiers, tier) {
			return fmt.Errorf("\"days\" has the tier %q; allowed are %q", tier, event.Tiers)
		}
		if days := c.Days[tier]; days < 1 || days > maxDays {
			return fmt.Errorf("\"days::%s\" is %d; allowed is 1 to %d", tier, days, maxDays)
		}
	}
	return nil
}

// Policy is a compiled configuration. It is safe for concurrent use.
type Policy struct{ days map[string]int64 }

// New compiles a valid configuration.
func New(c Config) *Policy {
	days := maps.Clone(defaultDays)
	maps.Copy(days, c.Days)
	if p, ok := profiles[c.Profile]; ok {
		for tier := range days {
			if tier != event.TierDebug {
				days[tier] = max(days[tier], p.days)
			}
		}
	}
	return &Policy{days}
}

// Tier returns the tier that an event of type t has by default.
func Tier(t event.Type) string {
	if tier, ok := tiers[t]; ok {
		return tier
	}
	return event.TierDebug
}

// Tag sets the retention of e; tier is "" for the default of its type.
func (p *Policy) Tag(e *event.Event, tier string) {
	if tier == "" {
		tier = Tier(e.Type)
	}
	days := p.days[tier]
	e.Retention = event.Retention{
		Tier: tier,
		Days: event.IntOf(days),
		// The day of the event and the days after it are kept whole.
		ExpiresOn: e.Timestamp.AsTime().AddDate(0, 0, int(days)+1).Format(time.DateOnly),
	}
}
