package agentaudits3exporter

import (
	"context"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
)

// resolve reads a configuration as the Collector does, and returns the exporter's section.
func resolve(t *testing.T, uri string) *Config {
	t.Helper()
	r, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              []string{uri},
		ProviderFactories: []confmap.ProviderFactory{envprovider.NewFactory(), fileprovider.NewFactory(), yamlprovider.NewFactory()},
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Shutdown(context.WithoutCancel(t.Context()))) }()
	all, err := r.Resolve(t.Context())
	require.NoError(t, err)
	section, err := all.Sub("exporters::agent_audit_s3")
	require.NoError(t, err)
	require.NotEmpty(t, section.AllKeys())
	cfg := defaultConfig()
	require.NoError(t, section.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	return cfg
}

func TestShippedConfigIsTheDefault(t *testing.T) {
	for _, name := range []string{"BUCKET", "WRITER", "JOURNAL", "SEAL_AGE"} {
		t.Setenv("AGENTAUDIT_"+name, "") // so that it is put back
		require.NoError(t, os.Unsetenv("AGENTAUDIT_"+name))
	}
	assert.Equal(t, defaultConfig(), resolve(t, "file:../../config.yaml"))
}

func TestExamplesOfTheReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	require.NotEmpty(t, examples)
	for _, example := range examples {
		cfg := resolve(t, "yaml:"+string(example[1]))
		assert.NotEqual(t, defaultConfig(), cfg)
	}
}

// Every setting is in the README's table, with its default.
func TestReadmeListsEverySetting(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	defaults := confmap.New()
	require.NoError(t, defaults.Marshal(defaultConfig()))
	for _, key := range defaults.AllKeys() {
		name := regexp.MustCompile(`::`).ReplaceAllString(key, ".")
		assert.Regexp(t, "(?m)^\\| `"+regexp.QuoteMeta(name)+"` \\|", string(text))
	}
}
