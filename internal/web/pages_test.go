package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/agentaudit/agentaudit/internal/web/webtest"
)

// TestWithoutScripts reads a long trace page by page, as a browser without scripts does: each step is there once, with a link to its event.
func TestWithoutScripts(t *testing.T) {
	events := webtest.Long(3000)
	s := webtest.Serve(t, events, false)
	path := "/trace/" + events[len(events)/2].TraceID.String()
	seen := map[string]int{}
	pages := 0
	var event string
	for path != "" {
		pages++
		code, _, body := get(t, s.URL+path, "")
		require.Equal(t, http.StatusOK, code)
		for _, m := range regexp.MustCompile(`<span class="no">(\d+)</span><a class="what d\d+" href="(/event/[^"]+)"`).FindAllStringSubmatch(body, -1) {
			seen[m[1]]++
			event = m[2]
		}
		path = ""
		root, err := html.Parse(strings.NewReader(body))
		require.NoError(t, err)
		for n := range root.Descendants() {
			if n.Data == "a" && n.FirstChild != nil && n.FirstChild.Data == "later steps" {
				path = n.Attr[0].Val
			}
		}
	}
	assert.Equal(t, 3, pages)
	assert.Greater(t, len(seen), 1000)
	for number, times := range seen {
		assert.Equal(t, 1, times, number)
	}
	code, _, body := get(t, s.URL+event, "")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, "event_type")
}

// TestWrongQuestions are answered with what is wrong with them.
func TestWrongQuestions(t *testing.T) {
	s := webtest.Serve(t, webtest.Refund(), false)
	for path, want := range map[string]struct {
		code  int
		words string
	}{
		"/nope":                                 {http.StatusNotFound, "no such page"},
		"/trace/xyz":                            {http.StatusBadRequest, "32 hexadecimal digits"},
		"/trace/" + strings.Repeat("a", 32):     {http.StatusNotFound, "no event of trace"},
		"/session/none":                         {http.StatusNotFound, "no event of session"},
		"/event/none":                           {http.StatusBadRequest, "a UUID"},
		"/agent/none":                           {http.StatusNotFound, "no events of that agent"},
		"/report/none":                          {http.StatusNotFound, "no report"},
		"/chart/none.svg":                       {http.StatusNotFound, "no chart"},
		"/?since=yesterday":                     {http.StatusBadRequest, "is no time"},
		"/search?tier=none":                     {http.StatusBadRequest, "no tier"},
		"/search?type=none":                     {http.StatusBadRequest, "no event type"},
		"/traces?format=xls":                    {http.StatusBadRequest, "no format"},
		"/search?q=" + strings.Repeat("x", 500): {http.StatusBadRequest, "at most 200"},
	} {
		code, _, body := get(t, s.URL+path, "")
		assert.Equal(t, want.code, code, path)
		assert.Contains(t, body, want.words, path)
	}
}
