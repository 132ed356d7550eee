package journal_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/journal/journaltest"
)

// sendAway appends a line each, seals it alone and removes it, as if it were in the bucket.
func sendAway(t *testing.T, j *journal.Journal, from, to uint64) {
	t.Helper()
	for id := from; id < to; id++ {
		receipt, err := j.Append(t.Context(), []journal.Line{line(id, 1, 0)})
		require.NoError(t, err)
		require.Equal(t, 1, receipt.Written, "id %d", id)
		s, _, err := j.Rotate()
		require.NoError(t, err)
		require.NoError(t, j.Remove(s.Seal))
	}
}

// duplicates delivers lines again and counts those that are recognised.
func duplicates(t *testing.T, j *journal.Journal, from, to uint64) int {
	t.Helper()
	var batch []journal.Line
	for id := from; id < to; id++ {
		batch = append(batch, line(id, 1, 0))
	}
	receipt, err := j.Append(t.Context(), batch)
	require.NoError(t, err)
	return receipt.Duplicates
}

// TestSentAgainAfterTwoDeaths is what the soak once found: a batch whose answer was lost, and whose segment another
// process has sent and removed before it died, too.
func TestSentAgainAfterTwoDeaths(t *testing.T) {
	fsys := journaltest.New(1)
	opts := options("/journal")
	opts.FS = fsys
	j, _ := open(t, opts)
	batch := []journal.Line{line(1, 1, 0), line(2, 1, 0), line(2, 2, 0)}
	_, err := j.Append(t.Context(), batch)
	require.NoError(t, err)
	for range 3 {
		fsys.PowerLoss()
		j, _ = open(t, opts)
		for _, s := range j.Sealed() {
			require.NoError(t, j.Remove(s.Seal))
		}
	}
	receipt, err := j.Append(t.Context(), batch)
	require.NoError(t, err)
	assert.Equal(t, journal.Receipt{Segment: 1, Duplicates: 3}, receipt)
	receipt, err = j.Append(t.Context(), []journal.Line{line(1, 9, 0)})
	require.NoError(t, err)
	assert.Equal(t, 1, receipt.Conflicts, "and of other content it is a conflict")
}

// TestRecentIsBounded sends a hundred windows' lines away. The newest window is known to the next process, whenever it
// comes, and the files don't grow.
func TestRecentIsBounded(t *testing.T) {
	const window = 10
	opts := options(t.TempDir())
	opts.Window = window
	id := uint64(1)
	for round := range 100 {
		j, recovery := open(t, opts)
		assert.Zero(t, recovery.RecentLost)
		if round > 0 {
			require.GreaterOrEqual(t, recovery.Remembered, window, "round %d", round)
			require.Equal(t, window, duplicates(t, j, id-window, id), "round %d", round)
		}
		n := uint64(round%7) + window
		sendAway(t, j, id, id+n)
		id += n
		require.NoError(t, j.Close())
		for i := range 2 {
			info, err := os.Stat(filepath.Join(opts.Dir, fmt.Sprintf("recent.%d", i)))
			if err == nil {
				assert.LessOrEqual(t, info.Size(), int64(window+1)*44)
			}
		}
	}
}

// TestWindowOfAnotherSize grows and shrinks what is remembered between processes.
func TestWindowOfAnotherSize(t *testing.T) {
	opts := options(t.TempDir())
	id := uint64(1)
	for _, window := range []int{50, 3, 50, 0, 20} {
		opts.Window = window
		j, recovery := open(t, opts)
		assert.NoError(t, recovery.RecentErr)
		sendAway(t, j, id, id+60)
		id += 60
		assert.Equal(t, window, duplicates(t, j, id-uint64(window), id))
		require.NoError(t, j.Close())
	}
}

