package agentaudits3exporter

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadata"
)

// NewFactory returns the factory of the exporter, for traces and logs.
func NewFactory() exporter.Factory {
	f := factory{registry{shared: map[*Config]*shared{}}}
	return exporter.NewFactory(metadata.Type,
		func() component.Config { return defaultConfig() },
		exporter.WithTraces(f.createTraces, metadata.TracesStability),
		exporter.WithLogs(f.createLogs, metadata.LogsStability),
	)
}

type factory struct{ registry }

func (f *factory) createTraces(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Traces, error) {
	h, err := f.acquire(cfg, set)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewTraces(ctx, set, cfg, h.shared.exporter.consumeTraces, h.options()...)
}

func (f *factory) createLogs(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	h, err := f.acquire(cfg, set)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewLogs(ctx, set, cfg, h.shared.exporter.consumeLogs, h.options()...)
}

// options say that the helper is there for its metrics and spans alone. A queue would acknowledge what is only in
// memory, a retry would hold requests that the sender itself repeats, and a timeout would turn a slow disk into
// requests that are written and then repeated.
func (h *handle) options() []exporterhelper.Option {
	return []exporterhelper.Option{
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: 0}),
		exporterhelper.WithStart(h.start),
		exporterhelper.WithShutdown(h.shutdown),
	}
}
