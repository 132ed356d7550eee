package objstoretest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// RunLock tests an empty store that locks. remove deletes every version of an object as the owner of the bucket would,
// and returns nil when the store let it.
func RunLock(t *testing.T, s objstore.Store, remove func(key string) error) {
	for _, mode := range []objstore.LockMode{objstore.LockGovernance, objstore.LockCompliance} {
		t.Run(string(mode), func(t *testing.T) {
			_, err := s.Check(t.Context(), objstore.Requirements{Write: true, LockMode: mode})
			require.NoError(t, err)

			key, body := "locked/"+string(mode), objstore.BytesBody([]byte("locked"))
			opts := objstore.PutOptions{LockMode: mode, RetainUntil: time.Now().Add(time.Hour).Truncate(time.Second)}
			_, err = s.Put(t.Context(), key, body, opts)
			require.NoError(t, err)
			require.Error(t, remove(key), "a locked object must stay")
			require.ErrorIs(t, s.(objstore.Remover).Remove(t.Context(), key), objstore.ErrLocked)
			assert.Equal(t, "locked", string(Read(t, s, key)))

			info, err := s.Stat(t.Context(), key)
			require.NoError(t, err)
			assert.Equal(t, mode, info.LockMode)
			assert.True(t, opts.RetainUntil.Equal(info.RetainUntil), "%v, not %v", info.RetainUntil, opts.RetainUntil)

			res, err := s.Put(t.Context(), key, body, opts)
			require.NoError(t, err)
			assert.True(t, res.Existed)
			assert.Equal(t, mode, res.Info.LockMode)
			_, err = s.Put(t.Context(), key, objstore.BytesBody([]byte("other")), opts)
			require.ErrorIs(t, err, objstore.ErrConflict)
		})
	}
	t.Run("expired", func(t *testing.T) {
		opts := objstore.PutOptions{LockMode: objstore.LockCompliance, RetainUntil: time.Now().Add(-time.Hour)}
		_, err := s.Put(t.Context(), "expired", objstore.BytesBody([]byte("x")), opts)
		require.NoError(t, err, "an expired lock must not keep an object out for ever")
		assert.NoError(t, remove("expired"))
	})
	t.Run("removed when it has ended", func(t *testing.T) {
		opts := objstore.PutOptions{LockMode: objstore.LockCompliance, RetainUntil: time.Now().Add(2 * time.Second)}
		_, err := s.Put(t.Context(), "brief", objstore.BytesBody([]byte("x")), opts)
		require.NoError(t, err)
		require.ErrorIs(t, s.(objstore.Remover).Remove(t.Context(), "brief"), objstore.ErrLocked)
		require.Eventually(t, func() bool { return s.(objstore.Remover).Remove(t.Context(), "brief") == nil }, 10*time.Second, 200*time.Millisecond)
		require.Error(t, remove("brief"), "no version is left")
	})
}
