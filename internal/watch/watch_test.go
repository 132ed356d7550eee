package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/anomaly"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var started = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

func alertOf(n int) Alert {
	return ofAlertTest(n, "agent-1")
}

func ofAlertTest(n int, agent string) Alert {
	f := &anomaly.Finding{
		Fingerprint: fingerprint("test", fmt.Sprint(n)), Rule: "loop", Severity: anomaly.Medium, Agent: agent, Session: "s-1", Seen: "the same call 8 times",
		Baseline: "fewer than 5", EventIDs: []string{"e-1", "e-2"}, Events: 2, FirstAt: started, LastAt: started,
	}
	return ofAnomaly(f, "file:///bucket")
}

// fakeAlertmanager checks what it gets as the real one does, and keeps it.
type fakeAlertmanager struct {
	*httptest.Server

	t *testing.T

	mu       sync.Mutex
	got      []posted
	requests int
	answer   func(request int, alerts []posted) int // status; nil is 200
}

func newFake(t *testing.T, start func(http.Handler) *httptest.Server) *fakeAlertmanager {
	t.Helper()
	f := &fakeAlertmanager{t: t}
	f.Server = start(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeAlertmanager) serve(w http.ResponseWriter, r *http.Request) {
	var alerts []posted
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	assert.NoError(f.t, d.Decode(&alerts))
	assert.Equal(f.t, http.MethodPost, r.Method)
	assert.Equal(f.t, "/api/v2/alerts", r.URL.Path)
	assert.Equal(f.t, "application/json", r.Header.Get("Content-Type"))
	for _, a := range alerts {
		assert.NotEmpty(f.t, a.Labels["alertname"])
		assert.True(f.t, a.EndsAt.After(a.StartsAt))
		for name, value := range a.Labels {
			assert.NotEmpty(f.t, value, name)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests++
	status := http.StatusOK
	if f.answer != nil {
		status = f.answer(f.requests, alerts)
	}
	if status == http.StatusOK {
		f.got = append(f.got, alerts...)
	}
	w.WriteHeader(status)
}

// received returns how often each fingerprint came.
func (f *fakeAlertmanager) received() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := map[string]int{}
	for _, a := range f.got {
		n[a.Labels["fingerprint"]]++
	}
	return n
}

func (f *fakeAlertmanager) receiver(o AlertmanagerOptions) *Alertmanager {
	f.t.Helper()
	if o.URL == "" {
		o.URL = f.URL
	}
	a, err := NewAlertmanager(o)
	require.NoError(f.t, err)
	f.t.Cleanup(a.Close)
	return a
}

// notes collects errors.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) add(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, err.Error())
}

func (n *notes) text() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.list, "\n")
}

// options are those of a watcher that finds so many alerts at each look.
func options(found func() []Alert, state string, n *notes, to ...Receiver) Options {
	return Options{
		Look:      func(context.Context, time.Time) ([]Alert, error) { return found(), nil },
		Bucket:    "file:///bucket",
		Receivers: to, StateFile: state, Every: 5 * time.Millisecond, RetryMin: time.Millisecond, RetryMax: 4 * time.Millisecond, OnError: n.add,
	}
}

func some(count int) func() []Alert {
	return func() (list []Alert) {
		for i := range count {
			list = append(list, alertOf(i))
		}
		return list
	}
}