// TestSpoiltRecent spoils the memory at each byte: that never keeps a journal from opening, costs no more than what
// is behind the spot, and is told. What is sent away afterwards is known again.
func TestSpoiltRecent(t *testing.T) {
	const lines, block = 4, 4 + 8 + 4 + 24 + 8
	spoils := map[string]func(text []byte, at int) []byte{
		"cut":     func(text []byte, at int) []byte { return text[:at] },
		"flipped": func(text []byte, at int) []byte { text[at] ^= 1; return text },
		"zeros":   func(text []byte, at int) []byte { clear(text[at:]); return text },
		"garbage": func(text []byte, at int) []byte {
			return append(text[:at], bytes.Repeat([]byte("AAR1\xff\xff"), 40)...)
		},
	}
	for name, spoil := range spoils {
		for at := range lines * block {
			fsys := journaltest.New(uint64(at))
			opts := options("/journal")
			opts.FS = fsys
			j, _ := open(t, opts)
			sendAway(t, j, 1, 1+lines)
			require.NoError(t, j.Close())
			require.NoError(t, fsys.Spoil("recent.1", func(text []byte) []byte {
				require.Len(t, text, lines*block)
				return spoil(text, at)
			}))
			whole := at / block // blocks before the spot

			j, recovery := open(t, opts)
			require.Equal(t, whole, recovery.Remembered, "%s at %d", name, at)
			require.NoError(t, recovery.RecentErr)
			require.Equal(t, name == "cut" && at%block == 0, recovery.RecentLost == 0, "%s at %d", name, at)
			require.Zero(t, recovery.MissingLines+uint64(recovery.DamagedLines), "that is another matter")
			sendAway(t, j, 100, 102)
			require.NoError(t, j.Close())
			fsys.PowerLoss()
			j, recovery = open(t, opts)
			require.Equal(t, whole+2, recovery.Remembered, "%s at %d", name, at)
			require.Zero(t, recovery.RecentLost)
			require.Equal(t, 2, duplicates(t, j, 100, 102))
			require.NoError(t, j.Close())
		}
	}
}

// TestUnreadableRecent has the file system refuse to read it.
func TestUnreadableRecent(t *testing.T) {
	fsys := journaltest.New(1)
	opts := options("/journal")
	opts.FS = fsys
	j, _ := open(t, opts)
	sendAway(t, j, 1, 4)
	require.NoError(t, j.Close())
	fsys.Pick(func(_ int, op string) journaltest.Fault {
		if op == "read recent.1" {
			return journaltest.FailBefore
		}
		return journaltest.None
	})
	j, recovery := open(t, opts)
	require.ErrorIs(t, recovery.RecentErr, journaltest.ErrInjected)
	require.ErrorContains(t, recovery.RecentErr, "recent.1")
	assert.Zero(t, recovery.Remembered)
	fsys.Calm()
	sendAway(t, j, 10, 12)
	assert.Equal(t, 2, duplicates(t, j, 10, 12))
}

// TestRemoveRemembersFirst: a segment stays until its lines are remembered, unless the disk is full: then removing is
// what makes room.
func TestRemoveRemembersFirst(t *testing.T) {
	fsys := journaltest.New(1)
	opts := options("/journal")
	opts.FS = fsys
	j, _ := open(t, opts)
	_, err := j.Append(t.Context(), []journal.Line{line(1, 1, 0), line(2, 1, 0)})
	require.NoError(t, err)
	s, _, err := j.Rotate()
	require.NoError(t, err)
	for _, op := range []string{"open recent.1", "sync recent.1", "write recent.1", "truncate recent.1"} {
		fsys.Pick(func(_ int, what string) journaltest.Fault {
			if what == op {
				return journaltest.FailBefore
			}
			return journaltest.None
		})
		require.ErrorIs(t, j.Remove(s.Seal), journaltest.ErrInjected, op)
		require.Len(t, j.Sealed(), 1)
		require.Len(t, read(t, s), 2)
	}
	fsys.Calm()
	require.NoError(t, j.Remove(s.Seal))
}

// fullDisk has no room for the memory, until it has.
type fullDisk struct {
	*journaltest.FS
	full bool
}

func (f *fullDisk) Open(name string, flag int) (journal.File, error) {
	if f.full && flag&os.O_CREATE != 0 && filepath.Base(name) == "recent.1" {
		return nil, syscall.ENOSPC
	}
	return f.FS.Open(name, flag)
}

// TestRemoveOnAFullDisk: there removing makes room, so it waits for none. What has no place is told, and gets it later.
func TestRemoveOnAFullDisk(t *testing.T) {
	disk := &fullDisk{FS: journaltest.New(1)}
	opts := options("/journal")
	opts.FS = disk
	j, _ := open(t, opts)
	_, err := j.Append(t.Context(), []journal.Line{line(1, 1, 0), line(2, 1, 0)})
	require.NoError(t, err)
	s, _, err := j.Rotate()
	require.NoError(t, err)
	disk.Room(0)
	require.NoError(t, j.Remove(s.Seal))
	assert.Zero(t, j.Stats().Forgotten, "the segment's room is enough")
	disk.Room(-1)

	disk.full = true
	sendAway(t, j, 3, 5)
	assert.Equal(t, 2, j.Stats().Forgotten)
	disk.full = false
	sendAway(t, j, 5, 6)
	assert.Zero(t, j.Stats().Forgotten)
	require.NoError(t, j.Close())
	disk.PowerLoss()
	j, recovery := open(t, opts)
	assert.Equal(t, 5, recovery.Remembered)
	assert.Equal(t, 5, duplicates(t, j, 1, 6))
}
