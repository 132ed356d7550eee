package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/generate"
)

// TestFollowedDayStaysInFewFiles: who brings a day piece by piece, as serve does, ends with a few files and every event once.
func TestFollowedDayStaysInFewFiles(t *testing.T) {
	store := generate.NewMemory()
	l := openLake(t, store, Options{})
	const pieces = manyBatches + 8
	for i := range pieces {
		s := generate.NewScenario(monday.Add(time.Duration(i) * time.Minute))
		s.Session(fmt.Sprint("s-", i), "alice", "support").Turn("look").Call(generate.Call{Tool: "ls", Args: "{}"}).End()
		_, err := generate.WriteEvents(t.Context(), store, s.Events(), fmt.Sprint("writer-", i))
		require.NoError(t, err)
		require.NoError(t, l.Refresh(t.Context()))
	}
	assert.Equal(t, []string{fmt.Sprint(pieces)}, ask(t, l, Filter{}, "SELECT count(DISTINCT session_id) FROM events"))
	assert.Equal(t, ask(t, l, Filter{}, "SELECT count(*) FROM events"), ask(t, l, Filter{}, "SELECT count(DISTINCT event_id) FROM events"))
	tiers := map[string]int{}
	found, err := survey(t.Context(), store, &l.opts, l.cache)
	require.NoError(t, err)
	files, err := l.bring(t.Context(), &l.opts, found)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		tiers[ask(t, l, Filter{}, "SELECT any_value(retention.tier) FROM read_parquet('"+file+"')")[0]]++
	}
	for tier, files := range tiers {
		assert.LessOrEqual(t, files, manyBatches+1, tier)
	}
	assert.True(t, l.Provenance().Verified)
}

// vanishing is a bucket that goes away after a number of reads.
type vanishing struct {
	Store

	left atomic.Int64
}

var errGone = errors.New("the bucket is gone")

func (v *vanishing) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if v.left.Add(-1) < 0 {
		return nil, errGone
	}
	return v.Store.Get(ctx, key)
}

// TestBucketVanishes: at whatever read it goes, there is an error and no half answer, and what the cache has then is good.
func TestBucketVanishes(t *testing.T) {
	store := generate.NewMemory()
	_, err := generate.WriteEvents(t.Context(), store, scenario())
	require.NoError(t, err)
	dir := t.TempDir()
	for reads := int64(0); ; reads += 7 {
		v := &vanishing{Store: store}
		v.left.Store(reads)
		l, err := Open(t.Context(), v, Options{Dir: dir, Now: monday.AddDate(0, 0, 1)})
		if err == nil {
			require.NoError(t, l.Close())
			break
		}
		require.ErrorIs(t, err, errGone)
		assert.NotContains(t, err.Error(), dir, "no path of the cache")
	}
	l := openLake(t, store, Options{Dir: dir})
	assert.Equal(t, []string{fmt.Sprint(len(scenario()))}, ask(t, l, Filter{}, "SELECT count(*) FROM events"))
}
