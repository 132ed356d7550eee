package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

// variables has a second good value for each variable that config.yaml takes.
var variables = map[string]string{
	"AGENTAUDIT_BUCKET":       "s3://audit/trail?region=eu-central-1&endpoint=http://127.0.0.1:9000",
	"AGENTAUDIT_JOURNAL":      "./elsewhere/journal",
	"AGENTAUDIT_SEAL_AGE":     "5m",
	"AGENTAUDIT_KEY_FILE":     "./elsewhere/audit.key",
	"AGENTAUDIT_WRITER":       "eu-1.collector_7",
	"AGENTAUDIT_OTLP_GRPC":    "127.0.0.1:14317",
	"AGENTAUDIT_OTLP_HTTP":    "127.0.0.1:14318",
	"AGENTAUDIT_HEALTH":       "127.0.0.1:23133",
	"AGENTAUDIT_METRICS_HOST": "localhost",
	"AGENTAUDIT_METRICS_PORT": "18888",
	"AGENTAUDIT_EXPORTERS":    "[agent_audit_s3, otlp_grpc/live]",
	"AGENTAUDIT_LIVE":         "127.0.0.1:14319",
}

func TestConfigFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root(t, "config.yaml"))
	require.NoError(t, err)
	taken := map[string]bool{}
	for _, m := range regexp.MustCompile(`\$\{env:(\w+):`).FindAllSubmatch(text, -1) {
		taken[string(m[1])] = true
	}
	require.Len(t, taken, len(variables))

	code, output := collect(t, nil, "validate", "--config", root(t, "config.yaml"))
	assert.Zero(t, code, "as it is: %s", output)
	for name, value := range variables {
		assert.Contains(t, taken, name)
		code, output := collect(t, []string{name + "=" + value}, "validate", "--config", root(t, "config.yaml"))
		assert.Zero(t, code, "%s=%s: %s", name, value, output)
	}
}

// manifest is all that ocb reads of builder-config.yaml.
type manifest struct {
	Dist struct {
		Module      string `yaml:"module"`
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
		Version     string `yaml:"version"`
		OutputPath  string `yaml:"output_path"`
		CGOEnabled  bool   `yaml:"cgo_enabled"`
	} `yaml:"dist"`
	Receivers  []part `yaml:"receivers"`
	Processors []part `yaml:"processors"`
	Exporters  []part `yaml:"exporters"`
	Extensions []part `yaml:"extensions"`
	Providers  []part `yaml:"providers"`
}

type part struct {
	GoMod  string `yaml:"gomod"`
	Import string `yaml:"import"`
	Path   string `yaml:"path"`
}

// packages returns the names of the packages of the parts.
func packages(parts []part) (names []string) {
	for _, p := range parts {
		name, _, _ := strings.Cut(p.GoMod, " ")
		if p.Import != "" {
			name = p.Import
		}
		names = append(names, path.Base(name))
	}
	slices.Sort(names)
	return names
}

func TestBuilderManifest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root(t, "builder-config.yaml"))
	require.NoError(t, err)
	var m manifest
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&m))
	assert.Equal(t, "otelcol-agentaudit", m.Dist.Name)
	assert.False(t, m.Dist.CGOEnabled)
	assert.Equal(t, []string{"otlpreceiver"}, packages(m.Receivers))
	assert.Equal(t, []string{"agentauditprocessor", "filterprocessor", "memorylimiterprocessor", "redactionprocessor", "transformprocessor"}, packages(m.Processors))
	assert.Equal(t, []string{"agentaudits3exporter", "debugexporter", "fileexporter", "nopexporter", "otlpexporter", "otlphttpexporter"}, packages(m.Exporters))
	assert.Equal(t, []string{"bearertokenauthextension", "healthcheckextension", "otlpguardextension", "pprofextension", "zpagesextension"}, packages(m.Extensions))
	assert.Equal(t, []string{"envprovider", "fileprovider", "yamlprovider"}, packages(m.Providers), "nothing fetches a configuration over the network")
}

func TestComponentsOfTheBinary(t *testing.T) {
	t.Parallel()
	code, output := collect(t, nil, "components")
	require.Zero(t, code, "%s", output)
	type named struct {
		Name   string `yaml:"name"`
		Module string `yaml:"module"`
	}
	var listed map[string]yaml.Node
	require.NoError(t, yaml.Unmarshal(output, &listed))
	for kind, want := range map[string][]string{
		"receivers":  {"otlp"},
		"processors": {"agent_audit", "filter", "memory_limiter", "redaction", "transform"},
		"exporters":  {"agent_audit_s3", "debug", "file", "nop", "otlp_grpc", "otlp_http"},
		"extensions": {"bearertokenauth", "health_check", "otlp_guard", "pprof", "zpages"},
	} {
		var components []named
		node := listed[kind]
		require.NoError(t, node.Decode(&components))
		var names []string
		for _, c := range components {
			names = append(names, c.Name)
			assert.NotEmpty(t, c.Module)
		}
		slices.Sort(names)
		assert.Equal(t, want, names, "%s", kind)
	}
}

