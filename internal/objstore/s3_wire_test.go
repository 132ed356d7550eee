package objstore_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/objstoretest"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

// request is what a server saw.
type request struct {
	method, path string
	header       http.Header
	length       int64
	body         []byte
}

// script is a server that answers each request with the next handler, and records it. One request more than there
// are handlers fails the test, so a retry by the SDK can't go unseen.
type script struct {
	*httptest.Server
	mu   sync.Mutex
	reqs []request
}

func (s *script) seen() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.reqs)
}

// add returns how many came before.
func (s *script) add(r request) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reqs = append(s.reqs, r)
	return len(s.reqs) - 1
}

func serve(t *testing.T, secure bool, handlers ...http.HandlerFunc) (*script, objstore.Store) {
	t.Helper()
	s := &script{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		n := s.add(request{r.Method, r.URL.RequestURI(), r.Header.Clone(), r.ContentLength, body})
		if n >= len(handlers) {
			t.Errorf("request %d: %s %s, but no more were expected", n+1, r.Method, r.URL)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		handlers[n](w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes are refused on purpose
	s3test.Setenv(t)
	t.Setenv("AWS_CA_BUNDLE", "")
	if secure {
		s.StartTLS()
		ca := filepath.Join(t.TempDir(), "ca.pem")
		block := &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}
		require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(block), 0o600))
		t.Setenv("AWS_CA_BUNDLE", ca)
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s, open(t, "s3://bucket/some/prefix?endpoint="+url.QueryEscape(s.URL))
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// fault answers as S3 does: XML with a code.
func fault(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>injected</Message></Error>", code)
	}
}

// drop cuts the connection without an answer.
func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// head answers HEAD with an object's properties.
func head(size int, sum string, extra ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(size))
		if sum != "" {
			w.Header().Set("X-Amz-Checksum-Sha256", sum)
		}
		for i := 0; i < len(extra); i += 2 {
			w.Header().Set(extra[i], extra[i+1])
		}
	}
}

func content(b string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, b) }
}

