package otlpguardextension

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
)

// Type is the type of the extension in configurations.
var Type = component.MustNewType("otlp_guard")

// Config is the configuration of the extension. It has no settings.
type Config struct {
	_ struct{}
}

// NewFactory returns the factory of the extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(Type, func() component.Config { return &Config{} },
		func(_ context.Context, set extension.Settings, _ component.Config) (extension.Extension, error) {
			return &guard{logger: set.Logger}, nil
		}, component.StabilityLevelDevelopment)
}
