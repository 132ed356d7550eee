package e2e

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
)

// tierDays are the default retentions.
var tierDays = map[string]int{"debug": 7, "info": 30, "compliance": 365, "critical": 730}

// TestObjectLock has the bucket keep each object until its tier expires, whatever its owner's programs do.
func TestObjectLock(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{Locked: []string{"audit"}})
	c := startCollector(t, setup{bucket: server.URL("audit", "p"), config: []string{exporterKey + "object_lock::mode: governance"}})
	began := time.Now()
	run(t, "replay", "--shift", "now", "--endpoint", "http://"+c.http.Load().(string),
		root(t, "testdata", "demo", "1-travel.traces.jsonl"), root(t, "testdata", "demo", "2-billing.traces.jsonl"))
	c.stop()
	w := readWorld(t, c.bucket)

	ctx, client, tiers := t.Context(), owner(server), map[string]bool{}
	store := openStore(t, c.bucket)
	defer store.Close()
	for key := range w.objects {
		segment, err := layout.ParseSegment(key)
		require.NoError(t, err)
		tiers[segment.Tier] = true
		info, err := store.Stat(ctx, key)
		require.NoError(t, err)
		assert.Equal(t, objstore.LockGovernance, info.LockMode, "%s", key)
		// Counted from the end of the day on which it was ingested.
		least, most := began.AddDate(0, 0, tierDays[segment.Tier]), time.Now().AddDate(0, 0, tierDays[segment.Tier]+1)
		assert.True(t, info.RetainUntil.After(least) && !info.RetainUntil.After(most), "%s is kept until %s, not from %s to %s", key, info.RetainUntil, least, most)

		err = server.DeleteVersions("audit", "p/"+key)
		assert.ErrorContains(t, err, "AccessDenied", "%s", key)
		_, err = client.PutObjectRetention(ctx, &s3.PutObjectRetentionInput{
			Bucket: aws.String("audit"), Key: aws.String("p/" + key),
			Retention: &types.ObjectLockRetention{Mode: types.ObjectLockRetentionModeGovernance, RetainUntilDate: aws.Time(time.Now().Add(time.Minute))},
		})
		assert.Error(t, err, "%s: a lock can't be shortened", key)
	}
	assert.Equal(t, []string{"compliance", "critical", "debug", "info"}, keys(tiers))
	assert.Len(t, readWorld(t, c.bucket).events, len(w.events), "all is still there")
}

// TestLockNeedsABucketThatLocks refuses to start rather than to keep what can be deleted.
func TestLockNeedsABucketThatLocks(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{Buckets: []string{"plain"}})
	code, output := collect(t, []string{"AGENTAUDIT_BUCKET=" + server.URL("plain", ""), "AGENTAUDIT_HEALTH=127.0.0.1:0", "AGENTAUDIT_METRICS_PORT=0"},
		"--config", root(t, "config.yaml"), "--config", "yaml:"+exporterKey+"object_lock::mode: compliance")
	assert.Equal(t, 1, code)
	for _, text := range []string{`"object_lock.mode"`, `"compliance"`, `"bucket"`} {
		assert.Contains(t, tail(output, 1), text)
	}
}
