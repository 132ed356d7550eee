package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// trailOnly fails the test when an object outside the trail is read.
type trailOnly struct {
	Store
	t *testing.T
}

func (s trailOnly) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	assert.Truef(s.t, strings.HasPrefix(key, layout.TrailRoot), "read %s", key)
	return s.Store.Get(ctx, key)
}

// TestLogsOnlyTellsEveryObject: what the logs tell is what lies there, hash by hash, and nothing of it is read.
func TestLogsOnlyTellsEveryObject(t *testing.T) {
	for seed := range uint64(40) {
		store, all := randomBucket(seed, 40)
		var mu sync.Mutex
		told := map[string]Object{}
		rep := look(t, trailOnly{store, t}, all, func(o *Options) {
			o.LogsOnly = true
			o.OnObject = func(o Object) {
				mu.Lock()
				defer mu.Unlock()
				told[o.Key] = o
			}
		})
		require.Empty(t, violations(rep), "seed %d", seed)
		for info, err := range store.List(t.Context(), "", "") {
			require.NoError(t, err)
			if strings.HasPrefix(info.Key, layout.TrailRoot) {
				continue
			}
			body, err := store.Get(t.Context(), info.Key)
			require.NoError(t, err)
			var data bytes.Buffer
			_, err = data.ReadFrom(body)
			require.NoError(t, err)
			o, ok := told[info.Key]
			require.True(t, ok, "seed %d: %s", seed, info.Key)
			assert.Equal(t, sha256.Sum256(data.Bytes()), o.SHA256, info.Key)
			assert.Equal(t, int64(data.Len()), o.Stored)
			assert.Equal(t, strings.HasPrefix(info.Key, layout.DaysRoot), o.Segments > 0)
		}
	}
}
