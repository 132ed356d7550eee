package objstore_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

// TestVersionsOfManyPages holds the tests' own eye against a bucket of more than a page: objects that were written once have one version.
func TestVersionsOfManyPages(t *testing.T) {
	srv := s3test.Start(t, s3test.Options{Locked: []string{"locked"}})
	s3test.Setenv(t)
	s := open(t, srv.URL("locked", ""))
	const objects = 1010
	for i := range objects {
		put(t, s, fmt.Sprintf("object/%d", i), objstore.PutOptions{})
	}
	require.NoError(t, srv.Overwrite("locked", "object/7", nil))
	versions, err := srv.Versions("locked")
	require.NoError(t, err)
	assert.Len(t, versions, objects)
	for key, n := range versions {
		want := 1
		if key == "object/7" {
			want = 2
		}
		assert.Equal(t, want, n, key)
	}
}

// TestVersions tells what lies behind keys, page by page, each version once.
func TestVersions(t *testing.T) {
	onServers(t, func(t *testing.T, srv *s3test.Server, _ string) {
		for _, bucket := range []string{"locked", "plain"} {
			s := open(t, srv.URL(bucket, "a"))
			objstore.SetPageSize(s, 3)
			for i := range 10 {
				put(t, s, fmt.Sprintf("x/%d", i), objstore.PutOptions{})
			}
			put(t, s, "y", objstore.PutOptions{})
			if bucket == "locked" {
				require.NoError(t, srv.Overwrite(bucket, "a/x/3", nil))
				require.NoError(t, srv.Overwrite(bucket, "a/x/3", nil))
				require.NoError(t, srv.Hide(bucket, "a/x/5"))
			}
			seen := map[string][]bool{} // whether each is a marker; the newest first
			for v, err := range s.(objstore.Versioner).Versions(t.Context(), "x/") {
				require.NoError(t, err)
				assert.Equal(t, len(seen[v.Key]) == 0, v.Newest, v.Key)
				seen[v.Key] = append(seen[v.Key], v.Marker)
			}
			require.Len(t, seen, 10)
			if bucket == "locked" {
				assert.Equal(t, []bool{false, false, false}, seen["x/3"])
				assert.Equal(t, []bool{true, false}, seen["x/5"])
			} else {
				assert.Equal(t, []bool{false}, seen["x/3"])
			}
		}
	})
}
