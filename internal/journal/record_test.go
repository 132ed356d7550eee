package journal_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/journal/journaltest"
)

func state(n int) string { return fmt.Sprintf("state %d %s", n, strings.Repeat("x", n*31%500)) }

func TestRecordKeepsTheLast(t *testing.T) {
	dir := t.TempDir()
	for n := range 5 {
		r := journal.NewRecord(nil, dir, "s")
		require.Error(t, r.Save(nil), "not loaded")
		got, err := r.Load()
		require.NoError(t, err)
		if n == 0 {
			require.Nil(t, got)
		} else {
			require.Equal(t, state(n), string(got))
		}
		require.NoError(t, r.Save([]byte("between")))
		require.NoError(t, r.Save([]byte(state(n+1))))
	}
}

// TestRecordAtEachFault saves some states on a disk that fails, tears, or dies at each call, then loses power: what Save
// returned nil for is there, or something newer that it was given.
func TestRecordAtEachFault(t *testing.T) {
	faults := []journaltest.Fault{journaltest.FailBefore, journaltest.FailAfter, journaltest.ShortWrite, journaltest.CrashBefore, journaltest.CrashAfter, journaltest.CrashShort}
	for _, fault := range faults {
		for call := 1; call <= 27; call++ {
			power := call%2 == 0
			name := fmt.Sprintf("%v at call %d, power loss %v", fault, call, power)
			fs := journaltest.New(uint64(call))
			require.NoError(t, fs.MkdirAll("d"))
			fs.Fault(fs.Calls()+call, fault)
			saved, given := 0, 0
			var r *journal.Record
			for given < 4 && !fs.Crashed() {
				if r == nil {
					r = journal.NewRecord(fs, "d", "s")
					got, err := r.Load()
					if err != nil {
						r = nil
						continue
					}
					requireState(t, got, saved, given, name)
				}
				given++
				if r.Save([]byte(state(given))) == nil {
					saved = given
				}
			}
			if power {
				fs.PowerLoss()
			} else {
				fs.Kill()
			}
			fs.Calm()
			got, err := journal.NewRecord(fs, "d", "s").Load()
			require.NoError(t, err, name)
			requireState(t, got, saved, given, name)
			fs.PowerLoss() // what was loaded stays
			again, err := journal.NewRecord(fs, "d", "s").Load()
			require.NoError(t, err, name)
			require.Equal(t, string(got), string(again), name)
		}
	}
}

func requireState(t *testing.T, got []byte, least, most int, name string) {
	t.Helper()
	for n := least; n <= most; n++ {
		if n == 0 && got == nil || n > 0 && string(got) == state(n) {
			return
		}
	}
	require.Failf(t, name, "%.20q is none of the states %d to %d", got, least, most)
}

// A full disk keeps nothing from being saved that is not larger than what was reserved.
func TestRecordOnAFullDisk(t *testing.T) {
	fs := journaltest.New(1)
	require.NoError(t, fs.MkdirAll("d"))
	r := journal.NewRecord(fs, "d", "s")
	_, err := r.Load()
	require.NoError(t, err)
	fs.Room(0)
	for n := range 10 {
		require.NoError(t, r.Save([]byte(state(n))))
	}
	large := make([]byte, 1<<20)
	require.ErrorIs(t, r.Save(large), syscall.ENOSPC)
	got, err := journal.NewRecord(fs, "d", "s").Load()
	require.NoError(t, err)
	assert.Equal(t, state(9), string(got))
}