func b64sum(b string) string {
	sum := sha256.Sum256([]byte(b))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// TestS3PutOnTheWire asserts what no test server checks: the conditions, checksums and locks that we send.
func TestS3PutOnTheWire(t *testing.T) {
	until := time.Date(2126, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, secure := range []bool{false, true} {
		for _, body := range []string{"", "line\n", strings.Repeat("line\n", 1<<20)} {
			t.Run(fmt.Sprintf("tls %t, %d bytes", secure, len(body)), func(t *testing.T) {
				srv, store := serve(t, secure, status(200))
				_, err := store.Put(t.Context(), "a b/c", objstore.BytesBody([]byte(body)), objstore.PutOptions{
					LockMode: objstore.LockCompliance, RetainUntil: until, ContentType: "application/zstd",
				})
				require.NoError(t, err)
				require.Len(t, srv.seen(), 1)
				got := srv.seen()[0]
				sum := sha256.Sum256([]byte(body))
				assert.Equal(t, "PUT", got.method)
				assert.Equal(t, "/bucket/some/prefix/a%20b/c?x-id=PutObject", got.path)
				assert.Equal(t, sum, sha256.Sum256(got.body), "sent as it is, not in chunks")
				assert.EqualValues(t, len(body), got.length)
				for name, want := range map[string]string{
					"If-None-Match":                       "*",
					"X-Amz-Checksum-Sha256":               b64sum(body),
					"X-Amz-Content-Sha256":                hex.EncodeToString(sum[:]),
					"X-Amz-Object-Lock-Mode":              "COMPLIANCE",
					"X-Amz-Object-Lock-Retain-Until-Date": "2126-01-02T03:04:05Z",
					"Content-Type":                        "application/zstd",
					"Content-Encoding":                    "",
					"X-Amz-Trailer":                       "",
					"X-Amz-Checksum-Crc32":                "",
				} {
					assert.Equal(t, want, got.header.Get(name), name)
				}
				signed := got.header.Get("Authorization")
				for _, name := range []string{"if-none-match", "x-amz-checksum-sha256", "x-amz-content-sha256", "x-amz-object-lock-mode"} {
					assert.Contains(t, signed, name, "covered by the signature")
				}
			})
		}
	}
	t.Run("no lock", func(t *testing.T) {
		srv, store := serve(t, false, status(200), status(200))
		for _, opts := range []objstore.PutOptions{
			{LockMode: objstore.LockOff, RetainUntil: until},
			{LockMode: objstore.LockCompliance, RetainUntil: time.Now().Add(-time.Second)},
		} {
			_, err := store.Put(t.Context(), "k", objstore.BytesBody(nil), opts)
			require.NoError(t, err)
			got := srv.seen()[len(srv.seen())-1].header
			assert.Empty(t, got.Get("X-Amz-Object-Lock-Mode"))
			assert.Empty(t, got.Get("X-Amz-Object-Lock-Retain-Until-Date"))
		}
	})
	t.Run("over 5 GiB", func(t *testing.T) {
		_, store := serve(t, false)
		_, err := store.Put(t.Context(), "k", objstore.Body{Reader: strings.NewReader(""), Size: 5<<30 + 1}, objstore.PutOptions{})
		require.ErrorIs(t, err, objstore.ErrInvalidPut)
	})
	t.Run("certificate of a stranger", func(t *testing.T) {
		_, store := serve(t, true)
		t.Setenv("AWS_CA_BUNDLE", "")
		stranger := open(t, store.String())
		_, err := stranger.Put(t.Context(), "k", objstore.BytesBody(nil), objstore.PutOptions{})
		var cert *tls.CertificateVerificationError
		require.ErrorAs(t, err, &cert)
	})
}

// TestS3PutFaults lets a Put meet each fault. It makes one attempt, says what it was, and the next attempt succeeds.
func TestS3PutFaults(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		is      error
		reason  string
	}{
		{"403", fault(403, "AccessDenied"), objstore.ErrDenied, "denied"},
		{"403 without a code", status(403), objstore.ErrDenied, "denied"},
		{"403 unknown key", fault(403, "InvalidAccessKeyId"), objstore.ErrDenied, "denied"},
		{"400 expired token", fault(400, "ExpiredToken"), objstore.ErrDenied, "denied"},
		{"404 bucket", fault(404, "NoSuchBucket"), objstore.ErrNoBucket, "no_bucket"},
		{"409", fault(409, "ConditionalRequestConflict"), nil, "other"},
		{"429", fault(429, "TooManyRequests"), objstore.ErrThrottled, "throttled"},
		{"500", fault(500, "InternalError"), nil, "other"},
		{"501", fault(501, "NotImplemented"), nil, "other"},
		{"503", fault(503, "SlowDown"), objstore.ErrThrottled, "throttled"},
		{"502 of a proxy", content502, nil, "other"},
		{"clock skew", fault(403, "RequestTimeTooSkewed"), objstore.ErrClockSkew, "clock_skew"},
		{"bytes changed on the way", fault(400, "BadDigest"), objstore.ErrChecksum, "checksum"},
		{"no answer", drop, nil, "network"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv, store := serve(t, false, tt.handler, status(200))
			body := objstore.BytesBody([]byte("body"))
			_, err := store.Put(t.Context(), "k", body, objstore.PutOptions{})
			require.Error(t, err)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
			require.Len(t, srv.seen(), 1, "one attempt per call")
			assert.True(t, objstore.Retryable(err))
			assert.Equal(t, tt.reason, objstore.Reason(err), "%v", err)
			assert.NotContains(t, err.Error(), "s3test-secret")

			res, err := store.Put(t.Context(), "k", body, objstore.PutOptions{})
			require.NoError(t, err)
			assert.False(t, res.Existed)
			assert.Equal(t, "body", string(srv.seen()[1].body), "the body is sent from its start")
		})
	}
}

func content502(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(502)
	_, _ = io.WriteString(w, "<html>Bad Gateway")
}

// A wrong clock of ours mends itself: the SDK learns the difference from the refusal.
func TestS3ClockSkew(t *testing.T) {
	ahead := time.Now().Add(3 * time.Hour).UTC()
	srv, store := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", ahead.Format(http.TimeFormat))
		fault(403, "RequestTimeTooSkewed")(w, r)
	}, status(200))
	_, err := store.Put(t.Context(), "k", objstore.BytesBody(nil), objstore.PutOptions{})
	require.ErrorIs(t, err, objstore.ErrClockSkew)
	_, err = store.Put(t.Context(), "k", objstore.BytesBody(nil), objstore.PutOptions{})
	require.NoError(t, err)
	sent, err := time.Parse("20060102T150405Z", srv.seen()[1].header.Get("X-Amz-Date"))
	require.NoError(t, err)
	assert.WithinDuration(t, ahead, sent, time.Minute)
}

