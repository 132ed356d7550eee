package e2e

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// metric scrapes the collector and adds up the series of a metric that have all those labels, written name="value".
func (c *collector) metric(name string, labels ...string) (sum float64) {
	c.t.Helper()
	status, page := c.get(c.metrics, "/metrics")
	require.Equal(c.t, http.StatusOK, status)
next:
	for line := range strings.Lines(page) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		found, its, _ := strings.Cut(series, "{")
		if found != "otelcol_"+name {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(its, label) {
				continue next
			}
		}
		number, err := strconv.ParseFloat(value, 64)
		require.NoError(c.t, err, "%s", line)
		sum += number
	}
	return sum
}
