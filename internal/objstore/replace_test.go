package objstore_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

func TestReplace(t *testing.T) {
	srv := s3test.Start(t, s3test.Options{Buckets: []string{"plain"}, Locked: []string{"locked"}})
	s3test.Setenv(t)
	for name, url := range map[string]string{"dir": "file://" + t.TempDir(), "s3": srv.URL("plain", "p"), "locking s3": srv.URL("locked", "p")} {
		t.Run(name, func(t *testing.T) {
			s := open(t, url)
			r, ok := s.(objstore.Replacer)
			require.True(t, ok)
			for _, content := range []string{"first", "", "the third and longest"} {
				require.NoError(t, r.Replace(t.Context(), "a/b/pointer", objstore.BytesBody([]byte(content)), "text/plain"))
				body, err := s.Get(t.Context(), "a/b/pointer")
				require.NoError(t, err)
				got, err := io.ReadAll(body)
				require.NoError(t, err)
				require.NoError(t, body.Close())
				assert.Equal(t, content, string(got))
			}
			var keys []string
			for info, err := range s.List(t.Context(), "", "") {
				require.NoError(t, err)
				keys = append(keys, info.Key)
			}
			assert.Equal(t, []string{"a/b/pointer"}, keys, "and nothing is left over")

			require.ErrorIs(t, r.Replace(t.Context(), "../pointer", objstore.BytesBody(nil), ""), objstore.ErrInvalidKey)
			bad := objstore.BytesBody([]byte("other"))
			bad.SHA256[0] ^= 1
			require.Error(t, r.Replace(t.Context(), "a/b/pointer", bad, ""), "not the bytes that were announced")
		})
	}
}
