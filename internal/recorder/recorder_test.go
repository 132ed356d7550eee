package recorder

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/logread"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/verify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, store objstore.Store, dir string) *Recorder {
	t.Helper()
	r, err := Open(Options{Store: store, Dir: dir, Version: "test", Seal: 10 * time.Millisecond})
	require.NoError(t, err)
	return r
}

func read(t *testing.T, store objstore.Store) (list []event.Event) {
	t.Helper()
	_, err := logread.Read(t.Context(), store, logread.Query{}, logread.Options{}, func(line []byte) error {
		var e event.Event
		err := event.Decode([]byte(strings.Clone(string(line))), &e)
		list = append(list, e)
		return err
	})
	require.NoError(t, err)
	return list
}

// TestLooksArriveInTheTrail: over two runs of one folder, each look once, under one log that verifies, and nothing secret in it.
func TestLooksArriveInTheTrail(t *testing.T) {
	store, dir := generate.NewMemory(), t.TempDir()
	const token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a" // an example of the format
	writers := map[string]bool{}
	for range 2 {
		r := open(t, store, dir)
		writers[r.Writer()] = true
		for range 5 {
			require.NoError(t, r.Record(t.Context(), Look{Who: "alice", Role: "auditor", Action: "view:log", Query: "/log?agent=x&text=" + token}))
		}
		require.NoError(t, r.Close(t.Context()))
	}
	assert.Len(t, writers, 1, "the folder keeps the name")
	events := read(t, store)
	require.Len(t, events, 10)
	for _, e := range events {
		assert.Equal(t, event.DataAccess, e.Type)
		assert.Equal(t, "alice", e.UserID)
		assert.Equal(t, "view:log", e.Action)
		assert.Equal(t, event.TierCompliance, e.Retention.Tier)
		assert.Contains(t, e.Params.String(), "agent=x")
		assert.NotContains(t, e.Params.String(), token)
	}
	rep, err := verify.Run(t.Context(), store, verify.Options{})
	require.NoError(t, err)
	assert.True(t, rep.OK, "%v", rep.Findings)
	assert.Equal(t, int64(10), rep.Lines)
}

// TestKilled: what was recorded before a kill is brought to the bucket by the next run.
func TestKilled(t *testing.T) {
	store, dir := generate.NewMemory(), t.TempDir()
	r, err := Open(Options{Store: store, Dir: dir, Seal: time.Hour})
	require.NoError(t, err)
	require.NoError(t, r.Record(t.Context(), Look{Who: "alice", Action: "view:log"}))
	r.cancel() // as a kill does: no upload, no closing entry
	r.done.Wait()
	require.NoError(t, r.journal.Close())
	assert.Empty(t, read(t, store))

	require.NoError(t, open(t, store, dir).Close(t.Context()))
	assert.Len(t, read(t, store), 1)
}

// away is a bucket that can't be written to.
type away struct {
	objstore.Store

	err error
}

func (a away) Put(context.Context, string, objstore.Body, objstore.PutOptions) (objstore.Result, error) {
	return objstore.Result{}, a.err
}

func TestBucketAway(t *testing.T) {
	store, dir := generate.NewMemory(), t.TempDir()
	r := open(t, away{store, errors.New("away")}, dir)
	require.NoError(t, r.Record(t.Context(), Look{Who: "alice", Action: "view:log"}))
	require.NoError(t, r.Close(t.Context()), "it waits in the journal")
	require.NoError(t, open(t, store, dir).Close(t.Context()))
	assert.Len(t, read(t, store), 1)
}

// TestForeignWriterStopsEveryLook: a bucket in which somebody writes under our name.
func TestForeignWriterStopsEveryLook(t *testing.T) {
	r := open(t, away{generate.NewMemory(), objstore.ErrConflict}, t.TempDir())
	defer func() { _ = r.Close(t.Context()) }()
	require.NoError(t, r.Record(t.Context(), Look{Who: "alice", Action: "view:log"}))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.ErrorContains(c, r.Record(t.Context(), Look{Who: "alice", Action: "view:log"}), "stopped")
	}, 20*time.Second, 50*time.Millisecond)
}
