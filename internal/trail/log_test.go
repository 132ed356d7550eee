package trail

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

func kinds(entries []*Entry) (kinds []string) {
	for _, e := range entries {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestLifeOfALog(t *testing.T) {
	w := newWorld(t)
	w.mode = objstore.LockCompliance
	l := w.open()
	require.NoError(t, l.Start(t.Context()))
	l.Count("duplicate", 3)
	l.Count("dropped.malformed", 1)
	require.NoError(t, l.Seal(t.Context(), w.seal(1, noon, "a", "b")))
	w.now = w.now.Add(time.Minute)
	require.NoError(t, l.Tick(t.Context()), "nothing to do")
	require.NoError(t, l.Seal(t.Context(), w.seal(1, noon, "a", "b")), "told already")
	require.NoError(t, l.Seal(t.Context(), w.seal(2, noon)))
	w.now = w.now.Add(time.Hour)
	require.NoError(t, l.Tick(t.Context()))
	w.now = time.Date(2026, 11, 22, 0, 15, 0, 0, time.UTC)
	require.NoError(t, l.Seal(t.Context(), w.seal(3, noon, "late")))
	require.NoError(t, l.Seal(t.Context(), w.seal(4, w.now, "c")))
	w.now = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	require.NoError(t, l.Tick(t.Context()))
	require.NoError(t, l.Close(t.Context()))
	require.NoError(t, l.Close(t.Context()))

	entries := w.check()
	assert.Equal(t, []string{KindStart, KindSeal, KindSeal, KindHeartbeat, KindDaily, KindSeal, KindSeal, KindRollup, KindHeartbeat, KindClosing}[:8], kinds(entries)[:8])
	assert.Equal(t, KindClosing, entries[len(entries)-1].Kind)
	assert.Equal(t, map[string]uint64{"duplicate": 3, "dropped.malformed": 1}, entries[1].Counts)
	assert.Empty(t, entries[2].Counts)
	d := entries[4].Daily
	assert.Equal(t, "2026-11-21", d.Day.String())
	assert.Equal(t, []Total{{Tier: "info", Objects: 1, Lines: 2, Bytes: 4, Stored: 4}}, d.Tiers)
	assert.False(t, entries[1].Seal.Objects[0].Late)
	assert.True(t, entries[5].Seal.Objects[0].Late)
	assert.False(t, entries[6].Seal.Objects[0].Late)
	r := entries[7].Rollup
	require.Len(t, r.Objects, 1)
	assert.Equal(t, "a\nb\nlate\n", string(w.bucket.objects["days/tier=info/date=2026-11-21/w-1.jsonl"]))
	assert.Equal(t, 2, r.Objects[0].Segments)
	for key, until := range w.bucket.locks {
		if _, err := layout.ParseTrail(key); err == nil {
			assert.False(t, until.Before(noon.AddDate(0, 0, 30)), key)
		}
	}
	assert.NotEmpty(t, w.bucket.locks)
	assert.Equal(t, w.get(CheckpointPath(uint64(len(entries)))), w.bucket.pointer["trail/w-1/checkpoint"])
}

func TestRestart(t *testing.T) {
	w := newWorld(t)
	l := w.open()
	require.NoError(t, l.Start(t.Context()))
	require.NoError(t, l.Close(t.Context()))
	l = w.open()
	require.NoError(t, l.Start(t.Context()))
	w.config = "c2"
	l = w.open()
	require.NoError(t, l.Start(t.Context()))
	entries := w.check()
	assert.Equal(t, []string{KindStart, KindClosing, KindStart, KindStart}, kinds(entries))
	assert.Equal(t, AfterNothing, entries[0].Start.After)
	assert.Equal(t, AfterClosing, entries[2].Start.After)
	assert.Equal(t, AfterCrash, entries[3].Start.After)
	assert.False(t, entries[0].ConfigChanged || entries[2].ConfigChanged)
	assert.True(t, entries[3].ConfigChanged)
}

func TestALogWithoutItsJournalIsAnAlarm(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.open().Start(t.Context()))
	w.state = &memory{}
	require.ErrorIs(t, w.open().Start(t.Context()), objstore.ErrConflict, "the journal's directory was lost")
}

func TestTwoCollectorsOfOneNameAreAnAlarm(t *testing.T) {
	a := newWorld(t)
	b := newWorld(t)
	b.bucket, b.signers = a.bucket, a.signers
	la, lb := a.open(), b.open()
	require.NoError(t, la.own(t.Context()))
	require.NoError(t, lb.own(t.Context()), "both see no log")
	require.NoError(t, la.Start(t.Context()))
	b.now = noon.Add(1)
	require.ErrorIs(t, lb.Start(t.Context()), objstore.ErrConflict)
	a.check()
}

func TestRotation(t *testing.T) {
	w := newWorld(t)
	old := w.signers[0]
	l := w.open()
	require.NoError(t, l.Start(t.Context()))
	w.signers = []Signer{newSigner(t, w.writer)}
	_, err := Open(w.options())
	require.ErrorContains(t, err, "add its private key")

	w.signers = append(w.signers, old)
	l = w.open()
	require.NoError(t, l.Start(t.Context()))
	require.NoError(t, l.Seal(t.Context(), w.seal(1, noon, "a")))
	require.NoError(t, l.Close(t.Context()))
	w.signers = w.signers[:1]
	l = w.open()
	require.NoError(t, l.Start(t.Context()))
	entries := w.check()
	assert.Equal(t, []string{KindStart, KindStart, KindRotation, KindSeal, KindClosing, KindStart}, kinds(entries))

	r := *entries[2].Rotation
	require.Error(t, r.Check(w.writer, 3), "of another place in the log")
	require.Error(t, r.Check("w-2", 2), "of another log")
	r.New = newSigner(t, w.writer).VerifierKey()
	require.Error(t, r.Check(w.writer, 2), "of another key")
}

func TestManyObjectsTakeManyEntries(t *testing.T) {
	w := newWorld(t)
	l := w.open()
	require.NoError(t, l.Start(t.Context()))
	s := w.seal(1, noon, "a", "b")
	o := s.Objects[0]
	s.Objects = nil
	for range 1000 {
		s.Objects = append(s.Objects, o)
	}
	require.NoError(t, l.Seal(t.Context(), s))
	entries := w.check()
	n := 0
	for i, e := range entries[1:] {
		assert.Equal(t, i+1, e.Seal.Part)
		assert.Equal(t, len(entries)-1, e.Seal.Parts)
		assert.Less(t, len(w.get(EntryPath(e.Index))), partBytes+4000)
		n += len(e.Seal.Objects)
	}
	assert.Equal(t, 1000, n)
	assert.Greater(t, len(entries), 10)
}

func TestWritersSeeEachOther(t *testing.T) {
	a := newWorld(t)
	b := newWorld(t)
	b.writer, b.bucket, b.signers = "w", a.bucket, []Signer{newSigner(t, "w")}
	la, lb := a.open(), b.open()
	for _, l := range []*Log{la, lb, la} {
		require.NoError(t, l.Start(t.Context()))
		require.NoError(t, l.Tick(t.Context()))
	}
	require.NoError(t, la.Seal(t.Context(), a.seal(1, noon, "a")))
	require.NoError(t, la.Seal(t.Context(), a.seal(2, noon, "a")))
	require.NoError(t, lb.Seal(t.Context(), b.seal(1, noon, "a")))
	as, bs := a.check(), b.check()
	c, err := ReadCheckpoint(b.get(CheckpointPath(1)))
	require.NoError(t, err)
	_ = as
	require.Equal(t, "w-1", bs[1].Seen[0].Writer)
	a.now = a.now.Add(5 * time.Minute)
	require.NoError(t, la.Tick(t.Context()))
	require.NoError(t, la.Seal(t.Context(), a.seal(3, noon, "a")))
	require.NoError(t, la.Seal(t.Context(), a.seal(4, noon, "a")))
	as = a.check()
	last := as[len(as)-2]
	require.Len(t, last.Seen, 1)
	assert.Equal(t, "w", last.Seen[0].Writer)
	assert.EqualValues(t, 2, last.Seen[0].Size)
	assert.NotEqual(t, Hash(c.Root), last.Seen[0].Root)
	assert.Empty(t, as[len(as)-1].Seen, "said once")
}

// A clock that jumps back makes no second entry for a day, one that jumps forward no days between.
func TestClockJumps(t *testing.T) {
	w := newWorld(t)
	l := w.open()
	require.NoError(t, l.Start(t.Context()))
	for i, at := range []time.Time{noon.AddDate(0, 0, -1), noon.AddDate(1, 0, 0), noon, noon.AddDate(1, 0, 1)} {
		w.now = at
		require.NoError(t, l.Tick(t.Context()))
		require.NoError(t, l.Seal(t.Context(), w.seal(uint64(i+1), at, "a")))
	}
	var days []string
	for _, e := range w.check() {
		if e.Daily != nil {
			days = append(days, e.Daily.Day.String())
		}
	}
	assert.Equal(t, []string{"2026-11-21", "2027-11-21"}, days)
}