// runUntil runs a watcher until done says so.
func runUntil(t *testing.T, o Options, done func() bool) {
	t.Helper()
	w, err := New(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	require.Eventually(t, done, 10*time.Second, time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
}

func TestEachFindingIsToldOnce(t *testing.T) {
	fake := newFake(t, httptest.NewServer)
	state, n := filepath.Join(t.TempDir(), "state"), &notes{}
	var looks int
	found := func() []Alert { looks++; return some(250)() }
	runUntil(t, options(found, state, n, fake.receiver(AlertmanagerOptions{})), func() bool { return len(fake.received()) == 250 })
	before := looks
	// A restart, and many more looks.
	runUntil(t, options(func() []Alert { looks++; return append(some(250)(), alertOf(999)) }, state, n, fake.receiver(AlertmanagerOptions{})),
		func() bool { return len(fake.received()) == 251 })
	assert.Greater(t, looks, before)
	for print, times := range fake.received() {
		assert.Equal(t, 1, times, print)
	}
	assert.Empty(t, n.text())
	a := fake.got[0]
	assert.Equal(t, map[string]string{
		"alertname": "agentaudit_anomaly", "rule": "loop", "severity": "medium", "bucket": "file:///bucket", "agent": "agent-1", "fingerprint": alertOf(0).Fingerprint,
	}, a.Labels)
	assert.Equal(t, "e-1 e-2", a.Annotations["event_ids"])
	assert.Equal(t, started, a.StartsAt)
}

func TestRetriedUntilDelivered(t *testing.T) {
	fake := newFake(t, httptest.NewServer)
	fake.answer = func(request int, _ []posted) int {
		return map[bool]int{true: http.StatusServiceUnavailable, false: http.StatusOK}[request <= 7]
	}
	n := &notes{}
	runUntil(t, options(some(3), filepath.Join(t.TempDir(), "state"), n, fake.receiver(AlertmanagerOptions{})), func() bool { return len(fake.received()) == 3 })
	assert.Equal(t, 7, strings.Count(n.text(), "answered with status 503"))
	assert.Equal(t, 8, fake.requests)
}

// TestWaitsOverARestart: the receiver is away, the watcher is stopped, the finding is over; the next watcher tells it.
func TestWaitsOverARestart(t *testing.T) {
	fake := newFake(t, httptest.NewServer)
	var open bool
	fake.answer = func(int, []posted) int {
		return map[bool]int{false: http.StatusBadGateway, true: http.StatusOK}[open]
	}
	state, n := filepath.Join(t.TempDir(), "state"), &notes{}
	requests := func() int {
		fake.mu.Lock()
		defer fake.mu.Unlock()
		return fake.requests
	}
	runUntil(t, options(some(2), state, n, fake.receiver(AlertmanagerOptions{})), func() bool { return requests() > 3 })
	fake.mu.Lock()
	open = true
	fake.mu.Unlock()
	runUntil(t, options(some(0), state, n, fake.receiver(AlertmanagerOptions{})), func() bool { return len(fake.received()) == 2 })
}

// TestOneBadAlertHoldsUpNoOthers: what the receiver refuses is given up, alone and aloud.
func TestOneBadAlertHoldsUpNoOthers(t *testing.T) {
	fake := newFake(t, httptest.NewServer)
	bad := alertOf(2).Fingerprint
	fake.answer = func(_ int, alerts []posted) int {
		for _, a := range alerts {
			if a.Labels["fingerprint"] == bad {
				return http.StatusBadRequest
			}
		}
		return http.StatusOK
	}
	n := &notes{}
	runUntil(t, options(some(5), "", n, fake.receiver(AlertmanagerOptions{})), func() bool { return len(fake.received()) == 4 })
	assert.Contains(t, n.text(), "alert "+bad+" is given up: refused with status 400")
}

func TestTheQueueIsBounded(t *testing.T) {
	fake := newFake(t, httptest.NewServer)
	n := &notes{}
	o := options(some(10), "", n, fake.receiver(AlertmanagerOptions{}))
	o.MaxPending = 4
	runUntil(t, o, func() bool { return len(fake.received()) == 10 }) // what was left is found again by later looks
	assert.Contains(t, n.text(), "4 alerts wait already, so 6 new findings were left for a later look")
	for print, times := range fake.received() {
		assert.Equal(t, 1, times, print)
	}
}

func TestALookThatFails(t *testing.T) {
	fake := newFake(t, httptest.NewServer)
	n := &notes{}
	o := options(some(0), "", n, fake.receiver(AlertmanagerOptions{}))
	o.Look = func(context.Context, time.Time) ([]Alert, error) { return nil, errors.New("no such bucket") }
	runUntil(t, o, func() bool { return len(fake.received()) == 1 })
	assert.GreaterOrEqual(t, strings.Count(n.text(), "look: no such bucket"), 3)
	assert.Equal(t, "look_failed", fake.got[0].Labels["rule"])
}

func TestForgottenAfterAWhile(t *testing.T) {
	now := started
	o := options(some(1), "", &notes{})
	o.Now = func() time.Time { return now }
	o.Forget = time.Hour
	w, err := New(o)
	require.NoError(t, err)
	look := func(after time.Duration, found int) int {
		now = now.Add(after)
		w.opts.Look = func(context.Context, time.Time) ([]Alert, error) { return some(found)(), nil }
		fresh, err := w.look(t.Context())
		require.NoError(t, err)
		return len(fresh)
	}
	assert.Equal(t, 1, look(0, 1))
	assert.Equal(t, 0, look(50*time.Minute, 1))
	assert.Equal(t, 0, look(50*time.Minute, 1), "it was seen in between")
	assert.Equal(t, 0, look(61*time.Minute, 0))
	assert.Equal(t, 1, look(time.Minute, 1))
}

func TestOnce(t *testing.T) {
	fake := newFake(t, httptest.NewServer)
	state, n := filepath.Join(t.TempDir(), "state"), &notes{}
	once := func(o Options) (int, int, error) {
		w, err := New(o)
		require.NoError(t, err)
		fresh, waiting, err := w.Once(t.Context(), 50*time.Millisecond)
		return len(fresh), waiting, err
	}
	fresh, waiting, err := once(options(some(2), state, n, fake.receiver(AlertmanagerOptions{})))
	require.NoError(t, err)
	assert.Equal(t, []int{2, 0}, []int{fresh, waiting})
	fresh, _, err = once(options(some(2), state, n, fake.receiver(AlertmanagerOptions{})))
	require.NoError(t, err)
	assert.Zero(t, fresh)
	fake.Close()
	fresh, waiting, err = once(options(some(3), state, n, fake.receiver(AlertmanagerOptions{})))
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1}, []int{fresh, waiting})
	o := options(some(0), "", n)
	o.Look = func(context.Context, time.Time) ([]Alert, error) { return nil, errors.New("away") }
	_, _, err = once(o)
	require.ErrorIs(t, err, ErrLook)
}

func TestBadStateFile(t *testing.T) {
	for _, text := range []string{"nonsense", "", `{"schema":"other"}`, `{"schema":"agentaudit/watch/v1","what":1}`} {
		file := filepath.Join(t.TempDir(), "state")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := New(options(some(0), file, &notes{}))
		assert.ErrorContains(t, err, "state file", text)
	}
	_, err := New(options(some(0), filepath.Join(t.TempDir(), "no", "such", "folder"), &notes{}))
	require.Error(t, err)
}
