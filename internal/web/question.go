package web

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/access"
	"github.com/agentaudit/agentaudit/internal/lake"
)

// answerError is an error whose words are for who asked.
type answerError struct {
	status int
	words  string
}

func (b *answerError) Error() string { return b.words }

func refuse(format string, args ...any) error {
	return &answerError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &answerError{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// question is one request: who asks, what for, and a view that shows no more than that.
type question struct {
	*lake.View

	user   access.User
	filter lake.Filter
	format string
	values url.Values
	path   func(name string) string
	uri    *url.URL
	server *server
	// extra is what a page's own template shows beside the document.
	extra any
}

// Extra is what a page's own template shows beside the document.
func (q *question) Extra() any { return q.extra }

func (q *question) close() { _ = q.Close() } // gives the connection back

// filters are the parameters that narrow a page, as the form shows them.
var filters = []string{"since", "until", "agent", "user", "session", "tool", "tier", "type"}

// ask reads a request and opens its view. The user's tiers are part of it: no page can forget them. A page may narrow it further.
func (s *server) ask(ctx context.Context, r *http.Request, narrow func(*question) error) (*question, error) {
	user := access.From(r.Context())
	values := r.URL.Query()
	q := &question{user: user, format: values.Get("format"), values: values, path: r.PathValue, uri: r.URL, server: s}
	if q.format != "" && !slices.Contains([]string{"json", "csv", "md"}, q.format) {
		return nil, refuse("no format %q: formats are json, csv, md", q.format)
	}
	var err error
	if q.filter, err = readFilter(values); err != nil {
		return nil, err
	}
	if narrow != nil {
		if err := narrow(q); err != nil {
			return nil, err
		}
	}
	// What the lake completes from other events may come from tiers that the user may not see.
	q.filter.Tiers, q.filter.AsStored = user.Narrow(q.filter.Tiers), user.Tiers != nil
	if q.View, err = s.Lake.View(ctx, q.filter); err != nil {
		return nil, err
	}
	return q, nil
}

func readFilter(values url.Values) (f lake.Filter, err error) {
	list := func(name string) (out []string) {
		for _, v := range values[name] {
			for part := range strings.SplitSeq(v, ",") {
				if part = strings.TrimSpace(part); part != "" {
					out = append(out, part)
				}
			}
		}
		return out
	}
	f.Agents, f.Users, f.Sessions, f.Tools = list("agent"), list("user"), list("session"), list("tool")
	if err = f.SetTypes(list("type")); err == nil {
		err = f.SetTiers(list("tier"))
	}
	if err != nil {
		return f, refuse("%v", err)
	}
	if f.Since, err = lake.ParseTime(values.Get("since"), false); err != nil {
		return f, refuse("since: %v", err)
	}
	if f.Until, err = lake.ParseTime(values.Get("until"), true); err != nil {
		return f, refuse("until: %v", err)
	}
	return f, nil
}

// traceID reads the trace of the address.
func (q *question) traceID() (string, error) {
	id := strings.ToLower(q.path("id"))
	if raw, err := hex.DecodeString(id); err != nil || len(raw) != 16 {
		return "", refuse("a trace id is 32 hexadecimal digits")
	}
	return id, nil
}

// Value returns a parameter, for the form.
func (q *question) Value(name string) string { return strings.Join(q.values[name], ",") }

// Filters are the parameters that the form offers.
func (q *question) Filters() []string { return filters }

// With returns this page's address with one parameter changed.
func (q *question) With(name, value string) string {
	values := url.Values{}
	maps.Copy(values, q.values)
	values.Set(name, value)
	return (&url.URL{Path: q.uri.Path, RawQuery: values.Encode()}).String()
}

// Carry returns the filters as they go on to another page.
func (q *question) Carry() string {
	values := url.Values{}
	for _, name := range []string{"since", "until"} {
		if v := q.values.Get(name); v != "" {
			values.Set(name, v)
		}
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}
