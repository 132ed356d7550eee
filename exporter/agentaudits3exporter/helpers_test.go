package agentaudits3exporter

import (
	"context"

	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/agentaudit/agentaudit/internal/seal"
)

var ignore = []metricdatatest.Option{metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars()}

type hookFunc func(ctx context.Context, segment seal.Segment, objects []seal.Object) error

func (f hookFunc) Committed(ctx context.Context, segment seal.Segment, objects []seal.Object) error {
	return f(ctx, segment, objects)
}
