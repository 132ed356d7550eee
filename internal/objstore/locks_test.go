package objstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/objstoretest"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

// onServers runs a test against each make of server, with a bucket without Object Lock and one with.
func onServers(t *testing.T, test func(t *testing.T, srv *s3test.Server, name string)) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			srv := start(t, s3test.Options{Buckets: []string{"plain"}, Locked: []string{"locked"}})
			s3test.Setenv(t)
			test(t, srv, name)
		})
	}
}

func put(t *testing.T, s objstore.Store, key string, opts objstore.PutOptions) {
	t.Helper()
	_, err := s.Put(t.Context(), key, objstore.BytesBody([]byte(key)), opts)
	require.NoError(t, err)
}

// TestNoLockNoDowngrade: a bucket that can't lock is refused where locks are asked for, at start and at each put.
func TestNoLockNoDowngrade(t *testing.T) {
	onServers(t, func(t *testing.T, srv *s3test.Server, name string) {
		s := open(t, srv.URL("plain", ""))
		for _, mode := range []objstore.LockMode{objstore.LockGovernance, objstore.LockCompliance} {
			_, err := s.Check(t.Context(), objstore.Requirements{Write: true, LockMode: mode})
			require.ErrorIs(t, err, objstore.ErrUnsupported)
			assert.ErrorContains(t, err, "without Object Lock")
			assert.ErrorContains(t, err, string(mode))

			opts := objstore.PutOptions{LockMode: mode, RetainUntil: time.Now().Add(time.Hour)}
			_, err = s.Put(t.Context(), "asked-to-lock-"+string(mode), objstore.BytesBody([]byte("x")), opts)
			require.ErrorIs(t, err, objstore.ErrUnsupported)
			if name != "versitygw" { // which refuses, and keeps the object all the same
				_, err = s.Stat(t.Context(), "asked-to-lock-"+string(mode))
				require.ErrorIs(t, err, objstore.ErrNotFound)
			}
		}
		line, err := s.Check(t.Context(), objstore.Requirements{Write: true})
		require.NoError(t, err)
		assert.Contains(t, line, "not asked for")
	})
}

// TestBypass: who may bypass governance can shorten it and delete; nobody can where it is compliance.
func TestBypass(t *testing.T) {
	onServers(t, func(t *testing.T, srv *s3test.Server, _ string) {
		s := open(t, srv.URL("locked", ""))
		until := time.Now().Add(time.Hour)
		for mode, may := range map[objstore.LockMode]bool{objstore.LockGovernance: true, objstore.LockCompliance: false} {
			key := string(mode)
			put(t, s, key, objstore.PutOptions{LockMode: mode, RetainUntil: until})
			name := map[objstore.LockMode]string{objstore.LockGovernance: "GOVERNANCE", objstore.LockCompliance: "COMPLIANCE"}[mode]
			require.Error(t, srv.Shorten("locked", key, name, until.Add(-30*time.Minute), false), mode)
			require.NoError(t, srv.Shorten("locked", key, name, until.Add(time.Hour), false), "%s: a lock may be made longer", mode)
			require.Error(t, srv.DeleteVersions("locked", key), mode)
			err := srv.DeleteBypassing("locked", key)
			if may {
				assert.NoError(t, err, mode)
			} else {
				assert.Error(t, err, mode)
				assert.Error(t, srv.Shorten("locked", key, name, until.Add(-30*time.Minute), true), mode)
				assert.Equal(t, key, string(objstoretest.Read(t, s, key)))
			}
		}
	})
}

// TestLegalHold: a hold keeps an object that has no lock, or whose lock has ended, and the store reads on.
func TestLegalHold(t *testing.T) {
	onServers(t, func(t *testing.T, srv *s3test.Server, _ string) {
		s := open(t, srv.URL("locked", ""))
		put(t, s, "held", objstore.PutOptions{})
		require.NoError(t, srv.Hold("locked", "held", true))
		require.Error(t, srv.DeleteVersions("locked", "held"))
		require.Error(t, srv.DeleteBypassing("locked", "held"))
		require.Error(t, s.(objstore.Remover).Remove(t.Context(), "held"))
		assert.Equal(t, "held", string(objstoretest.Read(t, s, "held")))
		res, err := s.Put(t.Context(), "held", objstore.BytesBody([]byte("held")), objstore.PutOptions{})
		require.NoError(t, err)
		assert.True(t, res.Existed)
		require.NoError(t, srv.Hold("locked", "held", false))
		assert.NoError(t, srv.DeleteVersions("locked", "held"))
	})
}

// TestDefaultRetention: a bucket that locks by itself locks what is put without a lock, a lock of ours counts before its own, and
// the one file that is replaced can still be.
func TestDefaultRetention(t *testing.T) {
	onServers(t, func(t *testing.T, srv *s3test.Server, name string) {
		srv.DefaultRetention("locked", "GOVERNANCE", 2)
		s := open(t, srv.URL("locked", ""))
		_, err := s.Check(t.Context(), objstore.Requirements{Write: true, LockMode: objstore.LockCompliance})
		require.NoError(t, err)

		put(t, s, "by-default", objstore.PutOptions{})
		info, err := s.Stat(t.Context(), "by-default")
		require.NoError(t, err)
		if name != "versitygw" { // which keeps the object, and says nothing of a lock
			assert.Equal(t, objstore.LockGovernance, info.LockMode)
			assert.WithinDuration(t, time.Now().AddDate(0, 0, 2), info.RetainUntil, time.Hour)
		}
		require.Error(t, srv.DeleteVersions("locked", "by-default"))

		until := time.Now().Add(time.Hour).Truncate(time.Second)
		put(t, s, "by-us", objstore.PutOptions{LockMode: objstore.LockCompliance, RetainUntil: until})
		info, err = s.Stat(t.Context(), "by-us")
		require.NoError(t, err)
		assert.Equal(t, objstore.LockCompliance, info.LockMode)
		assert.True(t, until.Equal(info.RetainUntil), "%v", info.RetainUntil)

		for _, text := range []string{"one", "two"} {
			require.NoError(t, s.(objstore.Replacer).Replace(t.Context(), "pointer", objstore.BytesBody([]byte(text)), "text/plain"))
		}
		assert.Equal(t, "two", string(objstoretest.Read(t, s, "pointer")))
	})
}

// TestDeleteMarker: whoever may delete can hide a locked object, not remove it. The store then says that it is not there,
// and has it back, as it was, when the marker goes.
func TestDeleteMarker(t *testing.T) {
	onServers(t, func(t *testing.T, srv *s3test.Server, _ string) {
		s := open(t, srv.URL("locked", ""))
		put(t, s, "hidden", objstore.PutOptions{LockMode: objstore.LockGovernance, RetainUntil: time.Now().Add(time.Hour)})
		require.NoError(t, srv.Hide("locked", "hidden"))
		_, err := s.Stat(t.Context(), "hidden")
		require.ErrorIs(t, err, objstore.ErrNotFound)
		_, err = s.Get(t.Context(), "hidden")
		require.ErrorIs(t, err, objstore.ErrNotFound)
		assert.Empty(t, objstoretest.Keys(t, s, "", ""))
		versions, err := srv.Versions("locked")
		require.NoError(t, err)
		assert.Equal(t, map[string]int{"hidden": 2}, versions, "the object and the marker")
		require.NoError(t, srv.Unhide("locked", "hidden"))
		assert.Equal(t, "hidden", string(objstoretest.Read(t, s, "hidden")))
	})
}
