package journal_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentaudit/agentaudit/internal/journal"
)

func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

// A stored line of these tests: id and sum as numbers, so that Identify is exact.
type stored struct {
	ID       uint64 `json:"id"`
	Sum      uint64 `json:"sum"`
	Pad      string `json:"pad"`
	Seq      uint64 `json:"seq"`
	Conflict bool   `json:"conflict"`
	End      string `json:"end"`
}

func line(id, sum uint64, pad int) journal.Line {
	l := journal.Line{Sum: sum, Body: fmt.Appendf(nil, `{"id":%d,"sum":%d,"pad":"%s"`, id, sum, bytes.Repeat([]byte("x"), pad))}
	binary.BigEndian.PutUint64(l.ID[8:], id)
	return l
}

func stamp(dst []byte, seq uint64, conflict bool) []byte {
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, seq, 10)
	dst = append(dst, `,"conflict":`...)
	dst = strconv.AppendBool(dst, conflict)
	return append(dst, `,"end":"."}`...)
}

func identify(text []byte) (id [16]byte, sum, seq uint64, err error) {
	var s stored
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return id, 0, 0, err
	}
	if s.End != "." || d.InputOffset() != int64(len(text)) {
		return id, 0, 0, fmt.Errorf("not a stored line")
	}
	binary.BigEndian.PutUint64(id[8:], s.ID)
	return id, s.Sum, s.Seq, nil
}

func options(dir string) journal.Options {
	return journal.Options{Dir: dir, Stamp: stamp, Identify: identify, Window: 1000}
}

func open(t *testing.T, opts journal.Options) (*journal.Journal, journal.Recovery) {
	t.Helper()
	j, r, err := journal.Open(opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = j.Close() })
	return j, r
}

func read(t *testing.T, s journal.Segment) []stored {
	t.Helper()
	r, err := s.Open()
	require.NoError(t, err)
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Len(t, text, int(s.Size))
	var out []stored
	for text := range bytes.Lines(text) {
		require.Equal(t, byte('\n'), text[len(text)-1], "torn line in segment %d", s.Seal)
		_, _, _, err := identify(text[:len(text)-1])
		require.NoError(t, err)
		var one stored
		require.NoError(t, json.Unmarshal(text, &one))
		out = append(out, one)
	}
	require.Len(t, out, s.Lines)
	return out
}

func seqs(lines []stored) (out []uint64) {
	for _, l := range lines {
		out = append(out, l.Seq)
	}
	return out
}

func TestLife(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	j, recovery := open(t, options(dir))
	assert.Zero(t, recovery)

	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	_, sealed, err := j.Rotate()
	require.NoError(t, err)
	assert.False(t, sealed, "nothing to seal")

	receipt, err := j.Append(t.Context(), []journal.Line{line(1, 1, 0), line(2, 1, 0), line(1, 1, 0), line(2, 2, 0)})
	require.NoError(t, err)
	assert.Equal(t, journal.Receipt{Segment: 1, Written: 3, Duplicates: 1, Conflicts: 1}, receipt)
	assert.False(t, j.Stats().Oldest.IsZero())

	first, sealed, err := j.Rotate()
	require.NoError(t, err)
	require.True(t, sealed)
	assert.EqualValues(t, 1, first.Seal)
	info, err = os.Stat(first.Path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	lines := read(t, first)
	assert.Equal(t, []uint64{1, 2, 3}, seqs(lines))
	assert.True(t, lines[2].Conflict)

	// A redelivery is acknowledged with the segment of its originals.
	receipt, err = j.Append(t.Context(), []journal.Line{line(1, 1, 0), line(2, 1, 0), line(2, 2, 0)})
	require.NoError(t, err)
	assert.Equal(t, journal.Receipt{Segment: 1, Duplicates: 3}, receipt)

	receipt, err = j.Append(t.Context(), []journal.Line{line(3, 1, 0)})
	require.NoError(t, err)
	assert.EqualValues(t, 2, receipt.Segment)

	require.ErrorContains(t, j.Remove(2), "not the oldest")
	require.NoError(t, j.Remove(1))
	require.NoError(t, j.Close())
	require.NoError(t, j.Close(), "twice")
	_, err = j.Append(t.Context(), []journal.Line{line(4, 1, 0)})
	require.ErrorIs(t, err, journal.ErrClosed)
	require.ErrorIs(t, j.Remove(2), journal.ErrClosed)

	// What was active is sealed when the journal is opened again, and known.
	j, recovery = open(t, options(dir))
	assert.Equal(t, 1, recovery.Lines)
	require.Len(t, j.Sealed(), 1)
	assert.Equal(t, []uint64{4}, seqs(read(t, j.Sealed()[0])))
	receipt, err = j.Append(t.Context(), []journal.Line{line(3, 1, 0)})
	require.NoError(t, err)
	assert.Equal(t, journal.Receipt{Segment: 2, Duplicates: 1}, receipt)
	require.NoError(t, j.Remove(2))
	require.NoError(t, j.Close())

	// The numbers survive an empty journal.
	j, _ = open(t, options(dir))
	assert.Empty(t, j.Sealed())
	assert.True(t, j.Stats().Oldest.IsZero())
	receipt, err = j.Append(t.Context(), []journal.Line{line(5, 1, 0)})
	require.NoError(t, err)
	assert.EqualValues(t, 3, receipt.Segment)
	s, _, err := j.Rotate()
	require.NoError(t, err)
	assert.Equal(t, []uint64{5}, seqs(read(t, s)))
}

func TestExclusive(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, options(dir))
	_, _, err := journal.Open(options(dir))
	require.ErrorIs(t, err, journal.ErrLocked)
	assert.ErrorContains(t, err, dir)
	_, err = journal.WriterID(nil, dir, "")
	require.ErrorIs(t, err, journal.ErrLocked)
	require.NoError(t, j.Close())
	open(t, options(dir))
}

