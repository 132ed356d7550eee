package agentauditprocessor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap"

	"github.com/agentaudit/agentaudit/internal/derive"
	"github.com/agentaudit/agentaudit/internal/pricing"
	"github.com/agentaudit/agentaudit/internal/redact"
	"github.com/agentaudit/agentaudit/internal/retention"
	"github.com/agentaudit/agentaudit/internal/rules"
	"github.com/agentaudit/agentaudit/processor/agentauditprocessor/internal/metadata"
)

// pipeline is what a processor of either signal is made of. All of it is safe for concurrent use;
// what one batch needs for itself is a batch.
type pipeline struct {
	config    *Config
	redactor  *redact.Redactor
	deriver   derive.Deriver
	policy    *retention.Policy
	rules     *rules.Compiled
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder
	now       func() time.Time
	batches   sync.Pool
}

func newPipeline(set component.TelemetrySettings, cfg *Config) (*pipeline, error) {
	redactor, err := redact.New(cfg.Redaction)
	if err != nil {
		return nil, fmt.Errorf("redaction: %w", err)
	}
	compiled, err := rules.Compile(cfg.rules(), set)
	if err != nil {
		return nil, err
	}
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, fmt.Errorf("internal metrics: %w", err)
	}
	if redactor.Generated() {
		set.Logger.Warn("no redaction key is configured: hashes of actions and histories can be compared only within this run of this collector",
			zap.String("key", "redaction::key_file"))
	}
	p := &pipeline{
		config:    cfg,
		redactor:  redactor,
		deriver:   derive.Deriver{HMAC: redactor.HMAC, FullMessages: cfg.Messages == messagesFull, Prices: pricing.New(cfg.Pricing)},
		policy:    retention.New(cfg.Retention),
		rules:     compiled,
		logger:    set.Logger,
		telemetry: telemetry,
		now:       time.Now,
	}
	p.batches.New = func() any { return &batch{pipeline: p, clean: newCleanTexts()} }
	return p, nil
}

func (p *pipeline) shutdown(context.Context) error {
	p.telemetry.Shutdown()
	return nil
}

// eventsOnly says that nothing but audit events goes on.
func (p *pipeline) eventsOnly() bool { return p.config.Output == outputEventsOnly }
