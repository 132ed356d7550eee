package e2e

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// metric scrapes the collector and adds up the series of a metric that have all those labels, written name="value".
// The name is without the suffixes that Prometheus appends to it.
func (c *collector) metric(name string, labels ...string) (sum float64) {
	c.t.Helper()
	status, page := c.get(c.metrics, "/metrics")
	require.Equal(c.t, http.StatusOK, status)
	return sumOf(c.t, page, name, labels...)
}

func sumOf(t require.TestingT, page, name string, labels ...string) (sum float64) {
next:
	for line := range strings.Lines(page) {
		series, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		rest, mine := strings.CutPrefix(series, "otelcol_"+name)
		if !ok || !mine || !strings.HasPrefix(rest, "_") && !strings.HasPrefix(rest, "{") {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(rest, label) {
				continue next
			}
		}
		number, err := strconv.ParseFloat(value, 64)
		require.NoError(t, err, "%s", line)
		sum += number
	}
	return sum
}
