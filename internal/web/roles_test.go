package web_test

import (
	"bufio"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/web/webtest"
)

// TestRoles puts a mark into every text of the events that a developer may not see, and looks for it in every answer there is.
func TestRoles(t *testing.T) {
	plain := webtest.Refund()
	secret := func(e *event.Event) bool { return e.Retention.Tier == "compliance" || e.Retention.Tier == "critical" }
	events := webtest.Fill(webtest.Refund(), webtest.Marker, secret)
	s := webtest.Serve(t, events, true)
	s.Feed(events)

	var paths []string
	for _, shot := range slices.Concat(webtest.Shots(plain), webtest.Shots(events)) {
		paths = append(paths, shot.Path)
		for _, format := range []string{"json", "csv", "md"} {
			paths = append(paths, shot.Path+"?format="+format)
		}
		if shot.Name == "trace" || shot.Name == "session" {
			paths = append(paths, shot.Path+"/rows.json", shot.Path+"/graph/svg", shot.Path+"/graph/dot", shot.Path+"/graph/mermaid")
		}
	}
	for i := range events {
		if secret(&events[i]) {
			paths = append(paths, "/event/"+events[i].ID, "/event/"+events[i].ID+"?format=json", "/event/"+events[i].ID+"/proof")
		}
	}
	for _, chart := range []string{"types", "agents", "tools", "tool_times", "errors", "error_agents", "reads", "changes", "tokens_days", "tokens_models", "tokens_agents"} {
		paths = append(paths, "/chart/"+chart+".svg")
	}
	paths = append(paths, "/now.json", "/search?q="+webtest.Marker, "/search?tier=critical&format=json", "/search?tier=critical,info", "/agent/"+webtest.Marker,
		"/session/"+webtest.Marker, "/search?type=error", "/report/errors?tier=compliance")
	slices.Sort(paths)
	paths = slices.Compact(paths)
	seen := 0
	for _, path := range paths {
		code, _, body := get(t, s.URL+path, webtest.Developer)
		assert.NotEqual(t, http.StatusInternalServerError, code, path)
		if !strings.Contains(path, webtest.Marker) {
			assert.Zero(t, strings.Count(body, webtest.Marker), path)
		} else { // the words of the question come back in the form and the title, the events don't
			assert.Zero(t, strings.Count(body, "/event/"), path)
		}
		if strings.HasSuffix(path, "/proof") {
			assert.Equal(t, http.StatusNotFound, code)
		}
		code, _, _ = get(t, s.URL+path, "")
		assert.Equal(t, http.StatusUnauthorized, code, path)
		if strings.HasSuffix(path, "csv") || strings.HasSuffix(path, "md") {
			continue
		}
		if _, _, body = get(t, s.URL+path, webtest.Auditor); strings.Contains(body, webtest.Marker) {
			seen++
		}
	}
	assert.Greater(t, seen, 40, "an auditor sees it nearly everywhere")
	assert.NotContains(t, stream(t, s.URL, webtest.Developer), webtest.Marker)
	assert.Contains(t, stream(t, s.URL, webtest.Auditor), webtest.Marker)
}

// stream returns the first message of the live feed.
func stream(t *testing.T, url, token string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/feed/events?after=1", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "data:") {
			return lines.Text()
		}
	}
	return ""
}

// TestVerifyIsForAuditors: the whole trail is read for those who may see all of it, and only when their own page asks.
func TestVerifyIsForAuditors(t *testing.T) {
	s := webtest.Serve(t, webtest.Refund(), true)
	post := func(token, site string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/integrity/verify", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Sec-Fetch-Site", site)
		response, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		defer response.Body.Close()
		return response.StatusCode
	}
	assert.Equal(t, http.StatusForbidden, post(webtest.Developer, "same-origin"))
	assert.Equal(t, http.StatusForbidden, post(webtest.Auditor, "cross-site"))
	assert.Equal(t, http.StatusSeeOther, post(webtest.Auditor, "same-origin"))
}
