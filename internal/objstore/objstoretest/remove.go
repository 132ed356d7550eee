package objstoretest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// testRemove lets an object go that nothing keeps, and its key be taken again.
func testRemove(t *testing.T, s objstore.Store) {
	r, ok := s.(objstore.Remover)
	require.True(t, ok)
	for _, text := range []string{"first", "second"} {
		_, err := s.Put(t.Context(), "to/go", objstore.BytesBody([]byte(text)), objstore.PutOptions{})
		require.NoError(t, err)
		require.NoError(t, r.Remove(t.Context(), "to/go"))
		_, err = s.Stat(t.Context(), "to/go")
		require.ErrorIs(t, err, objstore.ErrNotFound)
	}
	_, err := s.Put(t.Context(), "to/stay", objstore.BytesBody(nil), objstore.PutOptions{})
	require.NoError(t, err)
	require.NoError(t, r.Remove(t.Context(), "to/go"), "none is no failure")
	require.NoError(t, r.Remove(t.Context(), "never/was"))
	assert.Equal(t, []string{"to/stay"}, Keys(t, s, "", ""))
	require.ErrorIs(t, r.Remove(t.Context(), "../x"), objstore.ErrInvalidKey)
}
