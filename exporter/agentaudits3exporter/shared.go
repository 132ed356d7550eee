package agentaudits3exporter

import (
	"context"
	"fmt"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
)

// registry gives the components of one configuration, one for each signal, the same exporter: two can't write to
// one journal. The Collector hands all of them the same *Config.
type registry struct {
	mu     sync.Mutex
	shared map[*Config]*shared // guarded by mu
}

// shared is one exporter and those who hold it. It starts with the first and is shut down by the last.
type shared struct {
	exporter *auditExporter

	holders int // guarded by registry.mu
	started sync.Once
	err     error // of the start; written once
}

// handle is one component's hold of a shared exporter.
type handle struct {
	registry *registry
	shared   *shared
	config   *Config
	released sync.Once
}

func (r *registry) acquire(config component.Config, set exporter.Settings) (*handle, error) {
	cfg, ok := config.(*Config)
	if !ok {
		return nil, fmt.Errorf("configuration is a %T, not a %T", config, cfg)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.shared[cfg]
	if s == nil {
		e, err := newExporter(cfg, set)
		if err != nil {
			return nil, err
		}
		s = &shared{exporter: e}
		r.shared[cfg] = s
	}
	s.holders++
	return &handle{registry: r, shared: s, config: cfg}, nil
}

// start starts the exporter if nobody has yet. All holders get the same answer.
func (h *handle) start(ctx context.Context, host component.Host) error {
	h.shared.exporter.status.attach(host)
	h.shared.started.Do(func() { h.shared.err = h.shared.exporter.start(ctx) })
	return h.shared.err
}

// shutdown lets go of the exporter; the last one to do so shuts it down. Calling it again does nothing.
func (h *handle) shutdown(ctx context.Context) (err error) {
	h.released.Do(func() {
		if h.registry.release(h) {
			err = h.shared.exporter.shutdown(ctx)
		}
	})
	return err
}

// release says whether h was the last holder.
func (r *registry) release(h *handle) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	h.shared.holders--
	if h.shared.holders > 0 {
		return false
	}
	delete(r.shared, h.config)
	return true
}
