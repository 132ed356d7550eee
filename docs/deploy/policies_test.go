// Package deploy tests the policies beside it against a real S3 server: what a role needs works, and nothing else does.
package deploy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/objstoretest"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

const (
	bucket = "audit"
	prefix = "prod"
	writer = "collector-a"
)

var roles = []string{"writer", "writer-minimal", "writer-expire", "auditor", "developer"}

func secretOf(role string) string { return role + "-secret" }

// install makes a user for each role. The policies are those of identities; as one bucket policy they name the user.
func install(t *testing.T) *s3test.Server {
	t.Helper()
	srv := s3test.Start(t, s3test.Options{Locked: []string{bucket}})
	all := map[string]any{"Version": "2012-10-17"}
	var statements []any
	for _, role := range roles {
		text, err := os.ReadFile(filepath.Join("policies", role+".json"))
		require.NoError(t, err)
		var policy struct {
			Version   string
			Statement []map[string]any
		}
		filled := strings.NewReplacer("BUCKET", bucket, "PREFIX", prefix, "WRITER", writer).Replace(string(text))
		require.NoError(t, json.Unmarshal([]byte(filled), &policy))
		srv.CreateUser(role, secretOf(role))
		for _, s := range policy.Statement {
			s["Principal"] = role
			statements = append(statements, s)
		}
	}
	all["Statement"] = statements
	text, err := json.Marshal(all)
	require.NoError(t, err)
	require.NoError(t, srv.SetPolicy(bucket, string(text)))
	s3test.Setenv(t)
	return srv
}