// TestBadConfiguration refuses each wrong value before a single byte is taken: with its key, what was given and what
// is allowed.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	exporter, processor := "exporters::agent_audit_s3::", "processors::agent_audit::"
	for _, bad := range []struct {
		env, config string // one of both
		says        []string
		neverSays   string
		atStart     bool // only an attempt to start can tell
	}{
		{env: "AGENTAUDIT_BUCKET=ftp://host/audit", says: []string{`"bucket"`, `"ftp"`, "file:", "s3://"}},
		{env: "AGENTAUDIT_BUCKET=s3://me:hunter2@audit/x", says: []string{`"bucket"`, "no user or password", "environment"}, neverSays: "hunter2"},
		{env: "AGENTAUDIT_BUCKET=s3://audit/x?regoin=eu", says: []string{`"bucket"`, "regoin"}},
		{env: "AGENTAUDIT_WRITER=a/b", says: []string{`"writer"`, `"a/b"`, "A-Z a-z 0-9 . _ -"}},
		{env: "AGENTAUDIT_SEAL_AGE=1ms", says: []string{`"seal.age"`, "1ms", "10ms", "24h"}},
		{env: "AGENTAUDIT_SEAL_AGE=soon", says: []string{"seal.age", "duration"}},
		{env: "AGENTAUDIT_METRICS_PORT=many", says: []string{"prometheus.port", "int", "string"}},
		{env: "AGENTAUDIT_OTLP_GRPC=nowhere", says: []string{`"otlp" receiver`, "nowhere", "missing port"}, atStart: true},
		{config: exporter + "journal::directory: ''", says: []string{`"journal.directory"`, `""`, "survives a restart"}},
		{config: exporter + "journal::max_size_mib: 0", says: []string{`"journal.max_size_mib"`, "got 0", "from 1 to"}},
		{config: exporter + "journal::max_size_mib: lots", says: []string{"journal.max_size_mib", "int64", "string"}},
		{config: exporter + "journal::duplicate_window: -1", says: []string{`"journal.duplicate_window"`, "got -1", "from 0 to"}},
		{config: exporter + "seal::size_mib: 9999", says: []string{`"seal.size_mib"`, "got 9999", "from 1 to"}},
		{config: exporter + "compression: lz4", says: []string{`"compression"`, `"lz4"`, "zstd, gzip, none"}},
		{config: exporter + "object_lock::mode: 'on'", says: []string{`"object_lock.mode"`, `"on"`, "off, governance, compliance"}},
		{config: exporter + "object_lock::mode: governance", says: []string{`"object_lock.mode"`, `"governance"`, "needs an s3: bucket"}},
		{config: exporter + "acknowledge: never", says: []string{`"acknowledge"`, `"never"`, "journal, bucket"}},
		{config: exporter + "upload::timeout: 1ms", says: []string{`"upload.timeout"`, "1ms", "from 1s"}},
		{config: exporter + "sending_queue::enabled: true", says: []string{"agent_audit_s3", "invalid keys: sending_queue"}},
		{config: processor + "output: all", says: []string{`"output"`, `"all"`, `"annotate" and "events_only"`}},
		{config: processor + "messages: some", says: []string{`"messages"`, `"some"`, `"new" and "full"`}},
		{config: processor + "retention::profile: gdpr", says: []string{"retention", `"profile"`, `"gdpr"`, "eu_ai_act"}},
		{config: processor + "retention::days::info: 0", says: []string{"retention", `"days::info"`, "is 0", "1 to"}},
		{config: processor + "retention::rules: [{tier: gold}]", says: []string{"retention::rules::0", "tier", `"gold"`, "critical"}},
		{config: processor + "rules: [{event: agent.lunch}]", says: []string{"rules::0", "event", `"agent.lunch"`, "agent.invocation"}},
		{config: processor + "drop: ['name ==']", says: []string{"drop::0", "syntax"}},
		{config: processor + "limits::value_bytes: 10", says: []string{"limits", `"value_bytes"`, "is 10", "1024 to"}},
		{config: processor + "redaction::action: blur", says: []string{"redaction", "action", `"blur"`, "mask, hash, drop, keep"}},
		{config: processor + "redaction: {key_file: ./missing.key, create_key: false}", says: []string{"redaction", "key_file", "missing.key"}},
		{config: processor + "outptu: annotate", says: []string{"agent_audit", "invalid keys: outptu"}},
		{config: "service::pipelines::traces::exporters: [agent_audit_s4]", says: []string{"service::pipelines::traces", "agent_audit_s4"}},
	} {
		t.Run(bad.env+bad.config, func(t *testing.T) {
			t.Parallel()
			args := []string{"--config", root(t, "config.yaml"), "--config", "yaml:" + bad.config}
			if bad.config == "" {
				args = args[:2]
			}
			for _, command := range []string{"validate", ""} {
				if command == "validate" && bad.atStart {
					continue
				}
				code, output := collect(t, []string{bad.env, "AGENTAUDIT_OTLP_HTTP=127.0.0.1:0"}, strings.Fields(command), args)
				assert.Equal(t, 1, code, "otelcol-agentaudit %s", command)
				_, reason, _ := strings.Cut(string(output), "Error: ")
				for _, text := range bad.says {
					assert.Contains(t, reason, text, "otelcol-agentaudit %s", command)
				}
				if bad.neverSays != "" {
					assert.NotContains(t, string(output), bad.neverSays)
				}
			}
		})
	}
}

// collect runs otelcol-agentaudit in an empty directory until it ends, which it must do soon.
func collect(t *testing.T, env []string, args ...any) (code int, output []byte) {
	t.Helper()
	var words []string
	for _, arg := range args {
		switch arg := arg.(type) {
		case string:
			words = append(words, arg)
		case []string:
			words = append(words, arg...)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t, "otelcol-agentaudit"), words...)
	cmd.Dir = t.TempDir()
	cmd.Env = slices.Concat(surroundings(), s3test.Env(), env)
	cmd.WaitDelay = time.Second
	output, err := cmd.CombinedOutput()
	require.NotNil(t, cmd.ProcessState, "%v", err)
	require.NoError(t, ctx.Err(), "it didn't end: %s", output)
	return cmd.ProcessState.ExitCode(), output
}
