package agentaudits3exporter

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func load(t *testing.T, name string) *Config {
	t.Helper()
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	section, err := all.Sub(name)
	require.NoError(t, err)
	cfg := NewFactory().CreateDefaultConfig().(*Config)
	require.NoError(t, section.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	return cfg
}

func TestDefaults(t *testing.T) {
	assert.Equal(t, &Config{
		Bucket:      "file:./agentaudit-data/bucket",
		Journal:     JournalConfig{Directory: "./agentaudit-data/journal", MaxSizeMiB: 1024, DuplicateWindow: 131072},
		Seal:        SealConfig{Age: time.Minute, SizeMiB: 64},
		Compression: "zstd",
		ObjectLock:  ObjectLockConfig{Mode: "off"},
		Acknowledge: "journal",
		Upload:      UploadConfig{Timeout: time.Minute, RetryInitial: 500 * time.Millisecond, RetryMax: 30 * time.Second},
		Trail:       TrailConfig{Heartbeat: time.Hour, RollupAfter: 2 * time.Hour},
	}, load(t, "agent_audit_s3"))
}

func TestFullConfig(t *testing.T) {
	assert.Equal(t, &Config{
		Bucket:      "s3://audit/prod/eu?region=eu-central-1&endpoint=https://s3.example.com&path_style=true",
		Writer:      "eu-1",
		Journal:     JournalConfig{Directory: "/var/lib/agentaudit/journal", MaxSizeMiB: 8192, DuplicateWindow: 0},
		Seal:        SealConfig{Age: 5 * time.Minute, SizeMiB: 256},
		Compression: "gzip",
		ObjectLock:  ObjectLockConfig{Mode: "compliance"},
		Acknowledge: "bucket",
		Upload:      UploadConfig{Timeout: 2 * time.Minute, RetryInitial: time.Second, RetryMax: time.Minute},
		Trail:       TrailConfig{KeyFile: "/etc/agentaudit/trail.pem", Heartbeat: 10 * time.Minute},
	}, load(t, "agent_audit_s3/full"))
	assert.Equal(t, "off", load(t, "agent_audit_s3/directory").ObjectLock.Mode)
}

// Every error names the key, what was given and what is allowed.
func TestEveryWrongValueIsNamed(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"bucket empty", func(c *Config) { c.Bucket = "" }, []string{`"bucket"`, "s3://BUCKET/PREFIX", "file:"}},
		{"bucket scheme", func(c *Config) { c.Bucket = "gs://audit" }, []string{`"bucket"`, `"gs"`, "s3://"}},
		{"bucket path", func(c *Config) { c.Bucket = "/var/lib/audit" }, []string{`"bucket"`, "no scheme"}},
		{"bucket option", func(c *Config) { c.Bucket = "s3://audit?regoin=x" }, []string{`"bucket"`, `"regoin"`, "region"}},
		{"bucket password", func(c *Config) { c.Bucket = "s3://key:hunter2@audit" }, []string{`"bucket"`, "credentials"}},
		{"writer", func(c *Config) { c.Writer = "a/b" }, []string{`"writer"`, `"a/b"`, "A-Z a-z 0-9 . _ -"}},
		{"writer long", func(c *Config) { c.Writer = strings.Repeat("w", 129) }, []string{`"writer"`, "128"}},
		{"journal directory", func(c *Config) { c.Journal.Directory = " " }, []string{`"journal.directory"`, `" "`, "survives a restart"}},
		{"journal size", func(c *Config) { c.Journal.MaxSizeMiB = 0 }, []string{`"journal.max_size_mib"`, "got 0", "from 1 to 1073741824"}},
		{"journal size huge", func(c *Config) { c.Journal.MaxSizeMiB = 1 << 62 }, []string{`"journal.max_size_mib"`, "from 1 to"}},
		{"window negative", func(c *Config) { c.Journal.DuplicateWindow = -1 }, []string{`"journal.duplicate_window"`, "got -1", "from 0 to 16777216"}},
		{"window huge", func(c *Config) { c.Journal.DuplicateWindow = 1 << 30 }, []string{`"journal.duplicate_window"`}},
		{"seal age", func(c *Config) { c.Seal.Age = 0 }, []string{`"seal.age"`, "got 0s", "from 10ms to 24h0m0s"}},
		{"seal age long", func(c *Config) { c.Seal.Age = 48 * time.Hour }, []string{`"seal.age"`, "got 48h0m0s"}},
		{"seal size", func(c *Config) { c.Seal.SizeMiB = -3 }, []string{`"seal.size_mib"`, "got -3", "from 1 to 4096"}},
		{"seal larger than journal", func(c *Config) { c.Journal.MaxSizeMiB = 10 }, []string{`"seal.size_mib"`, "got 64", `"journal.max_size_mib"`, "10"}},
		{"compression", func(c *Config) { c.Compression = "ZSTD" }, []string{`"compression"`, `"ZSTD"`, "zstd, gzip, none"}},
		{"lock mode", func(c *Config) { c.ObjectLock.Mode = "legal" }, []string{`"object_lock.mode"`, `"legal"`, "off, governance, compliance"}},
		{"lock in a directory", func(c *Config) { c.ObjectLock.Mode = "governance" }, []string{`"object_lock.mode"`, `"governance"`, "s3:", `"off"`}},
		{"acknowledge", func(c *Config) { c.Acknowledge = "memory" }, []string{`"acknowledge"`, `"memory"`, "journal, bucket"}},
		{"upload timeout", func(c *Config) { c.Upload.Timeout = 0 }, []string{`"upload.timeout"`, "got 0s", "from 1s to 1h0m0s"}},
		{"retry initial", func(c *Config) { c.Upload.RetryInitial = -time.Second }, []string{`"upload.retry_initial"`, "got -1s", "from 1ms"}},
		{"expire without days", func(c *Config) { c.Segments.Expire, c.Trail.RollupAfter = true, 0 }, []string{`"segments.expire"`, `"trail.rollup_after"`, "got true"}},
		{"retry max", func(c *Config) { c.Upload.RetryMax = time.Millisecond }, []string{`"upload.retry_max"`, "got 1ms", "from 500ms"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := defaultConfig()
			tt.change(cfg)
			err := confmap.Validate(cfg)
			require.Error(t, err)
			for _, part := range tt.want {
				assert.ErrorContains(t, err, part)
			}
			assert.NotContains(t, err.Error(), "hunter2")
			assert.NotContains(t, err.Error(), "\n", "one mistake, one error")
		})
	}
}

func TestAllWrongValuesAreNamedAtOnce(t *testing.T) {
	cfg := &Config{}
	err := cfg.Validate()
	for _, key := range []string{
		"bucket", "journal.directory", "journal.max_size_mib", "seal.age", "seal.size_mib", "compression", "object_lock.mode",
		"acknowledge", "upload.timeout", "upload.retry_initial",
	} {
		assert.ErrorContains(t, err, `"`+key+`"`)
	}
}

func TestUnknownKeysAreRefused(t *testing.T) {
	for _, key := range []string{"sending_queue", "retry_on_failure", "timeout", "journal::fsync"} {
		in := confmap.NewFromStringMap(map[string]any{key: true})
		assert.Error(t, in.Unmarshal(defaultConfig()), key)
	}
}
