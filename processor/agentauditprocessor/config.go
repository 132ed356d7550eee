package agentauditprocessor

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/agentaudit/agentaudit/internal/pricing"
	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/retention"
	"github.com/agentaudit/agentaudit/internal/rules"
)

// Values of Output and Messages.
const (
	outputAnnotate   = "annotate"
	outputEventsOnly = "events_only"
	messagesNew      = "new"
	messagesFull     = "full"
)

// Config is the configuration of the processor.
type Config struct {
	// Output says what the pipeline goes on with: "annotate" keeps the telemetry and adds audit
	// events to it; "events_only" leaves nothing but the audit events.
	Output string `mapstructure:"output"`
	// Messages says what of a conversation a model call keeps: "new" messages of this turn and a hash
	// of those before, or the "full" array.
	Messages string `mapstructure:"messages"`
	// Redaction of secrets and personal data.
	Redaction redact.Config `mapstructure:"redaction"`
	// Retention tiers.
	Retention retention.Config `mapstructure:"retention"`
	// Rules add events and fields.
	Rules []rules.Rule `mapstructure:"rules"`
	// Drop leaves out what one of these OTTL conditions matches.
	Drop []string `mapstructure:"drop"`
	// Pricing tells the cost of model calls whose telemetry doesn't; none is built in.
	Pricing []pricing.Price `mapstructure:"pricing"`
	// Limits on what comes from outside.
	Limits LimitsConfig `mapstructure:"limits"`
	// TrustIncoming keeps audit events that arrive with the telemetry, from another collector's
	// agent_audit processor. Off, they are taken for forgeries and removed: whoever can send telemetry
	// could otherwise write the trail.
	TrustIncoming bool `mapstructure:"trust_incoming"`

	_ struct{}
}

// LimitsConfig bounds what comes from outside.
type LimitsConfig struct {
	// ValueBytes is the longest a text, message array, argument or result may be, after redaction.
	ValueBytes int `mapstructure:"value_bytes"`
	// Attributes is how many attributes that no field took an event keeps.
	Attributes int `mapstructure:"attributes"`
	// Future is how far ahead of the collector's clock a time may be.
	Future time.Duration `mapstructure:"future"`

	_ struct{}
}

// Defaults. A megabyte holds the longest context window's text; an image in base64 does not fit and
// is no audit fact. A day absorbs any wrong time zone.
const (
	defaultValueBytes = 1 << 20
	defaultAttributes = 256
	defaultFuture     = 24 * time.Hour
)

func createDefaultConfig() component.Config {
	return &Config{
		Output:   outputAnnotate,
		Messages: messagesNew,
		Limits:   LimitsConfig{ValueBytes: defaultValueBytes, Attributes: defaultAttributes, Future: defaultFuture},
	}
}

func (c *Config) rules() rules.Config {
	return rules.Config{Rules: c.Rules, Tiers: c.Retention.Rules, Drop: c.Drop, Conditions: c.Redaction.Conditions()}
}

// Validate checks the configuration. Its errors name the key, what was given and what is allowed.
func (c *Config) Validate() error {
	var errs []error
	if c.Output != outputAnnotate && c.Output != outputEventsOnly {
		errs = append(errs, fmt.Errorf("\"output\" is %q; allowed are %q and %q", c.Output, outputAnnotate, outputEventsOnly))
	}
	if c.Messages != messagesNew && c.Messages != messagesFull {
		errs = append(errs, fmt.Errorf("\"messages\" is %q; allowed are %q and %q", c.Messages, messagesNew, messagesFull))
	}
	if _, err := rules.Compile(c.rules(), componenttest.NewNopTelemetrySettings()); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Validate checks the limits.
func (c *LimitsConfig) Validate() error {
	var errs []error
	if c.ValueBytes < 1024 || c.ValueBytes > 64<<20 {
		errs = append(errs, fmt.Errorf("\"value_bytes\" is %d; allowed is 1024 to %d", c.ValueBytes, 64<<20))
	}
	if c.Attributes < 0 || c.Attributes > 10_000 {
		errs = append(errs, fmt.Errorf("\"attributes\" is %d; allowed is 0 to 10000", c.Attributes))
	}
	if c.Future < time.Minute {
		errs = append(errs, fmt.Errorf("\"future\" is %s; allowed is 1m or more", c.Future))
	}
	return errors.Join(errs...)
}