func TestS3Hang(t *testing.T) {
	release := make(chan struct{})
	_, store := serve(t, false, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := store.Put(ctx, "k", objstore.BytesBody([]byte("body")), objstore.PutOptions{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.True(t, objstore.Retryable(err))
	assert.Equal(t, "timeout", objstore.Reason(err))
}

// TestS3Exists is every way in which 412 can turn out.
func TestS3Exists(t *testing.T) {
	const mine = "mine"
	exists := fault(412, "PreconditionFailed")
	tests := []struct {
		name     string
		handlers []http.HandlerFunc
		existed  bool
		is       error
		retry    bool
	}{
		{"ours, after a lost answer", []http.HandlerFunc{exists, head(4, b64sum(mine))}, true, nil, false},
		{"other bytes of the same size", []http.HandlerFunc{exists, head(4, b64sum("your"))}, false, objstore.ErrConflict, false},
		{"other size", []http.HandlerFunc{exists, head(5, "")}, false, objstore.ErrConflict, false},
		{"no checksum, same bytes", []http.HandlerFunc{exists, head(4, ""), content(mine)}, true, nil, false},
		{"no checksum, other bytes", []http.HandlerFunc{exists, head(4, ""), content("your")}, false, objstore.ErrConflict, false},
		{"checksum over parts", []http.HandlerFunc{exists, head(4, b64sum("x")+"-2", "X-Amz-Checksum-Type", "COMPOSITE"), content(mine)}, true, nil, false},
		{"garbled checksum", []http.HandlerFunc{exists, head(4, "AAAA"), content(mine)}, true, nil, false},
		{"may not look", []http.HandlerFunc{exists, status(403)}, false, objstore.ErrDenied, true},
		{"gone again", []http.HandlerFunc{exists, status(404)}, false, nil, true},
		// net/http itself repeats a HEAD or GET whose kept-alive connection turns out dead; a PUT never.
		{"server dies", []http.HandlerFunc{exists, drop, drop}, false, nil, true},
		{"server dies while read", []http.HandlerFunc{exists, head(4, ""), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4")
			_, _ = io.WriteString(w, "mi")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}}, false, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv, store := serve(t, false, tt.handlers...)
			res, err := store.Put(t.Context(), "k", objstore.BytesBody([]byte(mine)), objstore.PutOptions{})
			assert.Equal(t, tt.existed, res.Existed)
			require.Equal(t, tt.existed, err == nil, "%v", err)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
			require.NotErrorIs(t, err, objstore.ErrNotFound, "that is no answer to a Put")
			assert.Equal(t, tt.retry, objstore.Retryable(err))
			require.Len(t, srv.seen(), len(tt.handlers))
			assert.Equal(t, "ENABLED", srv.seen()[1].header.Get("X-Amz-Checksum-Mode"))
			assert.Equal(t, "/bucket/some/prefix/k", srv.seen()[1].path, "the prefix once")
		})
	}
}

// A server that stores the object and dies before it answers: the retry finds it.
func TestS3LostAnswer(t *testing.T) {
	_, store := serve(t, false, drop, fault(412, "PreconditionFailed"),
		head(4, b64sum("mine"), "X-Amz-Object-Lock-Mode", "GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date", "2126-01-02T03:04:05Z"))
	body := objstore.BytesBody([]byte("mine"))
	_, err := store.Put(t.Context(), "k", body, objstore.PutOptions{})
	require.True(t, objstore.Retryable(err))
	res, err := store.Put(t.Context(), "k", body, objstore.PutOptions{})
	require.NoError(t, err)
	assert.True(t, res.Existed)
	assert.Equal(t, objstore.LockGovernance, res.Info.LockMode)
	assert.Equal(t, 2126, res.Info.RetainUntil.Year())
	assert.Equal(t, body.SHA256, res.Info.SHA256)
}

// The server resets the connection while the body is being sent.
func TestS3ResetInMidBody(t *testing.T) {
	s3test.Setenv(t)
	var hits atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hits.Add(1) == 1 {
			_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
			panic(http.ErrAbortHandler)
		}
		n, _ := io.Copy(io.Discard, r.Body)
		assert.EqualValues(t, 8<<20, n)
	}))
	t.Cleanup(srv.Close)
	store := open(t, "s3://bucket?endpoint="+srv.URL)
	body := objstore.BytesBody(make([]byte, 8<<20))
	_, err := store.Put(t.Context(), "k", body, objstore.PutOptions{})
	require.Error(t, err)
	require.True(t, objstore.Retryable(err))
	_, err = store.Put(t.Context(), "k", body, objstore.PutOptions{})
	require.NoError(t, err)
}

// Bytes that changed in the bucket don't reach the reader unnoticed when the server knows their checksum.
func TestS3GetChecksBytes(t *testing.T) {
	_, store := serve(t, false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Checksum-Sha256", b64sum("right"))
		_, _ = io.WriteString(w, "wrong")
	})
	r, err := store.Get(t.Context(), "k")
	require.NoError(t, err)
	_, err = io.ReadAll(r)
	require.Error(t, err)
	require.NoError(t, r.Close())
}