// as opens the bucket with a role's rights. The credentials are read now.
func as(t *testing.T, srv *s3test.Server, role string) objstore.Store {
	t.Helper()
	if role != "" {
		t.Setenv("AWS_ACCESS_KEY_ID", role)
		t.Setenv("AWS_SECRET_ACCESS_KEY", secretOf(role))
	}
	s, err := objstore.Open(t.Context(), srv.URL(bucket, prefix))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

const (
	debugKey    = "events/tier=debug/date=2026-11-20/collector-a-0000000001.jsonl.zst"
	infoDay     = "days/tier=info/date=2026-11-20/collector-a.jsonl.zst"
	criticalKey = "events/tier=critical/date=2026-11-20/collector-a-0000000001.jsonl.zst"
	criticalDay = "days/tier=critical/date=2026-11-20/collector-a.jsonl.zst"
	entryKey    = "trail/collector-a/entry/000000000/000"
	pointerKey  = "trail/collector-a/checkpoint"
	otherEvents = "events/tier=info/date=2026-11-20/collector-a-b-0000000001.jsonl.zst" // of a writer named collector-a-b
	otherSigned = "trail/other/checkpoints/000000000/001"
	otherEntry  = "trail/other/entry/000000000/000"
)

var lock = objstore.PutOptions{LockMode: objstore.LockGovernance, RetainUntil: time.Now().Add(time.Hour)}

// fill has the owner put what the roles look at.
func fill(t *testing.T, srv *s3test.Server) {
	t.Helper()
	owner := as(t, srv, "")
	for _, key := range []string{debugKey, infoDay, criticalKey, criticalDay, entryKey, otherEvents, otherSigned, otherEntry} {
		_, err := owner.Put(t.Context(), key, objstore.BytesBody([]byte(key)), lock)
		require.NoError(t, err)
	}
}

func put(t *testing.T, s objstore.Store, key string, opts objstore.PutOptions) error {
	t.Helper()
	_, err := s.Put(t.Context(), key, objstore.BytesBody([]byte(key)), opts)
	return err
}

func get(t *testing.T, s objstore.Store, key string) error {
	t.Helper()
	r, err := s.Get(t.Context(), key)
	if err == nil {
		require.NoError(t, r.Close())
	}
	return err
}

func list(t *testing.T, s objstore.Store, prefix string) error {
	t.Helper()
	for _, err := range s.List(t.Context(), prefix, "") {
		return err
	}
	return nil
}

func refused(t *testing.T, err error, what string) {
	t.Helper()
	require.Error(t, err, what)
	assert.ErrorContains(t, err, "AccessDenied", what)
}

// takesNothingAway tries, as a role, all that would remove, hide, shorten or open up what is there.
func takesNothingAway(t *testing.T, srv *s3test.Server, role string) {
	t.Helper()
	object := prefix + "/" + criticalKey
	newest := srv.Newest(bucket, object)
	user := srv.As(role, secretOf(role))
	refused(t, user.Hide(bucket, object), "delete")
	refused(t, user.DeleteVersion(bucket, object, newest, false), "delete a version")
	refused(t, user.DeleteVersion(bucket, object, newest, true), "bypass")
	refused(t, user.Shorten(bucket, object, "GOVERNANCE", time.Now().Add(time.Minute), true), "shorten, bypassing")
	require.Error(t, user.Shorten(bucket, object, "GOVERNANCE", time.Now().Add(time.Minute), false), "shorten")
	refused(t, user.Hold(bucket, object, true), "legal hold")
	refused(t, user.SetPolicy(bucket, `{"Version":"2012-10-17","Statement":[]}`), "change the policy")
	versions, err := srv.Versions(bucket)
	require.NoError(t, err)
	assert.Equal(t, 1, versions[object])
}

func TestWriter(t *testing.T) {
	srv := install(t)
	fill(t, srv)
	s := as(t, srv, "writer")
	_, err := s.Check(t.Context(), objstore.Requirements{Write: true, LockMode: objstore.LockCompliance})
	require.NoError(t, err)
	const next, day, entry = "events/tier=info/date=2026-11-21/collector-a-0000000002.jsonl.zst",
		"days/tier=debug/date=2026-11-20/collector-a.jsonl.zst", "trail/collector-a/entry/000000000/001"
	for _, key := range []string{next, day, entry} {
		require.NoError(t, put(t, s, key, lock), key)
		require.NoError(t, put(t, s, key, lock), "%s again, after a lost answer", key)
		require.NoError(t, get(t, s, key))
		_, err := s.Put(t.Context(), key, objstore.BytesBody([]byte("other")), lock)
		require.ErrorIs(t, err, objstore.ErrConflict)
	}
	for _, text := range []string{"1", "2"} {
		require.NoError(t, s.(objstore.Replacer).Replace(t.Context(), pointerKey, objstore.BytesBody([]byte(text)), "text/plain"))
	}
	require.NoError(t, list(t, s, "trail/"))
	require.NoError(t, get(t, s, otherSigned), "its word on other writers")

	for _, key := range []string{
		"events/tier=info/date=2026-11-21/other-0000000001.jsonl.zst", "events/tier=info/date=2026-11-21/collector-a-b-0000000002.jsonl.zst",
		"days/tier=info/date=2026-11-21/other.jsonl.zst", "trail/other/entry/000000000/001", "somewhere/else",
	} {
		refused(t, put(t, s, key, lock), "write "+key)
	}
	for _, key := range []string{otherEvents, otherEntry} {
		refused(t, get(t, s, key), "read "+key)
	}
	takesNothingAway(t, srv, "writer")
}

// TestWriterMinimal: what the smallest writer may do, and that it sees nothing of others.
func TestWriterMinimal(t *testing.T) {
	srv := install(t)
	fill(t, srv)
	s := as(t, srv, "writer-minimal")
	_, err := s.Check(t.Context(), objstore.Requirements{Write: true, LockMode: objstore.LockCompliance})
	require.ErrorIs(t, err, objstore.ErrDenied, "it can't tell at start that the bucket will do")
	for _, key := range []string{"events/tier=info/date=2026-11-21/collector-a-0000000002.jsonl.zst", "trail/collector-a/entry/000000000/001"} {
		require.NoError(t, put(t, s, key, lock), key)
		require.NoError(t, put(t, s, key, lock), "%s again, after a lost answer", key)
		_, err := s.Put(t.Context(), key, objstore.BytesBody([]byte("other")), lock)
		require.ErrorIs(t, err, objstore.ErrConflict)
	}
	refused(t, list(t, s, "trail/"), "list")
	for _, key := range []string{otherEvents, otherSigned, otherEntry} {
		refused(t, get(t, s, key), "read "+key)
	}
	refused(t, put(t, s, "trail/other/entry/000000000/001", lock), "write as another")
	takesNothingAway(t, srv, "writer-minimal")
}

// TestWriterExpire: it may let its own segments go when their lock has ended, and nothing else.
func TestWriterExpire(t *testing.T) {
	srv := install(t)
	fill(t, srv)
	s := as(t, srv, "writer-expire")
	r := s.(objstore.Remover)
	const own = "events/tier=info/date=2026-11-21/collector-a-0000000002.jsonl.zst"
	require.NoError(t, put(t, s, own, objstore.PutOptions{}))
	require.NoError(t, r.Remove(t.Context(), own))
	require.ErrorIs(t, get(t, s, own), objstore.ErrNotFound)
	require.NoError(t, put(t, s, own, lock))
	require.ErrorIs(t, r.Remove(t.Context(), own), objstore.ErrLocked)
	require.NoError(t, get(t, s, own))
	object := prefix + "/" + own
	user := srv.As("writer-expire", secretOf("writer-expire"))
	require.Error(t, user.DeleteVersion(bucket, object, srv.Newest(bucket, object), false), "the lock holds against its right")
	refused(t, user.DeleteVersion(bucket, object, srv.Newest(bucket, object), true), "bypass")
	refused(t, user.Shorten(bucket, object, "GOVERNANCE", time.Now().Add(time.Minute), true), "shorten, bypassing")

	const day, entry = "days/tier=debug/date=2026-11-20/collector-a.jsonl.zst", "trail/collector-a/entry/000000000/001"
	for _, key := range []string{day, entry} {
		require.NoError(t, put(t, s, key, objstore.PutOptions{}))
		refused(t, r.Remove(t.Context(), key), "remove "+key)
	}
	for _, key := range []string{otherEvents, otherEntry} {
		require.Error(t, r.Remove(t.Context(), key), key)
		require.NoError(t, get(t, as(t, srv, "auditor"), key))
	}
}

func TestAuditor(t *testing.T) {
	srv := install(t)
	fill(t, srv)
	s := as(t, srv, "auditor")
	keys := objstoretest.Keys(t, s, "", "")
	assert.Len(t, keys, 8)
	for _, key := range keys {
		require.NoError(t, get(t, s, key), key)
		info, err := s.Stat(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, objstore.LockGovernance, info.LockMode, "it sees the locks")
	}
	for _, key := range []string{debugKey, "events/tier=info/date=2026-11-21/collector-a-0000000002.jsonl.zst", "notes.txt"} {
		refused(t, put(t, s, key, objstore.PutOptions{}), "write "+key)
	}
	takesNothingAway(t, srv, "auditor")
}

func TestDeveloper(t *testing.T) {
	srv := install(t)
	fill(t, srv)
	s := as(t, srv, "developer")
	for _, root := range []string{"events/", "days/", "events/tier=debug/"} {
		require.NoError(t, list(t, s, root), root)
	}
	for _, root := range []string{"", "trail/", "eve"} {
		refused(t, list(t, s, root), "list "+root)
	}
	for _, key := range []string{debugKey, infoDay, otherEvents} {
		require.NoError(t, get(t, s, key), key)
	}
	for _, key := range []string{criticalKey, criticalDay, entryKey, otherSigned} {
		refused(t, get(t, s, key), "read "+key)
	}
	refused(t, put(t, s, "events/tier=debug/date=2026-11-21/developer-0000000001.jsonl.zst", objstore.PutOptions{}), "write")
	takesNothingAway(t, srv, "developer")
}
