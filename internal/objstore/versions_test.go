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
