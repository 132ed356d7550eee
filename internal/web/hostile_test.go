package web_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/agentaudit/agentaudit/internal/web/webtest"
)

// get asks with a token; none if it is empty.
func get(t testing.TB, url, token string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(body)
}

// TestHostileText fills every text of every event with what would be markup, script, a formula or an escape sequence elsewhere. No page and no
// download may take it for more than text.
func TestHostileText(t *testing.T) {
	events := webtest.Fill(webtest.Refund(), webtest.Hostile, nil)
	s := webtest.Serve(t, events, false)
	s.Feed(events)
	shown := 0
	for _, shot := range webtest.Shots(events) {
		code, header, body := get(t, s.URL+shot.Path, "")
		require.Equal(t, http.StatusOK, code, shot.Path)
		assert.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'")
		harmless(t, shot.Name, body)
		if strings.Contains(body, webtest.Marker) {
			shown++
		}
		for _, format := range []string{"json", "csv", "md"} {
			code, header, body := get(t, s.URL+shot.Path+"?format="+format, "")
			require.Equal(t, http.StatusOK, code, shot.Path)
			assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
			assert.Contains(t, header.Get("Content-Disposition"), "attachment")
			download(t, shot.Name, format, body)
		}
	}
	assert.Greater(t, shown, 12, "else the text isn't there at all")
	trace := webtest.Shots(events)[3].Path
	for _, path := range []string{trace + "/graph/svg", "/chart/agents.svg", "/chart/errors.svg", "/chart/reads.svg"} {
		_, _, body := get(t, s.URL+path, "")
		assert.Contains(t, html.UnescapeString(body), "=1+1", path)
		picture(t, path, body)
	}
	for _, path := range []string{trace + "/rows.json", "/now.json"} {
		_, header, body := get(t, s.URL+path, "")
		assert.Equal(t, "application/json", header.Get("Content-Type"))
		assert.True(t, json.Valid([]byte(body)))
		assert.NotContains(t, body, "<script")
	}
}

// harmless reads a page as a browser does: nothing in it but our own scripts and pictures, no handlers, no way out.
func harmless(t *testing.T, name, page string) {
	t.Helper()
	assert.False(t, strings.ContainsAny(page, "\u202e\u2066\u200b\x1b"), "%s: text that hides or turns", name)
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		assert.NotContains(t, []string{"iframe", "object", "embed", "base", "style", "math"}, n.Data, name)
		for _, a := range n.Attr {
			assert.False(t, strings.HasPrefix(a.Key, "on") || a.Key == "style", "%s: %s has %s", name, n.Data, a.Key)
			switch a.Key {
			case "src":
				assert.True(t, n.Data == "script" && strings.HasPrefix(a.Val, "/static/") || n.Data == "img" && strings.HasPrefix(a.Val, "/chart/"), "%s: %s", name, a.Val)
			case "href", "action":
				assert.Regexp(t, `^(/[^/]|/$|#|\?)`, a.Val, name)
			}
		}
		if n.Data == "script" {
			assert.Nil(t, n.FirstChild, name)
		}
	}
}

func download(t *testing.T, name, format, body string) {
	t.Helper()
	switch format {
	case "json":
		assert.True(t, json.Valid([]byte(body)), name)
	case "csv":
		for part := range strings.SplitSeq(body, "\n\n") { // a table each
			r := csv.NewReader(strings.NewReader(part))
			r.FieldsPerRecord = -1
			records, err := r.ReadAll()
			require.NoError(t, err, name)
			for _, cells := range records {
				for _, cell := range cells {
					assert.NotRegexp(t, `^[=+@]`, cell, "%s: a formula", name)
				}
			}
		}
	case "md":
		assert.False(t, strings.Contains(body, "<script>") || strings.Contains(body, "\x1b"), name)
	}
}

// picture reads SVG: its elements are those of pictures.
func picture(t *testing.T, name, body string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader([]byte(body)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err, name)
		if e, ok := token.(xml.StartElement); ok {
			assert.Contains(t, []string{"svg", "title", "rect", "text", "g", "path", "line", "desc"}, e.Name.Local, name)
			for _, a := range e.Attr {
				assert.False(t, strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href", name)
			}
		}
	}
}
