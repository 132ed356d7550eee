package faultproxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

// net/http lets a connection that it closes linger for half a second, by a sleep that nothing ends.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

func start(t *testing.T, target string, o Options) *Proxy {
	t.Helper()
	p, err := Start(target, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// first has a fault befall the first request that puts, and nothing else.
func first(fault Fault) Plan {
	var done atomic.Bool
	return Plan{Decide: func(r *http.Request) Fault {
		if r.Method == http.MethodPut && done.CompareAndSwap(false, true) {
			return fault
		}
		return None
	}}
}

// TestFaults has each fault befall a put of the S3 store, and then tries again: what the client is told, whether the
// object is there all the same, and that the second attempt ends well.
func TestFaults(t *testing.T) {
	server := s3test.Start(t, s3test.Options{Buckets: []string{"faults"}})
	s3test.Setenv(t)
	direct, err := objstore.Open(t.Context(), server.URL("faults", ""))
	require.NoError(t, err)
	defer func() { require.NoError(t, direct.Close()) }()
	reached := map[Fault]bool{ResetAnswer: true, LostAnswer: true, HangAnswer: true}
	named := map[Fault]error{
		Denied: objstore.ErrDenied, Skewed: objstore.ErrClockSkew, TooMany: objstore.ErrThrottled, SlowDown: objstore.ErrThrottled,
		Hang: context.DeadlineExceeded, HangAnswer: context.DeadlineExceeded,
	}
	for _, fault := range All() {
		t.Run(string(fault), func(t *testing.T) {
			p := start(t, server.Endpoint(), Options{Plan: first(fault)})
			s, err := objstore.Open(t.Context(), strings.ReplaceAll(server.URL("faults", ""), escaped(server.Endpoint()), escaped(p.URL())))
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()
			body := objstore.BytesBody([]byte(strings.Repeat("line of "+string(fault)+"\n", 10_000)))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err = s.Put(ctx, string(fault), body, objstore.PutOptions{})
			require.Error(t, err)
			assert.True(t, objstore.Retryable(err), "%v", err)
			if want := named[fault]; want != nil {
				require.ErrorIs(t, err, want)
			}
			_, there := direct.Stat(t.Context(), string(fault))
			if reached[fault] {
				require.NoError(t, there, "it was done, and only the answer is missing")
			} else {
				require.ErrorIs(t, there, objstore.ErrNotFound)
			}
			result, err := s.Put(t.Context(), string(fault), body, objstore.PutOptions{})
			require.NoError(t, err)
			assert.Equal(t, reached[fault], result.Existed)
			faults, _ := p.Counts()
			assert.Equal(t, map[Fault]int64{fault: 1}, faults)
		})
	}
}

func escaped(url string) string { return strings.NewReplacer(":", "%3A", "/", "%2F").Replace(url) }

// echo answers with what it was sent.
func echo(t *testing.T) string {
	t.Helper()
	p := start(t, "http://unused", Options{})
	p.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Saw", r.Method+" "+r.Host+" "+r.URL.EscapedPath()+"?"+r.URL.RawQuery)
		w.Header().Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
		_, _ = io.Copy(w, r.Body)
	})
	return p.URL()
}

func TestPassesUnchanged(t *testing.T) {
	p := start(t, echo(t), Options{Latency: 20 * time.Millisecond})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for path, body := range map[string]string{"/a%2Fb/c%20d/e+f?x=%2F&y": "text", "/": "", "/~-_.!?list-type=2": strings.Repeat("x", 3<<20)} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, p.URL()+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Host = "signed.example"
		began := time.Now()
		resp, err := client.Do(req)
		require.NoError(t, err)
		got, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, body, string(got))
		query := ""
		if !strings.Contains(path, "?") {
			query = "?"
		}
		assert.Equal(t, "PUT signed.example "+path+query, resp.Header.Get("X-Saw"))
		assert.GreaterOrEqual(t, time.Since(began), 20*time.Millisecond)
	}
}

// TestResetOfAnswer cuts a download in the middle.
func TestResetOfAnswer(t *testing.T) {
	p := start(t, echo(t), Options{Plan: Plan{Rates: map[Fault]float64{ResetAnswer: 1}}})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL(), strings.NewReader(strings.Repeat("x", 1<<20)))
	require.NoError(t, err)
	resp, err := client.Do(req)
	if err == nil {
		assert.EqualValues(t, 1<<20, resp.ContentLength)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, resp.Body.Close())
	}
	assert.True(t, errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.ErrUnexpectedEOF), "%v", err)
}

func TestSeedDecides(t *testing.T) {
	sequence := func(seed uint64) (faults []Fault) {
		p := start(t, "http://unused", Options{Seed: seed, Plan: Plan{Rates: Evenly(0.5)}})
		for range 1000 {
			fault, _ := p.decide(nil)
			faults = append(faults, fault)
		}
		return faults
	}
	one := sequence(1)
	assert.Equal(t, one, sequence(1))
	assert.NotEqual(t, one, sequence(2))
	seen := map[Fault]int{}
	for _, f := range one {
		seen[f]++
	}
	assert.Len(t, seen, len(All())+1)
	assert.InDelta(t, 500, seen[None], 60)
}

func TestPlanIsChecked(t *testing.T) {
	p := start(t, "http://unused", Options{})
	for _, rates := range []map[Fault]float64{{"404": 0.1}, {Denied: -1}, {Denied: 0.6, Hang: 0.6}} {
		require.Error(t, p.Set(Plan{Rates: rates}))
		_, err := Start("http://unused", Options{Plan: Plan{Rates: rates}})
		require.Error(t, err)
	}
	require.NoError(t, p.Set(Plan{Rates: Evenly(1)}))
}
