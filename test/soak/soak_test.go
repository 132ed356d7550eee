package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/test/faultproxy"
	"github.com/agentaudit/agentaudit/test/load"
)

// everything is a bucket that holds what a fleet was promised.
func everything(t *testing.T, f *fleet) map[id]copies {
	t.Helper()
	found := map[id]copies{}
	for _, number := range f.done {
		for _, span := range f.load.Traces(number, f.o.spans).ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			operation, _ := span.Attributes().Get("gen_ai.operation.name")
			for _, kind := range derived[operation.Str()] {
				i, err := parseID(event.SpanEventID(span.TraceID(), span.SpanID(), kind, 0))
				require.NoError(t, err)
				found[i] = copies{plain: 1}
			}
		}
	}
	return found
}

// TestCompare has the check find what a soak is there to find: it is worth nothing if it can't.
func TestCompare(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(map[id]copies, id)
		want   result
	}{
		"whole":      {func(map[id]copies, id) {}, result{events: 120}},
		"lost":       {func(m map[id]copies, i id) { delete(m, i) }, result{events: 120, lost: 1}},
		"twice":      {func(m map[id]copies, i id) { m[i] = copies{plain: 3} }, result{events: 120, duplicates: 2}},
		"flagged":    {func(m map[id]copies, i id) { m[i] = copies{plain: 1, flagged: 1} }, result{events: 120, flagged: 1}},
		"a stranger": {func(m map[id]copies, _ id) { m[id{1}] = copies{plain: 1} }, result{events: 120, strangers: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fleet{load: load.New(load.Options{Seed: 5}), o: options{spans: 20}, done: []uint64{7, 1, 4}}
			found := everything(t, f)
			for i := range found {
				tt.change(found, i)
				break
			}
			var r result
			require.NoError(t, compare(f, found, &r))
			assert.Equal(t, tt.want, r)
		})
	}
}

// TestDirBucket finds an object that was written again and one that is gone, and nothing else.
func TestDirBucket(t *testing.T) {
	dir := t.TempDir()
	b := newDirBucket(dir)
	defer b.close()
	for _, name := range []string{"kept", "changed", "gone"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600))
	}
	require.NoError(t, b.look(false))
	names, err := b.rewritten()
	require.NoError(t, err)
	assert.Empty(t, names)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "changed"), []byte("CHANGED"), 0o600))
	require.NoError(t, os.Remove(filepath.Join(dir, "gone")))
	names, err = b.rewritten()
	require.NoError(t, err)
	assert.Len(t, names, 2)
}

// TestSoak is a soak of a few seconds, so that the program doesn't rot.
func TestSoak(t *testing.T) {
	binary, err := filepath.Abs(filepath.Join("..", "..", "bin", "otelcol-agentaudit"))
	require.NoError(t, err)
	if _, err := os.Stat(binary); err != nil || testing.Short() {
		t.Skip("no collector, or -short")
	}
	for _, bucket := range []string{"dir", "s3"} {
		t.Run(bucket, func(t *testing.T) {
			s3test.Setenv(t) // as the soak does, and put back when the test ends
			o := options{
				collector: binary, config: filepath.Join("..", "..", "config.yaml"), bucket: bucket, duration: 4 * time.Second, seed: 1, faults: 0.1,
				latency: time.Millisecond, senders: 2, spans: 10, pace: 100 * time.Millisecond, sealAge: 100 * time.Millisecond, life: time.Second,
			}
			r, err := try(t.Context(), o, t.TempDir())
			require.NoError(t, err)
			var text strings.Builder
			r.print(&text)
			assert.True(t, r.good(), "%s", &text)
			assert.Positive(t, r.kills)
		})
	}
}

func TestPlanIsValid(t *testing.T) {
	p, err := faultproxy.Start("http://unused", faultproxy.Options{Plan: plan(1)})
	require.NoError(t, err)
	require.NoError(t, p.Close())
}
