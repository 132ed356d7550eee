package objstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
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

func TestParseURL(t *testing.T) {
	tests := []struct {
		url  string
		want objstore.Location
	}{
		{"file:///var/audit", objstore.Location{Dir: "/var/audit"}},
		{"file:/var/audit", objstore.Location{Dir: "/var/audit"}},
		{"file:./audit", objstore.Location{Dir: "./audit"}},
		{"file:audit/x", objstore.Location{Dir: "audit/x"}},
		{"file:///with%20space", objstore.Location{Dir: "/with space"}},
		{"file:./with%20space", objstore.Location{Dir: "./with space"}},
		{"s3://bucket", objstore.Location{S3: objstore.S3Config{Bucket: "bucket"}}},
		{"s3://bucket/", objstore.Location{S3: objstore.S3Config{Bucket: "bucket"}}},
		{"s3://my.bucket-1/a/b/?region=eu-central-1", objstore.Location{S3: objstore.S3Config{
			Bucket: "my.bucket-1", Prefix: "a/b", Region: "eu-central-1"}}},
		{"s3://bucket/p?endpoint=http://127.0.0.1:7070&profile=audit", objstore.Location{S3: objstore.S3Config{
			Bucket: "bucket", Prefix: "p", Region: "us-east-1", Endpoint: "http://127.0.0.1:7070", PathStyle: true, Profile: "audit"}}},
		{"s3://bucket?endpoint=https%3A%2F%2Fs3.example&path_style=false&region=x", objstore.Location{S3: objstore.S3Config{
			Bucket: "bucket", Region: "x", Endpoint: "https://s3.example"}}},
		{"s3://bucket?path_style=true", objstore.Location{S3: objstore.S3Config{Bucket: "bucket", PathStyle: true}}},
	}
	for _, tt := range tests {
		got, err := objstore.ParseURL(tt.url)
		require.NoError(t, err, tt.url)
		assert.Equal(t, tt.want, got, tt.url)
		if got.Dir == "" {
			back, err := objstore.ParseURL(got.S3.String())
			require.NoError(t, err, got.S3)
			assert.Equal(t, got, back, "String gives the same store")
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	tests := []struct{ url, says string }{
		{"", "no scheme; use file:"},
		{"/var/audit", "no scheme"},
		{"gs://bucket", `unknown scheme "gs"; use file:`},
		{"file:", "no directory"},
		{"file://", "no directory"},
		{"file://host/path", "names a host"},
		{"file://./rel", "names a host"},
		{"file:///x?region=y", "takes no ?options"},
		{"file:///x#y", "no #fragment"},
		{"file:./%zz", "invalid URL escape"},
		{"file:///%00", "no directory"},
		{"s3:bucket", "no bucket"},
		{"s3://", "no bucket"},
		{"s3:///prefix", "no bucket"},
		{"s3://UPPER", "no bucket name"},
		{"s3://bucket:80/x", "no bucket name"},
		{"s3://ab", "no bucket name"},
		{"s3://bucket//x", "empty segment"},
		{"s3://bucket/a/../b", "starts with a dot"},
		{"s3://bucket/a%0Ab", "control character"},
		{"s3://bucket?Region=x", `unknown option "Region"; allowed are region, endpoint, path_style and profile`},
		{"s3://bucket?region=", "exactly one value"},
		{"s3://bucket?region=a&region=b", "exactly one value"},
		{"s3://bucket?path_style=maybe", "true or false"},
		{"s3://bucket?endpoint=127.0.0.1:7070", "endpoint must be"},
		{"s3://bucket?endpoint=ftp://x", "endpoint must be"},
		{"s3://bucket?endpoint=http://", "endpoint must be"},
		{"s3://bucket?endpoint=http://user:hunter2@x", "endpoint must be"},
		{"s3://key:hunter2@bucket/x", "credentials come from the environment"},
		{"s3://key:hunter2@buc ket/x", "invalid character"},
		{"s3://bucket?secret=hunter2", `unknown option "secret"`},
		{"hunter2%zz://x", "store URL"},
	}
	for _, tt := range tests {
		_, err := objstore.ParseURL(tt.url)
		require.ErrorContains(t, err, tt.says, tt.url)
		assert.NotContains(t, err.Error(), "hunter2", tt.url)
		_, err = objstore.Open(t.Context(), tt.url)
		require.Error(t, err)
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"file:///x", "file:./x", "s3://bucket/p?region=r&endpoint=http://x:1", "s3://b@c:1/%2e%2e?x#y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		loc, err := objstore.ParseURL(raw)
		if err != nil {
			return
		}
		require.NotEqual(t, loc.Dir == "", loc.S3.Bucket == "", "one or the other")
		if loc.S3.Prefix != "" {
			require.NoError(t, objstore.ValidateKey(loc.S3.Prefix))
		}
		if loc.Dir == "" {
			back, err := objstore.ParseURL(loc.S3.String())
			require.NoError(t, err)
			require.Equal(t, loc, back)
		}
	})
}

func TestOpenWritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	s := open(t, "file://"+dir)
	assert.NoDirExists(t, dir)
	assert.Equal(t, "file://"+dir, s.String())

	t.Chdir(t.TempDir())
	s = open(t, "file:./rel")
	wd, err := os.Getwd()
	require.NoError(t, err)
	assert.Equal(t, "file://"+filepath.Join(wd, "rel"), s.String())
}