func TestFull(t *testing.T) {
	opts := options(t.TempDir())
	opts.MaxBytes = 1000
	j, _ := open(t, opts)
	_, err := j.Append(t.Context(), []journal.Line{line(1, 1, 2000)})
	require.ErrorIs(t, err, journal.ErrTooLarge)
	for id := uint64(1); err == nil || id == 1; id++ {
		_, err = j.Append(t.Context(), []journal.Line{line(id, 1, 100)})
	}
	require.ErrorIs(t, err, journal.ErrFull)
	stats := j.Stats()
	assert.LessOrEqual(t, stats.Bytes, opts.MaxBytes)
	assert.Equal(t, stats.Bytes, stats.Active.Size)

	receipt, err := j.Append(t.Context(), []journal.Line{line(1, 1, 100)})
	require.NoError(t, err, "what is there already needs no room")
	assert.Equal(t, 1, receipt.Duplicates)

	s, _, err := j.Rotate()
	require.NoError(t, err)
	require.NoError(t, j.Remove(s.Seal))
	receipt, err = j.Append(t.Context(), []journal.Line{line(99, 1, 100)})
	require.NoError(t, err)
	assert.Equal(t, 1, receipt.Written)
}

func TestMalformed(t *testing.T) {
	j, _ := open(t, options(t.TempDir()))
	bad := line(2, 1, 0)
	bad.Body = append(bad.Body, '\n')
	_, err := j.Append(t.Context(), []journal.Line{line(1, 1, 0), bad})
	require.ErrorIs(t, err, journal.ErrMalformed)
	receipt, err := j.Append(t.Context(), []journal.Line{line(1, 1, 0)})
	require.NoError(t, err)
	assert.Equal(t, 1, receipt.Written, "nothing of a refused batch is remembered")
}

func TestCancelled(t *testing.T) {
	j, _ := open(t, options(t.TempDir()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := j.Append(ctx, []journal.Line{line(1, 1, 0)})
	require.ErrorIs(t, err, context.Canceled)
}

func TestConcurrent(t *testing.T) {
	const writers, batches, size = 8, 25, 4
	opts := options(t.TempDir())
	j, _ := open(t, opts)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for b := range batches {
				var batch []journal.Line
				for i := range size {
					batch = append(batch, line(uint64(w*batches*size+b*size+i), 1, 10))
				}
				receipt, err := j.Append(t.Context(), batch)
				assert.NoError(t, err)
				assert.Equal(t, size, receipt.Written)
				if b%10 == 0 {
					_, _, err := j.Rotate()
					assert.NoError(t, err)
				}
				_ = j.Stats()
			}
		})
	}
	wg.Wait()
	_, _, err := j.Rotate()
	require.NoError(t, err)
	next := uint64(1)
	last := map[uint64]uint64{} // per writer: its batches are in its order, and whole
	for _, s := range j.Sealed() {
		assert.Equal(t, next, s.FirstSeq)
		for _, l := range read(t, s) {
			require.Equal(t, next, l.Seq)
			w := l.ID / (batches * size)
			if seen, ok := last[w]; ok {
				require.Equal(t, seen+1, l.ID)
			}
			last[w] = l.ID
			next++
		}
	}
	assert.EqualValues(t, writers*batches*size+1, next)
}
