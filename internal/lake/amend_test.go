package lake

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// TestOneEventOnce: the same event from two collectors counts once, the same id with another body twice.
func TestOneEventOnce(t *testing.T) {
	b := newBucket(t)
	events := scenario()
	b.write(t, events, "first")
	other := scenario()[:3]
	other[2].Rationale = "told otherwise"
	b.write(t, other, "second")
	l := openLake(t, b, Options{})
	require.Equal(t, int64(len(events)+3), l.Provenance().Lines)
	assert.Equal(t, []string{fmt.Sprint(len(events) + 1)}, ask(t, l, Filter{}, "SELECT count(*) FROM events"))
	assert.Equal(t, []string{"2"}, ask(t, l, Filter{}, "SELECT count(*) FROM events WHERE event_id = '"+events[2].ID+"'"))
	assert.Equal(t, []string{"first"}, ask(t, l, Filter{}, "SELECT DISTINCT writer FROM events WHERE event_id = '"+events[0].ID+"'"))
}

// TestTraceCompletes: who and which session comes from the trace, but only where the trace says one thing.
func TestTraceCompletes(t *testing.T) {
	b := newBucket(t)
	events := scenario()
	for i := range events {
		if events[i].Type == event.ToolResult {
			events[i].SessionID, events[i].UserID = "", ""
		}
	}
	b.write(t, events)
	l := openLake(t, b, Options{})
	assert.Equal(t, []string{"s-1|alice|[session_id user_id]"},
		ask(t, l, Filter{}, "SELECT DISTINCT session_id, user_id, list_filter(inferred, x -> x <> 'approval') FROM events WHERE event_type = 'agent.tool_result'"))
	assert.Equal(t, []string{"[]"}, ask(t, l, Filter{}, "SELECT DISTINCT inferred FROM events WHERE event_type = 'agent.invocation'"))
	// The filter finds completed rows, too.
	assert.Equal(t, ask(t, l, Filter{}, "SELECT count(*) FROM events"), ask(t, l, Filter{Sessions: []string{"s-1"}}, "SELECT count(*) FROM events"))

	mixed := scenario()
	for i := range mixed {
		mixed[i].TraceID = mixed[0].TraceID
		mixed[i].SessionID = ""
		if i < 2 {
			mixed[i].SessionID = fmt.Sprint("s-", i)
		}
	}
	assert.Equal(t, []string{"<nil>|<nil>"},
		ask(t, l, Filter{AsStored: true}, "SELECT DISTINCT session_id, user_id FROM events WHERE event_type = 'agent.tool_result'"))

	b2 := newBucket(t)
	b2.write(t, mixed)
	l2 := openLake(t, b2, Options{})
	assert.Equal(t, []string{"2"}, ask(t, l2, Filter{}, "SELECT count(session_id) FROM events"))
}

// TestApprovalStandsWithItsCall: a call that says nothing of an approval has the one that names it.
func TestApprovalStandsWithItsCall(t *testing.T) {
	s := generate.NewScenario(monday)
	pay := generate.Call{Tool: "issue_refund", CallID: "call-1", Args: `{"amount":90}`, Operation: event.Write}
	look := generate.Call{Tool: "get_order", CallID: "call-2", Args: `{"id":1}`}
	s.Session("s-1", "alice", "support").Turn("refund").Call(look).Ask(pay).After(time.Minute).Approve(pay, "bob").Call(pay).End()
	events := s.Events()
	b := newBucket(t)
	b.write(t, events)
	l := openLake(t, b, Options{})
	got := ask(t, l, Filter{}, "SELECT tool.name, event_type, approval.status, approval.approver_id, list_contains(inferred, 'approval') FROM events "+
		"WHERE event_type IN ('agent.tool_call', 'agent.tool_result') ORDER BY ALL")
	assert.Equal(t, []string{
		"get_order|agent.tool_call|<nil>|<nil>|false", "get_order|agent.tool_result|<nil>|<nil>|false",
		"issue_refund|agent.tool_call|approved|bob|true", "issue_refund|agent.tool_result|approved|bob|true",
	}, got)
	assert.Equal(t, []string{"0"}, ask(t, l, Filter{AsStored: true},
		"SELECT count(approval.status) FROM events WHERE event_type IN ('agent.tool_call', 'agent.tool_result')"))
}

func TestUnverifiedShowsTheSame(t *testing.T) {
	b := newBucket(t)
	b.write(t, scenario())
	proven := ask(t, openLake(t, b, Options{}), Filter{}, "SELECT event_id, writer, seq FROM events ORDER BY ALL")
	b.meddle(t, "/trail/", func(path string) { require.NoError(t, os.Remove(path)) })

	l := openLake(t, b, Options{Unverified: true})
	assert.False(t, l.Provenance().Verified)
	assert.Equal(t, proven, ask(t, l, Filter{}, "SELECT event_id, writer, seq FROM events ORDER BY ALL"))

	strict := openLake(t, b, Options{})
	assert.Equal(t, []string{"0"}, ask(t, strict, Filter{}, "SELECT count(*) FROM events"), "nothing is proven without a log")
}

