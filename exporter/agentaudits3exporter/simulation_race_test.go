//go:build race

package agentaudits3exporter

// The race detector costs five times the time, and wants interleavings, not schedules: `make test` has all of them without it.
func init() { simShare = 20 }