func TestOpenS3NeedsRegion(t *testing.T) {
	s3test.Setenv(t)
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	_, err := objstore.Open(t.Context(), "s3://bucket")
	require.ErrorContains(t, err, "AWS_REGION")
	_, err = objstore.Open(t.Context(), "s3://bucket?profile=nobody&region=x")
	require.ErrorContains(t, err, "nobody")
}

func TestReasonAndRetryable(t *testing.T) {
	assert.False(t, objstore.Retryable(nil))
	assert.Empty(t, objstore.Reason(nil))
	tests := []struct {
		err    error
		reason string
		retry  bool
	}{
		{objstore.ErrConflict, "conflict", false},
		{objstore.ErrInvalidKey, "invalid_key", false},
		{objstore.ErrInvalidPut, "invalid_put", false},
		{objstore.ErrUnsupported, "unsupported", false},
		{objstore.ErrNotFound, "not_found", false},
		{objstore.ErrChecksum, "checksum", true},
		{objstore.ErrDenied, "denied", true},
		{objstore.ErrNoBucket, "no_bucket", true},
		{objstore.ErrThrottled, "throttled", true},
		{objstore.ErrClockSkew, "clock_skew", true},
		{context.Canceled, "canceled", false},
		{context.DeadlineExceeded, "timeout", true},
		{io.ErrUnexpectedEOF, "other", true},
		{errors.Join(objstore.ErrConflict, context.DeadlineExceeded), "conflict", false},
	}
	for _, tt := range tests {
		err := fmt.Errorf("couldn't put %q: %w", "k", tt.err)
		assert.Equal(t, tt.reason, objstore.Reason(err), tt.err)
		assert.Equal(t, tt.retry, objstore.Retryable(err), tt.err)
	}
}

