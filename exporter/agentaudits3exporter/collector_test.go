package agentaudits3exporter

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry"

	"github.com/agentaudit/agentaudit/exporter/agentaudits3exporter/internal/metadata"
)

// freePort returns an address of 127.0.0.1 that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}

// The Collector itself starts the exporter for three pipelines of two signals, on one journal, and drains it at the end.
func TestInsideTheCollector(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	addr := freePort(t)
	t.Setenv("TEST_DIR", dir)
	t.Setenv("TEST_HTTP", addr)
	w.config.Bucket = "file:" + filepath.Join(dir, "bucket")

	collector, err := otelcol.NewCollector(otelcol.CollectorSettings{
		BuildInfo:               component.NewDefaultBuildInfo(),
		DisableGracefulShutdown: true,
		Factories: func() (otelcol.Factories, error) {
			return otelcol.Factories{
				Receivers: map[component.Type]receiver.Factory{otlpreceiver.NewFactory().Type(): otlpreceiver.NewFactory()},
				Exporters: map[component.Type]exporter.Factory{metadata.Type: NewFactory()},
				Telemetry: telemetry.NewFactory(func() component.Config { return struct{}{} }), // none
			}, nil
		},
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs:              []string{"file:testdata/collector.yaml"},
			ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory(), envprovider.NewFactory()},
		}},
	})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- collector.Run(t.Context()) }()
	eventually(t, func() bool { return collector.GetState() == otelcol.StateRunning || len(ended) > 0 }, "it runs")
	require.Equal(t, otelcol.StateRunning, collector.GetState())

	traces, err := ptraceotlp.NewExportRequestFromTraces(tracesOf(0, 10)).MarshalProto()
	require.NoError(t, err)
	logs, err := plogotlp.NewExportRequestFromLogs(logsOf(10, 20)).MarshalProto()
	require.NoError(t, err)
	post(t, "http://"+addr+"/v1/traces", traces)
	post(t, "http://"+addr+"/v1/logs", logs)
	collector.Shutdown()
	require.NoError(t, <-ended)
	http.DefaultClient.CloseIdleConnections()

	w.requireStored(0, 20) // once each, although two pipelines carry the traces
	writer, err := os.ReadFile(filepath.Join(dir, "journal", "writer"))
	require.NoError(t, err)
	for _, e := range w.stored() {
		assert.Equal(t, strings.TrimSpace(string(writer)), e.Writer, "one writer, whose made-up name is kept")
	}
}

func post(t *testing.T, url string, body []byte) {
	t.Helper()
	response, err := http.Post(url, "application/x-protobuf", bytes.NewReader(body))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode, fmt.Sprint(response))
}
