package verify

import (
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/test/faultproxy"
)

// BenchmarkS3 verifies locked objects on versitygw, through a proxy that makes each request take 50 ms longer. cpu-s is the processor time of
// client and proxy together; the server's comes on top.
func BenchmarkS3(b *testing.B) {
	for _, objects := range []int{5_000, 50_000} {
		b.Run(strconv.Itoa(objects), func(b *testing.B) { benchmarkS3(b, objects) })
	}
}

func benchmarkS3(b *testing.B, objects int) {
	const perSeal, latency = 5, 50 * time.Millisecond
	w := newWriter(newMemory(), rand.New(rand.NewPCG(1, 1)), "w")
	w.lock, w.beat, w.pack, w.now = objstore.LockGovernance, 240*time.Hour, layout.None, time.Now().UTC()
	w.start()
	for range objects / perSeal {
		var lines []line
		for i := range perSeal {
			lines = append(lines, line{tier: event.Tiers[i%4], at: w.now.AddDate(0, 0, -i/4), text: "1"})
		}
		w.sealLines(lines, 1)
		w.now = w.now.Add(time.Millisecond)
	}
	w.closing()

	s3test.Setenv(b)
	server := s3test.Start(b, s3test.Options{Locked: []string{"audit"}})
	direct, err := objstore.Open(b.Context(), server.URL("audit", ""))
	require.NoError(b, err)
	defer direct.Close()
	var group errgroup.Group
	group.SetLimit(32)
	for _, key := range slices.Sorted(maps.Keys(w.store.files)) {
		opts := objstore.PutOptions{LockMode: w.lock, RetainUntil: w.store.info[key].RetainUntil}
		if opts.RetainUntil.IsZero() || strings.HasSuffix(key, "/"+pathPointer) {
			opts = objstore.PutOptions{}
		}
		group.Go(func() error {
			_, err := direct.Put(b.Context(), key, objstore.BytesBody(w.store.files[key]), opts)
			return err
		})
	}
	require.NoError(b, group.Wait())

	proxy, err := faultproxy.Start(server.Endpoint(), faultproxy.Options{Latency: latency})
	require.NoError(b, err)
	defer proxy.Close()
	store, err := objstore.Open(b.Context(), "s3://audit?endpoint="+url.QueryEscape(proxy.URL()))
	require.NoError(b, err)
	defer store.Close()
	b.Logf("%d files are there, %v", len(w.store.files), store)
	for b.Loop() {
		_, before := proxy.Counts()
		start, busy := time.Now(), processorTime()
		rep, err := Run(b.Context(), store, Options{Parallel: 128, CheckLocks: true, CheckVersions: true, Now: w.now})
		require.NoError(b, err)
		require.Empty(b, rep.Findings)
		require.EqualValues(b, objects, rep.Objects)
		_, after := proxy.Counts()
		b.ReportMetric(time.Since(start).Seconds(), "s")
		b.ReportMetric((processorTime() - busy).Seconds(), "cpu-s")
		b.ReportMetric(float64(after-before), "requests")
	}
}

// processorTime is what this process has used, in user and system mode.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
