package objstore_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/objstoretest"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, url string) objstore.Store {
	t.Helper()
	s, err := objstore.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestDirConforms(t *testing.T) {
	objstoretest.Run(t, func(t *testing.T) objstore.Store {
		s := open(t, "file://"+filepath.Join(t.TempDir(), "not", "there", "yet"))
		_, err := s.Check(t.Context(), objstore.Requirements{Write: true})
		require.NoError(t, err)
		return s
	})
}

// servers are the makes of server that the suite runs against. MinIO is skipped where there is none.
var servers = map[string]func(testing.TB, s3test.Options) *s3test.Server{"versitygw": s3test.Start, "MinIO": s3test.StartMinIO}

func TestS3Conforms(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			srv := start(t, s3test.Options{Buckets: []string{"plain"}, Locked: []string{"locked"}})
			s3test.Setenv(t)
			var n atomic.Int64
			for _, bucket := range []string{"plain", "locked"} {
				t.Run(bucket, func(t *testing.T) {
					objstoretest.Run(t, func(t *testing.T) objstore.Store {
						s := open(t, srv.URL(bucket, fmt.Sprintf("run/%d", n.Add(1))))
						objstore.SetPageSize(s, 3) // so that every listing turns pages
						return s
					})
				})
			}
			t.Run("lock", func(t *testing.T) {
				objstoretest.RunLock(t, open(t, srv.URL("locked", "lock")), func(key string) error {
					return srv.DeleteVersions("locked", "lock/"+key)
				})
			})
		})
	}
}
