package lake

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

// bucket is a directory that a test may meddle with.
type bucket struct {
	*objstore.Dir

	path string
}

func newBucket(t testing.TB) bucket {
	t.Helper()
	path := t.TempDir()
	store, err := objstore.Open(t.Context(), "file:"+path)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, store.Close())
		_ = filepath.WalkDir(path, func(p string, d os.DirEntry, _ error) error { return os.Chmod(p, 0o700) })
	})
	return bucket{store.(*objstore.Dir), path}
}

func (b bucket) write(t testing.TB, events []event.Event, writers ...string) {
	t.Helper()
	_, err := generate.WriteEvents(t.Context(), b, events, writers...)
	require.NoError(t, err)
}

// meddle changes the bytes of the objects whose key holds part, and returns how many there were.
func (b bucket) meddle(t testing.TB, part string, change func(path string)) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(b.path, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, part) {
			require.NoError(t, os.Chmod(filepath.Dir(path), 0o700)) //nolint:gosec // a directory
			require.NoError(t, os.Chmod(path, 0o600))
			change(path)
			n++
		}
		return err
	}))
	return n
}

func openLake(t testing.TB, store Store, opts Options) *Lake {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	if opts.Now.IsZero() {
		opts.Now = monday.AddDate(0, 0, 1)
	}
	l, err := Open(t.Context(), store, opts)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	return l
}

// ask returns the rows as JSON texts, one for each.
func ask(t testing.TB, l *Lake, f Filter, query string) (rows []string) {
	t.Helper()
	v, err := l.View(t.Context(), f)
	require.NoError(t, err)
	defer v.Close()
	found, err := v.Query(t.Context(), query)
	require.NoError(t, err)
	defer found.Close()
	columns, err := found.Columns()
	require.NoError(t, err)
	for found.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(t, found.Scan(into...))
		text := make([]string, len(values))
		for i, v := range values {
			text[i] = fmt.Sprint(v)
		}
		rows = append(rows, strings.Join(text, "|"))
	}
	require.NoError(t, found.Err())
	return rows
}

func scenario() []event.Event {
	s := generate.NewScenario(monday)
	pay := generate.Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90}`, Operation: event.Write, Resource: "db:refunds"}
	s.Session("s-1", "alice", "support").Turn("refund order 7").
		Call(generate.Call{Tool: "get_order", Args: `{"id":7}`}).
		Ask(pay).After(time.Minute).Approve(pay, "bob").Call(pay.Approved("bob")).
		Answer("done").End()
	return s.Events()
}

func TestEventsAreShown(t *testing.T) {
	b := newBucket(t)
	events := scenario()
	b.write(t, events)
	l := openLake(t, b, Options{})
	p := l.Provenance()
	assert.True(t, p.Verified)
	assert.Empty(t, p.Findings)
	assert.Equal(t, int64(len(events)), p.Lines)
	assert.Equal(t, []string{fmt.Sprint(len(events))}, ask(t, l, Filter{}, "SELECT count(*) FROM events"))
	for _, e := range events {
		got := ask(t, l, Filter{}, "SELECT event_type, action, \"timestamp\", trace_id, agent_name, tool.name, params FROM events WHERE event_id = '"+e.ID+"'")
		require.Len(t, got, 1)
		assert.Contains(t, got[0], string(e.Type)+"|"+e.Action)
	}
}

func TestSecondQuestionReadsNoBucket(t *testing.T) {
	b := newBucket(t)
	b.write(t, scenario())
	dir := t.TempDir()
	day := monday.Truncate(24 * time.Hour)
	opts := Options{Dir: dir, Since: day, Until: day.AddDate(0, 0, 1), Now: monday.AddDate(0, 0, 2)}
	first := openLake(t, b, opts)
	require.Positive(t, first.Provenance().FetchedObjects)
	require.NoError(t, os.Rename(b.path, b.path+".gone"))
	t.Cleanup(func() { _ = os.Rename(b.path+".gone", b.path) })
	opts.MaxAge = time.Minute
	second := openLake(t, b, opts)
	assert.Zero(t, second.Provenance().FetchedObjects)
	assert.Equal(t, ask(t, first, Filter{}, "SELECT event_id FROM events ORDER BY 1"), ask(t, second, Filter{}, "SELECT event_id FROM events ORDER BY 1"))
}

func TestAlteredObjectIsLeftOut(t *testing.T) {
	b := newBucket(t)
	b.write(t, scenario())
	n := b.meddle(t, "tier=info/date", func(path string) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		data[len(data)/2] ^= 1
		require.NoError(t, os.WriteFile(path, data, 0o600))
	})
	require.Positive(t, n)
	l := openLake(t, b, Options{})
	p := l.Provenance()
	assert.False(t, p.Verified)
	assert.NotEmpty(t, p.Findings)
	require.NotEmpty(t, p.Unseen)
	assert.Equal(t, ReasonAltered, p.Unseen[0].Reason)
	assert.Equal(t, []string{"0"}, ask(t, l, Filter{}, "SELECT count(*) FROM events WHERE retention.tier = 'info'"))
	assert.NotEqual(t, []string{"0"}, ask(t, l, Filter{}, "SELECT count(*) FROM events"))
}