func TestHashBody(t *testing.T) {
	b, err := objstore.HashBody(strings.NewReader("content and more"), 7)
	require.NoError(t, err)
	assert.Equal(t, objstore.BytesBody([]byte("content")).SHA256, b.SHA256)
	_, err = objstore.HashBody(strings.NewReader("short"), 7)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// An object that somebody put without a SHA-256 is told by its bytes.
func TestS3ObjectOfAnother(t *testing.T) {
	srv := s3test.Start(t, s3test.Options{Buckets: []string{"bucket"}})
	s3test.Setenv(t)
	require.NoError(t, srv.Overwrite("bucket", "p/k", strings.NewReader("theirs")))
	s := open(t, srv.URL("bucket", "p"))
	_, err := s.Put(t.Context(), "k", objstore.BytesBody([]byte("mine!!")), objstore.PutOptions{})
	require.ErrorIs(t, err, objstore.ErrConflict)
	res, err := s.Put(t.Context(), "k", objstore.BytesBody([]byte("theirs")), objstore.PutOptions{})
	require.NoError(t, err)
	assert.True(t, res.Existed)
}

// An outage of the server is retryable, and over when the server is back with what it had.
func TestS3Outage(t *testing.T) {
	srv := s3test.Start(t, s3test.Options{Buckets: []string{"bucket"}})
	s3test.Setenv(t)
	s := open(t, srv.URL("bucket", ""))
	put := func(key string) error {
		_, err := s.Put(t.Context(), key, objstore.BytesBody([]byte(key)), objstore.PutOptions{})
		return err
	}
	require.NoError(t, put("before"))
	srv.Stop()
	err := put("during")
	require.Error(t, err)
	assert.True(t, objstore.Retryable(err))
	assert.Equal(t, "network", objstore.Reason(err))
	_, err = s.Check(t.Context(), objstore.Requirements{})
	require.True(t, objstore.Retryable(err))
	srv.Restart()
	require.NoError(t, put("during"))
	assert.Equal(t, []string{"before", "during"}, objstoretest.Keys(t, s, "", ""))
}

// Real refusals of a real server: wrong secret, no such bucket, no lock.
func TestS3Refusals(t *testing.T) {
	srv := s3test.Start(t, s3test.Options{Buckets: []string{"bucket"}})
	s3test.Setenv(t)
	body := objstore.BytesBody([]byte("x"))

	_, err := open(t, srv.URL("bucket", "")).Check(t.Context(), objstore.Requirements{LockMode: objstore.LockGovernance})
	require.ErrorIs(t, err, objstore.ErrUnsupported)

	missing := open(t, srv.URL("missing", ""))
	_, err = missing.Check(t.Context(), objstore.Requirements{})
	require.ErrorIs(t, err, objstore.ErrNoBucket)
	_, err = missing.Put(t.Context(), "k", body, objstore.PutOptions{})
	require.ErrorIs(t, err, objstore.ErrNoBucket)
	for _, err := range missing.List(t.Context(), "", "") {
		require.ErrorIs(t, err, objstore.ErrNoBucket)
	}

	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	stranger := open(t, srv.URL("bucket", ""))
	_, err = stranger.Check(t.Context(), objstore.Requirements{})
	require.ErrorIs(t, err, objstore.ErrDenied)
	_, err = stranger.Put(t.Context(), "k", body, objstore.PutOptions{})
	require.ErrorIs(t, err, objstore.ErrDenied)
	assert.NotContains(t, err.Error(), "hunter2")
}

// The rights that the doc comment of S3 names are enough for a writer, and don't let it take anything back.
func TestS3LeastPrivilege(t *testing.T) {
	srv := s3test.Start(t, s3test.Options{Locked: []string{"bucket"}})
	srv.AddUser("writer", "writer-secret", "bucket", "s3:PutObject", "s3:GetObject", "s3:PutObjectRetention",
		"s3:ListBucket", "s3:GetBucketObjectLockConfiguration")
	s3test.Setenv(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "writer")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "writer-secret")
	s := open(t, srv.URL("bucket", "p"))
	_, err := s.Check(t.Context(), objstore.Requirements{Write: true, LockMode: objstore.LockCompliance})
	require.NoError(t, err)
	opts := objstore.PutOptions{LockMode: objstore.LockCompliance, RetainUntil: time.Now().Add(time.Hour)}
	for _, existed := range []bool{false, true} {
		res, err := s.Put(t.Context(), "k", objstore.BytesBody([]byte("x")), opts)
		require.NoError(t, err)
		assert.Equal(t, existed, res.Existed)
	}
	_, err = s.Put(t.Context(), "k", objstore.BytesBody([]byte("y")), opts)
	require.ErrorIs(t, err, objstore.ErrConflict)
	require.ErrorContains(t, srv.HideAs("writer", "writer-secret", "bucket", "p/k"), "AccessDenied")
	assert.Equal(t, []string{"k"}, objstoretest.Keys(t, s, "", ""))
	_, err = s.Stat(t.Context(), "missing")
	require.ErrorIs(t, err, objstore.ErrNotFound)
}
