package journal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/journal/journaltest"
)

// TestDamage spoils a journal of two segments, with lines 1..3 and 4..6, while nobody looks.
func TestDamage(t *testing.T) {
	newline := []byte("\n")
	join := func(lines ...[]byte) []byte { return bytes.Join(append(lines, nil), newline) }
	tests := []struct {
		name    string
		seal    int
		spoil   func(lines [][]byte) []byte
		want    []uint64 // seqs that survive
		damaged int
		missing uint64
		torn    int64
		next    uint64
	}{
		{"nothing", 1, func(l [][]byte) []byte { return join(l...) }, []uint64{1, 2, 3, 4, 5, 6}, 0, 0, 0, 7},
		{"middle of sealed", 1, func(l [][]byte) []byte { return join(l[0], l[1][1:], l[2]) }, []uint64{1, 3, 4, 5, 6}, 1, 1, 0, 7},
		{"end of sealed", 1, func(l [][]byte) []byte { return join(l[0], l[1], l[2][1:]) }, []uint64{1, 2, 4, 5, 6}, 1, 1, 0, 7},
		{"sealed is cut inside a line", 1, func(l [][]byte) []byte { return append(join(l[0]), l[1][:9]...) }, []uint64{1, 4, 5, 6}, 1, 2, 0, 7},
		{"sealed is cut between lines", 1, func(l [][]byte) []byte { return join(l[0]) }, []uint64{1, 4, 5, 6}, 0, 2, 0, 7},
		{"sealed is emptied", 1, func([][]byte) []byte { return nil }, []uint64{4, 5, 6}, 0, 3, 0, 7},
		{"every line of sealed", 1, func(l [][]byte) []byte { return join(l[0][1:], l[1][1:], l[2][1:]) }, []uint64{4, 5, 6}, 3, 3, 0, 7},
		{"a number", 1, func(l [][]byte) []byte {
			return bytes.Replace(join(l...), []byte(`"seq":2`), []byte(`"seq":2000`), 1)
		}, []uint64{1, 3, 4, 5, 6}, 1, 1, 0, 7},
		{"a line is there twice", 1, func(l [][]byte) []byte { return join(l[0], l[0], l[1], l[2]) }, []uint64{1, 2, 3, 4, 5, 6}, 1, 0, 0, 7},
		{"zeros over a newline", 2, func(l [][]byte) []byte {
			text := join(l...)
			clear(text[len(l[0])/2 : len(l[0])*3/2])
			return text
		}, []uint64{1, 2, 3, 6}, 1, 2, 0, 7},
		{"end of newest", 2, func(l [][]byte) []byte { return join(l[0], l[1], l[2][1:]) }, []uint64{1, 2, 3, 4, 5}, 1, 1, 0, 7},
		{"every line of newest", 2, func(l [][]byte) []byte { return join(l[0][1:], l[1][1:], l[2][1:]) }, []uint64{1, 2, 3}, 3, 3, 0, 7},
		{"newest is torn", 2, func(l [][]byte) []byte { return append(join(l[0], l[1]), l[2][:9]...) }, []uint64{1, 2, 3, 4, 5}, 0, 0, 9, 6},
		{"newest is torn at its first line", 2, func(l [][]byte) []byte { return l[0][:9] }, []uint64{1, 2, 3}, 0, 0, 9, 4},
		{"newest is damaged and torn", 2, func(l [][]byte) []byte { return append(join(l[0][1:], l[1]), l[2][:9]...) }, []uint64{1, 2, 3, 5}, 1, 1, 9, 6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := open(t, options(dir))
			for i := range uint64(6) {
				_, err := j.Append(t.Context(), []journal.Line{line(i+1, 1, 100)})
				require.NoError(t, err)
				if i == 2 {
					_, _, err = j.Rotate()
					require.NoError(t, err)
				}
			}
			require.NoError(t, j.Close())
			paths, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
			require.NoError(t, err)
			path := paths[test.seal-1]
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			spoilt := test.spoil(bytes.Split(bytes.TrimSuffix(text, newline), newline))
			require.NoError(t, os.WriteFile(path, spoilt, 0o600))

			j, r := open(t, options(dir))
			assert.Equal(t, test.damaged, r.DamagedLines, "damaged")
			assert.Equal(t, test.missing, r.MissingLines, "missing")
			assert.Equal(t, test.torn, r.TornBytes, "torn")
			assert.Equal(t, len(test.want), r.Lines)
			var got []uint64
			var kept int64
			for _, s := range j.Sealed() {
				got = append(got, seqs(read(t, s))...)
				kept += s.Size
			}
			assert.Equal(t, test.want, got)

			// What was taken out is all there, beside.
			var aside int64
			for _, path := range r.DamagedFiles {
				info, err := os.Stat(path)
				require.NoError(t, err)
				aside += info.Size()
			}
			if test.seal == 1 {
				assert.Equal(t, int64(len(spoilt)), aside+j.Sealed()[0].Size)
			}
			assert.Equal(t, r.Bytes, kept)

			// It goes on where nothing can be confused, and the second opening finds no more damage.
			_, err = j.Append(t.Context(), []journal.Line{line(99, 1, 0)})
			require.NoError(t, err)
			s, _, err := j.Rotate()
			require.NoError(t, err)
			assert.Equal(t, test.next, s.FirstSeq)
			before := j.Sealed()
			require.NoError(t, j.Close())
			j, r = open(t, options(dir))
			assert.Zero(t, r.DamagedLines)
			assert.Equal(t, seals(before), seals(j.Sealed()))
		})
	}
}

