package anomaly

import (
	"fmt"
	"slices"
	"strings"
)

// Severity is how grave a finding is.
type Severity uint8

// Severities, the least first.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

// Severities are their names, the least first.
var Severities = []string{"low", "medium", "high", "critical"}

// ParseSeverity returns the severity of that name.
func ParseSeverity(name string) (Severity, error) {
	i := slices.Index(Severities, name)
	if i < 0 {
		return 0, fmt.Errorf("no severity %q: severities are %s", name, strings.Join(Severities, ", "))
	}
	return Severity(i + 1), nil //nolint:gosec // one of four
}

// String returns the name.
func (s Severity) String() string {
	if s < Low || s > Critical {
		return "unknown"
	}
	return Severities[s-1]
}

// MarshalText implements encoding.TextMarshaler.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSeverity(string(text))
	return err
}
