// Package objstoretest checks that an objstore.Store keeps its promises. Every kind of store, and every S3 server we
// support, is run through it.
package objstoretest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Run tests the stores that newStore returns: each call a new, empty one that passes Check for writing.
func Run(t *testing.T, newStore func(t *testing.T) objstore.Store) {
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, s objstore.Store)
	}{
		{"put, get and stat", testRoundTrip},
		{"identical bytes again", testIdentical},
		{"other bytes", testConflict},
		{"wrong body refused", testWrongBody},
		{"create-only under a race", testRace},
		{"missing objects", testMissing},
		{"odd keys", testOddKeys},
		{"invalid keys", testInvalidKeys},
		{"invalid puts", testInvalidPuts},
		{"list", testList},
		{"list stops when told", testListStops},
		{"cancelled", testCancelled},
		{"check", testCheck},
		{"remove", testRemove},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, newStore(t)) })
	}
}

func testRoundTrip(t *testing.T, s objstore.Store) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 8<<20/16)
	for name, content := range map[string][]byte{"empty": {}, "one": {'x'}, "8MiB": big} {
		start := time.Now().Add(-time.Minute)
		body := objstore.BytesBody(content)
		res, err := s.Put(t.Context(), "round/trip/"+name, body, objstore.PutOptions{ContentType: "application/x-ndjson"})
		require.NoError(t, err, name)
		assert.Zero(t, res, name)

		assert.True(t, bytes.Equal(content, Read(t, s, "round/trip/"+name)), name)
		info, err := s.Stat(t.Context(), "round/trip/"+name)
		require.NoError(t, err, name)
		assert.Equal(t, "round/trip/"+name, info.Key)
		assert.Equal(t, body.Size, info.Size, name)
		assert.WithinRange(t, info.Modified, start, time.Now().Add(time.Minute), name)
		if info.SHA256 != [32]byte{} {
			assert.Equal(t, body.SHA256, info.SHA256, name)
		}
		assert.False(t, info.LockMode.On(), name)
	}
}

func testIdentical(t *testing.T, s objstore.Store) {
	for _, content := range []string{"", "same"} {
		key := fmt.Sprintf("again/%d", len(content))
		put(t, s, key, content)
		for range 2 {
			res, err := s.Put(t.Context(), key, objstore.BytesBody([]byte(content)), objstore.PutOptions{})
			require.NoError(t, err)
			assert.True(t, res.Existed)
			assert.Equal(t, key, res.Info.Key)
			assert.Equal(t, int64(len(content)), res.Info.Size)
		}
		assert.Equal(t, content, string(Read(t, s, key)))
	}
}

func testConflict(t *testing.T, s objstore.Store) {
	put(t, s, "taken", "first")
	for _, content := range []string{"", "other", "first and more"} {
		_, err := s.Put(t.Context(), "taken", objstore.BytesBody([]byte(content)), objstore.PutOptions{})
		require.ErrorIs(t, err, objstore.ErrConflict, content)
		assert.False(t, objstore.Retryable(err))
		assert.Equal(t, "first", string(Read(t, s, "taken")))
	}
}

func testWrongBody(t *testing.T, s objstore.Store) {
	right := objstore.BytesBody([]byte("right"))
	flipped, short := right, right
	flipped.SHA256[31] ^= 1
	short.Size--
	long := right
	long.Size++
	for name, body := range map[string]objstore.Body{"sha": flipped, "short": short, "long": long} {
		_, err := s.Put(t.Context(), "wrong/"+name, body, objstore.PutOptions{})
		require.Error(t, err, name)
		_, err = s.Stat(t.Context(), "wrong/"+name)
		require.ErrorIs(t, err, objstore.ErrNotFound, name)
		_, err = s.Put(t.Context(), "wrong/"+name, right, objstore.PutOptions{})
		require.NoError(t, err, "the right body must still go in: %s", name)
	}
}

func testMissing(t *testing.T, s objstore.Store) {
	put(t, s, "dir/object", "x")
	for _, key := range []string{"nothing", "dir/nothing", "dir", "no/such/dir/object"} {
		_, err := s.Get(t.Context(), key)
		require.ErrorIs(t, err, objstore.ErrNotFound, key)
		_, err = s.Stat(t.Context(), key)
		require.ErrorIs(t, err, objstore.ErrNotFound, key)
	}
}

func testInvalidKeys(t *testing.T, s objstore.Store) {
	long := string(bytes.Repeat([]byte("k"), 256))
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.", ".tmp/x", "a/.hidden", "a\x00b", "a\nb", `a\b`, "a\xff", long, "a/" + long,
		string(bytes.Repeat([]byte("k/"), 512)) + "k",
	} {
		_, err := s.Put(t.Context(), key, objstore.BytesBody(nil), objstore.PutOptions{})
		require.ErrorIs(t, err, objstore.ErrInvalidKey, "%q", key)
		assert.False(t, objstore.Retryable(err))
		_, err = s.Get(t.Context(), key)
		require.ErrorIs(t, err, objstore.ErrInvalidKey, "%q", key)
		_, err = s.Stat(t.Context(), key)
		require.ErrorIs(t, err, objstore.ErrInvalidKey, "%q", key)
	}
	assert.Empty(t, Keys(t, s, "", ""))
}

func testInvalidPuts(t *testing.T, s objstore.Store) {
	good := objstore.BytesBody([]byte("x"))
	for name, tt := range map[string]struct {
		body objstore.Body
		opts objstore.PutOptions
	}{
		"no reader":         {objstore.Body{Size: 1}, objstore.PutOptions{}},
		"negative size":     {objstore.Body{Reader: good.Reader, Size: -1}, objstore.PutOptions{}},
		"unknown lock mode": {good, objstore.PutOptions{LockMode: "legal", RetainUntil: time.Now().Add(time.Hour)}},
		"lock without date": {good, objstore.PutOptions{LockMode: objstore.LockGovernance}},
	} {
		_, err := s.Put(t.Context(), "key", tt.body, tt.opts)
		require.ErrorIs(t, err, objstore.ErrInvalidPut, name)
	}
	assert.Empty(t, Keys(t, s, "", ""))
}

func testCancelled(t *testing.T, s objstore.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Put(ctx, "cancelled", objstore.BytesBody([]byte("x")), objstore.PutOptions{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Get(ctx, "cancelled")
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Stat(ctx, "cancelled")
	require.ErrorIs(t, err, context.Canceled)

	_, err = s.Stat(t.Context(), "cancelled")
	require.ErrorIs(t, err, objstore.ErrNotFound)
	put(t, s, "cancelled", "x")
	for _, err := range s.List(ctx, "", "") {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func testCheck(t *testing.T, s objstore.Store) {
	line, err := s.Check(t.Context(), objstore.Requirements{Write: true})
	require.NoError(t, err)
	assert.NotEmpty(t, line)
	assert.NotContains(t, line, "\n")
	assert.NotEmpty(t, s.String())
	assert.Empty(t, Keys(t, s, "", ""), "a check leaves nothing behind")
}

func put(t *testing.T, s objstore.Store, key, content string) {
	t.Helper()
	_, err := s.Put(t.Context(), key, objstore.BytesBody([]byte(content)), objstore.PutOptions{})
	require.NoError(t, err, key)
}

// Read returns the bytes of an object.
func Read(t testing.TB, s objstore.Store, key string) []byte {
	t.Helper()
	r, err := s.Get(t.Context(), key)
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	info, err := s.Stat(t.Context(), key)
	require.NoError(t, err)
	if info.SHA256 != [32]byte{} {
		require.Equal(t, sha256.Sum256(b), info.SHA256)
	}
	return b
}
