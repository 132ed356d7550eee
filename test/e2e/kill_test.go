package e2e

import (
	"math/rand/v2"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/internal/trail"
	"github.com/agentaudit/agentaudit/test/load"
)

const (
	kills     = 10
	batchSize = 100
)

// TestKillNine is the first promise: whatever was acknowledged is in the bucket, once, although the collector is
// killed again and again at full load.
func TestKillNine(t *testing.T) {
	spans := 200_000
	if testing.Short() {
		spans = 20_000
	}
	c := newCollector(t, setup{env: map[string]string{"AGENTAUDIT_SEAL_AGE": "150ms"}})
	objects := watch(t, filepath.Join(c.dir, "bucket"))
	killedUnderLoad(t, c, spans)
	t.Logf("%d objects, none of them written twice", objects.finish())
}

// TestKillNineS3 is the same against a real S3 server, which keeps every version of an object.
func TestKillNineS3(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{Locked: []string{"audit"}}) // locking comes with versions
	c := newCollector(t, setup{
		bucket: server.URL("audit", "trail"),
		env:    map[string]string{"AGENTAUDIT_SEAL_AGE": "150ms"},
	})
	w := killedUnderLoad(t, c, 20_000)
	assert.Equal(t, len(w.objects)+len(w.trail), checkVersions(t, server, "audit"))
}

// killedUnderLoad sends that many spans, kills and restarts the collector meanwhile, and checks the bucket.
func killedUnderLoad(t *testing.T, c *collector, spans int) *world {
	t.Helper()
	// Two UTC days, so that a seal makes several objects.
	g := load.New(load.Options{SpanBytes: 800, Start: time.Date(2026, 3, 1, 23, 58, 0, 0, time.UTC)})
	f := &fleet{t: t, load: g, spans: batchSize, batches: uint64(spans / batchSize)} //nolint:gosec // positive
	began := time.Now()
	c.start()
	f.start(c, newHTTP, newGRPC, newHTTP, newGRPC)
	for k := range kills {
		// Somewhere in the k-th part of the work, and up to 100 ms more: an instant that is in no step with the batches.
		at := f.batches * (uint64(k)*100 + rand.Uint64N(100)) / (kills * 100)
		eventually(t, time.Minute, "progress", func() bool { return f.acked.Load() >= at || t.Failed() })
		time.Sleep(rand.N(100 * time.Millisecond))
		if k%3 == 2 { // in the midst of its start, too
			c.kill()
			c.launch()
			time.Sleep(rand.N(150 * time.Millisecond))
		}
		c.kill()
		c.start()
	}
	f.wait()
	sent := time.Since(began)
	c.stop()
	journalIsEmpty(t, c.journal)
	w := (&world{}).read(t, c.bucket)
	assert.Equal(t, w.holds(g, batchSize, f.done), w.distinct(), "events, each counted once")
	require.Len(t, w.seqs, 1, "writers")
	t.Logf("%d spans sent in %s, %d requests sent again, %d events in %d objects, %d of them in two; checked in %s", spans,
		sent.Round(time.Millisecond), f.retried.Load(), w.lines, len(w.objects), w.repeated(), (time.Since(began) - sent).Round(time.Millisecond))
	return w
}

// owner returns a client with the rights of the bucket's owner.
func owner(server *s3test.Server) *s3.Client {
	env := map[string]string{}
	for _, pair := range s3test.Env() {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return s3.New(s3.Options{
		Region: env["AWS_REGION"], BaseEndpoint: aws.String(server.Endpoint()), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], ""),
	})
}

// checkVersions checks that each object of a bucket was written once and none deleted, and returns how many there are.
func checkVersions(t *testing.T, server *s3test.Server, bucket string) int {
	t.Helper()
	versions := map[string]int{}
	pages := s3.NewListObjectVersionsPaginator(owner(server), &s3.ListObjectVersionsInput{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		assert.Empty(t, page.DeleteMarkers)
		for _, v := range page.Versions {
			versions[aws.ToString(v.Key)]++
		}
	}
	for key, n := range versions {
		if path.Base(key) != trail.PointerPath { // the one file that is there to be replaced
			assert.Equal(t, 1, n, "versions of %s", key)
		}
	}
	return len(versions)
}
