package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"

	"github.com/agentaudit/agentaudit/internal/redact"
)

var errNoProcessor = errors.New("it has no processor agent_audit")

// loadRedaction reads the settings of redaction from a file: a collector's configuration, with the environment that it
// refers to, or the section alone.
func loadRedaction(out *output, name string) (cfg redact.Config, err error) {
	name, err = filepath.Abs(name)
	if err != nil {
		return cfg, err
	}
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              []string{"file:" + name},
		ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory(), envprovider.NewFactory()},
		DefaultScheme:     "env",
	})
	if err != nil {
		return cfg, err
	}
	conf, err := resolver.Resolve(context.Background())
	if err != nil {
		return cfg, err
	}
	if conf, err = redactionSection(out, conf); err != nil {
		return cfg, err
	}
	if err := conf.Unmarshal(&cfg); err != nil {
		return cfg, err
	}
	// To look is not to make a key.
	cfg.CreateKey = false
	if _, err := os.Stat(cfg.KeyFile); cfg.KeyFile != "" && errors.Is(err, fs.ErrNotExist) {
		out.note("%s does not exist: hashes are not those of the collector", cfg.KeyFile)
		cfg.KeyFile = ""
	}
	return cfg, nil
}

// redactionSection finds the settings in what a file holds.
func redactionSection(out *output, conf *confmap.Conf) (*confmap.Conf, error) {
	if !conf.IsSet("processors") {
		if conf.IsSet("redaction") {
			return conf.Sub("redaction")
		}
		return conf, nil
	}
	processors, err := conf.Sub("processors")
	if err != nil {
		return nil, err
	}
	var ids []string
	for id := range processors.ToStringMap() {
		if id == "agent_audit" || strings.HasPrefix(id, "agent_audit/") {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, errNoProcessor
	}
	slices.Sort(ids)
	if len(ids) > 1 {
		out.note("several processors: taking %s", ids[0])
	}
	processor, err := processors.Sub(ids[0])
	if err != nil {
		return nil, err
	}
	return processor.Sub("redaction")
}