func TestS3NotFound(t *testing.T) {
	_, store := serve(t, false, fault(404, "NoSuchKey"), fault(404, "NoSuchBucket"), status(404), fault(403, "AccessDenied"))
	for _, want := range []error{objstore.ErrNotFound, objstore.ErrNoBucket} {
		_, err := store.Get(t.Context(), "k")
		require.ErrorIs(t, err, want)
	}
	for _, want := range []error{objstore.ErrNotFound, objstore.ErrDenied} {
		_, err := store.Stat(t.Context(), "k")
		require.ErrorIs(t, err, want)
	}
}

func page(next string, keys ...string) http.HandlerFunc {
	var b strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&b, "<Contents><Key>%s</Key><Size>1</Size><LastModified>2026-11-21T00:00:00Z</LastModified></Contents>", key)
	}
	if next != "" {
		fmt.Fprintf(&b, "<IsTruncated>true</IsTruncated><NextContinuationToken>%s</NextContinuationToken>", next)
	}
	return content("<ListBucketResult>" + b.String() + "</ListBucketResult>")
}

func TestS3List(t *testing.T) {
	t.Run("pages", func(t *testing.T) {
		srv, store := serve(t, false, page("more", "some/prefix/a/", "some/prefix/a/1", "some/prefix/a/2"), page("", "some/prefix/a/3"))
		assert.Equal(t, []string{"a/1", "a/2", "a/3"}, objstoretest.Keys(t, store, "a", "a"))
		first, err := url.Parse(srv.seen()[0].path)
		require.NoError(t, err)
		assert.Equal(t, "some/prefix/a", first.Query().Get("prefix"))
		assert.Equal(t, "some/prefix/a", first.Query().Get("start-after"))
		assert.Contains(t, srv.seen()[1].path, "continuation-token=more")
	})
	for name, handlers := range map[string][]http.HandlerFunc{
		"error on page two":     {page("more", "some/prefix/a"), fault(500, "InternalError")},
		"out of order":          {page("", "some/prefix/a", "some/prefix/c", "some/prefix/b")},
		"out of order by pages": {page("more", "some/prefix/a", "some/prefix/c"), page("", "some/prefix/b")},
		"twice the same":        {page("", "some/prefix/a", "some/prefix/a")},
		"outside the prefix":    {page("", "some/prefix/a", "some/prefixes/b")},
	} {
		t.Run(name, func(t *testing.T) {
			_, store := serve(t, false, handlers...)
			var last error
			n := 0
			for info, err := range store.List(t.Context(), "", "") {
				n++
				require.NoError(t, last, "an error ends the listing")
				if last = err; err != nil {
					assert.Zero(t, info)
				}
			}
			require.Error(t, last)
			assert.GreaterOrEqual(t, n, 2, "what came before is yielded")
		})
	}
}

func TestS3Check(t *testing.T) {
	moved := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
		w.WriteHeader(301)
	}
	locked := content("<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>")
	lock := objstore.Requirements{Write: true, LockMode: objstore.LockCompliance}
	tests := []struct {
		name     string
		want     objstore.Requirements
		handlers []http.HandlerFunc
		is       error
		says     string // in the error, or in the line when is is nil
	}{
		{"no bucket", objstore.Requirements{}, []http.HandlerFunc{status(404)}, objstore.ErrNoBucket, "s3://bucket/some/prefix"},
		{"no permission", objstore.Requirements{}, []http.HandlerFunc{status(403)}, objstore.ErrDenied, "s3:ListBucket"},
		{"no lock", lock, []http.HandlerFunc{status(200), fault(404, "ObjectLockConfigurationNotFoundError")}, objstore.ErrUnsupported, "without Object Lock"},
		{"lock off", lock, []http.HandlerFunc{status(200), content("<ObjectLockConfiguration/>")}, objstore.ErrUnsupported, "is off"},
		{"lock unseen", lock, []http.HandlerFunc{status(200), fault(403, "AccessDenied")}, objstore.ErrDenied, "s3:GetBucketObjectLockConfiguration"},
		{"unknown lock", objstore.Requirements{LockMode: "legal"}, nil, objstore.ErrUnsupported, "legal"},
		{"locked", lock, []http.HandlerFunc{status(200), locked}, nil, "object lock compliance"},
		{"plain", objstore.Requirements{Write: true}, []http.HandlerFunc{status(200)}, nil, "not asked for"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, store := serve(t, false, tt.handlers...)
			line, err := store.Check(t.Context(), tt.want)
			if tt.is == nil {
				require.NoError(t, err)
				assert.Contains(t, line, tt.says)
				return
			}
			require.ErrorIs(t, err, tt.is)
			assert.ErrorContains(t, err, tt.says)
			require.NotErrorIs(t, err, objstore.ErrNotFound)
		})
	}
	t.Run("other region", func(t *testing.T) {
		_, store := serve(t, false, moved)
		_, err := store.Check(t.Context(), objstore.Requirements{})
		require.ErrorContains(t, err, "eu-central-1")
	})
}