func seals(segments []journal.Segment) (out []uint64) {
	for _, s := range segments {
		out = append(out, s.Seal)
	}
	return out
}

func TestStrangers(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, options(dir))
	for i := range uint64(3) {
		_, err := j.Append(t.Context(), []journal.Line{line(i+1, 1, 0)})
		require.NoError(t, err)
		_, _, err = j.Rotate()
		require.NoError(t, err)
	}
	sealed := j.Sealed()
	require.NoError(t, j.Close())
	for _, name := range []string{"1-1.jsonl", "notes.txt", "0000000000-00000000000000000000.jsonl", "0000000009-00000000000000000009.jsonl.tmp"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "lost+found"), 0o700))
	require.NoError(t, os.Remove(sealed[1].Path))

	j, r := open(t, options(dir))
	assert.EqualValues(t, 1, r.MissingSeals)
	assert.EqualValues(t, 1, r.MissingLines)
	assert.Equal(t, []uint64{1, 3}, seals(j.Sealed()))
	assert.NoFileExists(t, filepath.Join(dir, "0000000009-00000000000000000009.jsonl.tmp"))
	assert.FileExists(t, filepath.Join(dir, "notes.txt"))
	require.NoError(t, j.Close())

	twin := filepath.Join(dir, "0000000003-00000000000000000099.jsonl")
	require.NoError(t, os.WriteFile(twin, nil, 0o600))
	_, _, err := journal.Open(options(dir))
	require.ErrorContains(t, err, twin, "two files claim a number: nobody can say which is right")
	assert.True(t, slices.Contains(seals(sealed), 3))
}

// TestFaultsWhileSettingAside disturbs every call of the opening that takes a
// damaged line out: its neighbours and a copy of it are there afterwards.
func TestFaultsWhileSettingAside(t *testing.T) {
	for _, power := range []bool{false, true} {
		for _, fault := range journaltest.Faults {
			for call, more := 1, true; more; call++ {
				fsys := journaltest.New(uint64(call))
				opts := options("/journal")
				opts.FS = fsys
				j, _ := open(t, opts)
				_, err := j.Append(t.Context(), []journal.Line{line(1, 1, 0), line(2, 1, 0), line(3, 1, 0)})
				require.NoError(t, err)
				require.NoError(t, j.Close())
				require.NoError(t, fsys.Spoil("0000000001-00000000000000000001.jsonl", func(text []byte) []byte {
					return bytes.Replace(text, []byte(`"id":2`), []byte(`"id":!`), 1)
				}))
				before := fsys.Calls()
				fsys.Fault(before+call, fault)
				j, _, err = journal.Open(opts)
				more = fsys.Calls() >= before+call
				if err == nil {
					require.NoError(t, j.Close())
				}
				fsys.Calm()
				if fsys.Kill(); power {
					fsys.PowerLoss()
				}
				j, _ = open(t, opts)
				require.Equal(t, []uint64{1, 3}, seqs(read(t, j.Sealed()[0])), "call %d: %v", call, fault)
				require.NoError(t, j.Close())
				files, err := fsys.List("/journal")
				require.NoError(t, err)
				require.Equal(t, 1, len(slices.DeleteFunc(files, func(f journal.FileInfo) bool {
					return !strings.Contains(f.Name, ".damaged-") || f.Size == 0
				})), "call %d: %v", call, fault)
			}
		}
	}
}
