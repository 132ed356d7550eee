package objstoretest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

const (
	raceRounds  = 5
	raceWriters = 32
)

// testRace has many writers create one key at once. Half of them bring the same bytes; of the rest each has its own.
func testRace(t *testing.T, s objstore.Store) {
	for round := range raceRounds {
		key := fmt.Sprintf("race/%d/object", round)
		var created, existed, conflicts atomic.Int64
		var winner atomic.Value
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range raceWriters {
			content := "shared " + strings.Repeat("x", 4096)
			if i%2 == 1 {
				content = fmt.Sprintf("writer %d %s", i, content)
			}
			wg.Go(func() {
				<-start
				for {
					res, err := s.Put(t.Context(), key, objstore.BytesBody([]byte(content)), objstore.PutOptions{})
					switch {
					case err == nil && res.Existed:
						existed.Add(1)
					case err == nil:
						created.Add(1)
						winner.Store(content)
					case objstore.Retryable(err):
						continue // as every caller does, so a server's 409 or 503 in the crowd is no failure
					default:
						assert.ErrorIs(t, err, objstore.ErrConflict)
						conflicts.Add(1)
					}
					return
				}
			})
		}
		close(start)
		wg.Wait()

		require.EqualValues(t, 1, created.Load(), "exactly one creates it")
		want := winner.Load().(string)
		require.Equal(t, want, string(Read(t, s, key)), "and nobody changes it after")
		if strings.HasPrefix(want, "shared") {
			assert.EqualValues(t, raceWriters/2-1, existed.Load())
			assert.EqualValues(t, raceWriters/2, conflicts.Load())
		} else {
			assert.EqualValues(t, 0, existed.Load())
			assert.EqualValues(t, raceWriters-1, conflicts.Load())
		}
	}
}