// denying refuses to read one tier.
type denying struct {
	bucket

	part string
}

func (d denying) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if strings.Contains(key, d.part) {
		return nil, fmt.Errorf("get %s: %w", key, objstore.ErrDenied)
	}
	return d.bucket.Get(ctx, key)
}

func TestDeniedTierIsNamed(t *testing.T) {
	b := newBucket(t)
	b.write(t, scenario())
	l := openLake(t, denying{b, "tier=debug/"}, Options{})
	p := l.Provenance()
	assert.False(t, p.Verified)
	assert.Empty(t, p.Findings)
	for _, u := range p.Unseen {
		assert.Equal(t, "debug", u.Tier)
		assert.Equal(t, ReasonDenied, u.Reason)
	}
	assert.NotEqual(t, []string{"0"}, ask(t, l, Filter{}, "SELECT count(*) FROM events"))
}

func TestEmptyBucket(t *testing.T) {
	l := openLake(t, newBucket(t), Options{})
	assert.Equal(t, []string{"0|<nil>"}, ask(t, l, Filter{}, "SELECT count(*), max(tool.name) FROM events"))
	assert.Zero(t, l.Provenance().Objects)
}

// TestDamagedCache: what a crash or a full disk left in the cache is fetched again.
func TestDamagedCache(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, batches string){
		"parquet cut short": func(t *testing.T, batches string) {
			each(t, batches, ".parquet", func(path string) { require.NoError(t, os.Truncate(path, 100)) })
		},
		"parquet gone": func(t *testing.T, batches string) {
			each(t, batches, ".parquet", func(path string) { require.NoError(t, os.Remove(path)) })
		},
		"sidecar gone": func(t *testing.T, batches string) {
			each(t, batches, ".json", func(path string) { require.NoError(t, os.Remove(path)) })
		},
		"sidecar is noise": func(t *testing.T, batches string) {
			each(t, batches, ".json", func(path string) { require.NoError(t, os.WriteFile(path, []byte("{]"), 0o600)) })
		},
		"sidecar of another": func(t *testing.T, batches string) {
			each(t, batches, ".json", func(path string) {
				require.NoError(t, os.WriteFile(path, []byte(`{"objects":["`+strings.Repeat("ab", 32)+`"],"size":1}`), 0o600))
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBucket(t)
			b.write(t, scenario())
			dir := t.TempDir()
			first := openLake(t, b, Options{Dir: dir})
			want := ask(t, first, Filter{}, "SELECT event_id FROM events ORDER BY 1")
			damage(t, filepath.Join(dir, cacheVersion, "batches"))
			again := openLake(t, b, Options{Dir: dir})
			assert.Equal(t, first.Provenance().FetchedObjects, again.Provenance().FetchedObjects)
			assert.Equal(t, want, ask(t, again, Filter{}, "SELECT event_id FROM events ORDER BY 1"))
		})
	}
}

func each(t *testing.T, dir, ending string, do func(path string)) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"+ending))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, path := range found {
		do(path)
	}
}

func TestCacheKeepsItsLimit(t *testing.T) {
	b := newBucket(t)
	b.write(t, scenario())
	dir := t.TempDir()
	l := openLake(t, b, Options{Dir: dir, Limit: 1})
	assert.NotEmpty(t, l.cache.batches, "what is in use stays")
	old := time.Now().Add(-2 * inUse)
	each(t, filepath.Join(dir, cacheVersion, "batches"), ".json", func(path string) { require.NoError(t, os.Chtimes(path, old, old)) })
	c, err := openCache(dir)
	require.NoError(t, err)
	defer c.close()
	require.NotEmpty(t, c.batches)
	require.NoError(t, c.shrink(1, time.Now()))
	assert.Empty(t, c.batches)
	left, err := filepath.Glob(filepath.Join(dir, cacheVersion, "batches", "*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// TestNothingOutside: a question can't reach files, the network or the settings.
func TestNothingOutside(t *testing.T) {
	b := newBucket(t)
	b.write(t, scenario())
	l := openLake(t, b, Options{})
	v, err := l.View(t.Context(), Filter{})
	require.NoError(t, err)
	defer v.Close()
	for _, query := range []string{
		"SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/agentaudit-leak'", "INSTALL httpfs",
		"LOAD httpfs", "SET enable_external_access = true", "SELECT * FROM read_parquet('https://example.com/x.parquet')", "ATTACH '/tmp/agentaudit-leak.db'",
	} {
		rows, err := v.Query(t.Context(), query)
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			_ = rows.Close()
		}
		assert.Error(t, err, query)
	}
}
