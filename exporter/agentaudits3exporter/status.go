package agentaudits3exporter

import (
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
)

// status tells the hosts how the exporter is, when that changes and only then. Trouble is always reported as
// recoverable: the Collector treats a permanent error as the last word, and whatever happened, somebody may mend it.
type status struct {
	mu    sync.Mutex
	hosts []component.Host // guarded by mu
	err   error            // guarded by mu; nil: all is well
}

// attach adds a host, which learns of trouble that is already there.
func (s *status) attach(host component.Host) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts = append(s.hosts, host)
	if s.err != nil {
		componentstatus.ReportStatus(host, componentstatus.NewRecoverableErrorEvent(s.err))
	}
}

// failing says whether there is trouble.
func (s *status) failing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err != nil
}

// set takes the present state and says whether that is a change.
func (s *status) set(err error) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (err == nil) == (s.err == nil) {
		return false
	}
	s.err = err
	event := componentstatus.NewEvent(componentstatus.StatusOK)
	if err != nil {
		event = componentstatus.NewRecoverableErrorEvent(err)
	}
	for _, host := range s.hosts {
		componentstatus.ReportStatus(host, event)
	}
	return true
}
