package deploy

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/objstore/objstoretest"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/trail"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// TestSegmentsExpireUnderTheirPolicy has a writer with segments.expire go through a day and the next morning, with the rights of
// writer-expire.json: the day object is made and read back, the segments go, and the auditor finds nothing missing.
func TestSegmentsExpireUnderTheirPolicy(t *testing.T) {
	srv := install(t)
	s := as(t, srv, "writer-expire")
	day := time.Now().UTC().AddDate(0, 0, -2).Truncate(24 * time.Hour)
	now := day.Add(12 * time.Hour)
	text, err := trail.GenerateKey()
	require.NoError(t, err)
	keys, err := trail.ParsePrivateKeys(text)
	require.NoError(t, err)
	signer, err := trail.NewSigner(writer, keys[0])
	require.NoError(t, err)
	log, err := trail.Open(trail.Options{
		Writer: writer, Bucket: s, State: journal.NewDurable(nil, t.TempDir(), "state"), Signers: []trail.Signer{signer}, Spool: t.TempDir(),
		Heartbeat: 24 * time.Hour, Grace: 2 * time.Hour, Remover: s.(objstore.Remover), Now: func() time.Time { return now },
		Warn: func(what string, err error) { t.Errorf("%s: %v", what, err) },
	})
	require.NoError(t, err)
	require.NoError(t, log.Start(t.Context()))
	sealer, err := seal.New(seal.Options{Spool: t.TempDir(), Compression: layout.Zstd})
	require.NoError(t, err)
	for n := range uint64(3) {
		e := &event.Event{
			ID: uuid.NewSHA1(uuid.Nil, []byte{byte(n)}).String(), Type: "agent.tool_call", Timestamp: pcommon.NewTimestampFromTime(now),
			Retention: event.Retention{Tier: "info", Days: event.IntOf(30)},
		}
		line := append(event.AppendStamp(e.AppendBody(nil), writer, n+1, now, false), '\n')
		objects, err := sealer.Seal(t.Context(), seal.Segment{Writer: writer, Seal: n + 1, Lines: bytes.NewReader(line), Size: int64(len(line))}, s)
		require.NoError(t, err)
		o := objects[0]
		require.NoError(t, log.Seal(t.Context(), trail.Seal{Seal: n + 1, FirstSeq: n + 1, LastSeq: n + 1, Lines: 1, Objects: []trail.Object{{
			Key: o.Key, Tier: o.Tier, Day: trail.Day{Date: o.Day}, Lines: 1, Bytes: o.Raw, Stored: o.Stored, SHA256: o.SHA256, Root: trail.Hash(o.Root),
			FirstSeq: n + 1, LastSeq: n + 1,
		}}}))
	}
	require.Len(t, objstoretest.Keys(t, s, "events/", ""), 3)
	now = day.Add(27 * time.Hour)
	require.NoError(t, log.Tick(t.Context()))
	require.NoError(t, log.Close(t.Context()))
	assert.Empty(t, objstoretest.Keys(t, s, "events/", ""))
	assert.EqualValues(t, 3, log.Stats().Expired)

	report, err := verify.Run(t.Context(), as(t, srv, "auditor"), verify.Options{CheckLocks: true, CheckVersions: true})
	require.NoError(t, err)
	assert.Empty(t, report.Findings)
	assert.EqualValues(t, 3, report.Lines, "read from the day object")
}
