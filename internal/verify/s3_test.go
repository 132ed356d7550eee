package verify

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

// TestOnS3 verifies a bucket on a real server: its listing, its answers and its locks.
func TestOnS3(t *testing.T) {
	s3test.Setenv(t)
	server := s3test.Start(t, s3test.Options{Locked: []string{"audit"}})
	store, err := objstore.Open(t.Context(), server.URL("audit", "team"))
	require.NoError(t, err)
	defer store.Close()

	w := newWriter(newMemory(), rand.New(rand.NewPCG(1, 1)), "w")
	w.now, w.lock = time.Now().UTC(), objstore.LockGovernance
	w.start()
	for range 20 {
		w.sealLines(w.randomLines(9), 1)
	}
	w.closing()
	unlocked := ""
	for _, key := range slices.Sorted(maps.Keys(w.store.files)) {
		if strings.HasSuffix(key, "/"+pathPointer) {
			continue // the only one that is replaced
		}
		opts := objstore.PutOptions{LockMode: w.lock, RetainUntil: w.store.info[key].RetainUntil}
		if _, err := layout.ParseSegment(key); err == nil && unlocked == "" {
			unlocked, opts = key, objstore.PutOptions{}
		} else if opts.RetainUntil.IsZero() {
			opts = objstore.PutOptions{}
		}
		_, err := store.Put(t.Context(), key, objstore.BytesBody(w.store.files[key]), opts)
		require.NoError(t, err)
	}
	rep := look(t, store, []*writer{w}, func(o *Options) { o.Parallel = 32 })
	require.Len(t, rep.Findings, 1)
	assert.Equal(t, LockShortened, rep.Findings[0].Kind)
	assert.Equal(t, unlocked, rep.Findings[0].Key)
	assert.Equal(t, "no lock", rep.Findings[0].Found)

	// What lies behind the newest versions.
	keys := slices.Sorted(maps.Keys(w.store.files))
	segments := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !strings.HasPrefix(key, layout.EventsRoot) })
	overwritten, hidden, pointer := segments[3], segments[5], w.path(pathPointer)
	require.NoError(t, server.Overwrite("audit", "team/"+overwritten, bytes.NewReader(w.store.files[overwritten])))
	require.NoError(t, server.Hide("audit", "team/"+hidden))
	for range 2 {
		require.NoError(t, server.Overwrite("audit", "team/"+pointer, bytes.NewReader(w.store.files[pointer])))
	}
	rep = look(t, store, []*writer{w}, func(o *Options) { o.Parallel = 32 })
	found := map[Kind]string{}
	for _, f := range rep.Findings {
		found[f.Kind] = f.Key
	}
	delete(found, LockShortened) // that of the overwritten one, too
	assert.Equal(t, map[Kind]string{ObjectOverwritten: overwritten, ObjectHidden: hidden, ObjectMissing: hidden}, found)
}
