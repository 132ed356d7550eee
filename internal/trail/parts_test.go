package trail

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agentaudit/agentaudit/internal/merkle"
)

// The tiles are the tree, whatever is added and however it is stored in between.
func TestTilesAreTheTree(t *testing.T) {
	var tree merkle.Tree
	edge := &tiles{}
	full := map[int]uint64{}
	for i := range 70_000 {
		leaf := merkle.Leaf([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		tree.Add(leaf)
		for _, tile := range edge.add(leaf) {
			require.Equal(t, full[tile.level], tile.n)
			full[tile.level]++
		}
		if i%997 == 0 || i < 520 || i > 65_530 && i < 65_540 {
			require.True(t, edge.valid())
			require.Equal(t, tree.Root(), edge.root(), "size %d", i+1)
			edge = edge.clone()
			known, ok := edge.known(0, uint64(i))
			require.Equal(t, (i+1)%tileWidth != 0, ok)
			if ok {
				require.Equal(t, leaf, known)
			}
		}
	}
	assert.Equal(t, map[int]uint64{0: 273, 1: 1}, full)
	edge.Size++
	assert.False(t, edge.valid())
}

func TestPaths(t *testing.T) {
	for _, tt := range []struct{ want, got string }{
		{"tile/0/000", TilePath(0, 0, 0)},
		{"tile/1/x001/x234/067.p/5", TilePath(1, 1234067, 5)},
		{"tile/entries/x001/000", BundlePath(1000, 0)},
		{"entry/000000012/345", EntryPath(12345)},
		{"checkpoints/000000000/001", CheckpointPath(1)},
	} {
		assert.Equal(t, tt.want, tt.got)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(0, maxIndex).Draw(t, "n")
		got, ok := ParseCheckpointPath(CheckpointPath(n))
		require.True(t, ok)
		require.Equal(t, n, got)
		got, ok = ParseEntryPath(EntryPath(n))
		require.True(t, ok)
		require.Equal(t, n, got)
		more := rapid.Uint64Range(0, maxIndex).Draw(t, "more")
		require.Equal(t, n < more, CheckpointPath(n) < CheckpointPath(more), "they sort by size")
	})
	for _, bad := range []string{"", "checkpoints/", "checkpoints/1", "checkpoints/000000000/0001", "checkpoints/00000000000/1", "entry/000000000/001", "checkpoints/+00000000/001"} {
		_, ok := ParseCheckpointPath(bad)
		assert.False(t, ok, bad)
	}
}

const plainEntry = `{"schema":"agentaudit/trail/v1","kind":"heartbeat","writer":"w","index":0,"time":"2026-11-21T12:00:00.000000000Z"}`

func TestParseEntryRefuses(t *testing.T) {
	_, err := ParseEntry([]byte(plainEntry))
	require.NoError(t, err)
	for name, bad := range map[string]string{
		"empty": "", "white space": plainEntry + " ", "newline": plainEntry + "\n", "two": plainEntry + plainEntry,
		"unknown member": strings.Replace(plainEntry, `"kind"`, `"knid"`, 1),
		"member twice":   strings.Replace(plainEntry, `"index":0`, `"index":1,"index":0`, 1),
		"order":          `{"kind":"heartbeat","schema":"agentaudit/trail/v1","writer":"w","index":0,"time":"2026-11-21T12:00:00.000000000Z"}`,
		"case":           strings.Replace(plainEntry, `"kind"`, `"Kind"`, 1),
		"schema":         strings.Replace(plainEntry, `/v1`, `/v2`, 1),
		"kind":           strings.Replace(plainEntry, `heartbeat`, `hearbeat`, 1),
		"no part":        strings.Replace(plainEntry, `heartbeat`, `seal`, 1),
		"part of others": strings.Replace(plainEntry, `"}`, `","daily":{}}`, 1),
		"time zone":      strings.Replace(plainEntry, `00Z`, `00+00:00`, 1),
		"short fraction": strings.Replace(plainEntry, `.000000000Z`, `Z`, 1),
		"zero member":    strings.Replace(plainEntry, `"time"`, `"config_changed":false,"time"`, 1),
		"float":          strings.Replace(plainEntry, `"index":0`, `"index":0.0`, 1),
		"escape":         strings.Replace(plainEntry, `"w"`, `"\u0077"`, 1),
		"too long":       strings.Replace(plainEntry, `"w"`, `"`+strings.Repeat("w", maxEntry)+`"`, 1),
	} {
		_, err := ParseEntry([]byte(bad))
		assert.ErrorIs(t, err, ErrEntry, name)
	}
}

// Whatever parses is canonical: it is written again as it was.
func FuzzParseEntry(f *testing.F) {
	f.Add([]byte(plainEntry))
	f.Add([]byte(strings.Replace(plainEntry, `heartbeat`, `daily`, 1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEntry(b)
		if err != nil {
			return
		}
		again, err := e.Marshal()
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, again))
	})
}

func FuzzReadCheckpoint(f *testing.F) {
	f.Add([]byte("agentaudit/w\n1\nAAAA\n\n— agentaudit/w DdIjB2RJ77UeNsv1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ReadCheckpoint(b); err == nil {
			require.True(t, bytes.HasPrefix(b, []byte(c.text())))
		}
	})
}

func FuzzParseBundle(f *testing.F) {
	f.Add([]byte{0, 1, 'x', 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, ok := ParseBundle(b)
		if !ok {
			return
		}
		var again []byte
		for _, e := range entries {
			again = appendEntry(again, e)
		}
		require.True(t, bytes.Equal(b, again))
	})
}

func TestKeys(t *testing.T) {
	text, err := GenerateKey()
	require.NoError(t, err)
	other, err := GenerateKey()
	require.NoError(t, err)
	keys, err := ParsePrivateKeys(append(bytes.Clone(text), other...))
	require.NoError(t, err)
	require.Len(t, keys, 2)
	public := keys[0].Public().(ed25519.PublicKey)
	_, vkey, err := NewVerifier("w", public)
	require.NoError(t, err)
	asPEM, err := MarshalPublicKey(public)
	require.NoError(t, err)
	got, err := ParsePublicKeys([]byte(string(asPEM) + "# a comment\n" + vkey + "\n"))
	require.NoError(t, err)
	assert.Equal(t, []ed25519.PublicKey{public, public}, got)
	got, err = ParsePublicKeys([]byte(vkey))
	require.NoError(t, err)
	assert.Equal(t, []ed25519.PublicKey{public}, got)

	for name, bad := range map[string]string{"empty": "", "text": "secret-text", "public": string(asPEM)} {
		_, err := ParsePrivateKeys([]byte(bad))
		require.ErrorIs(t, err, ErrKey, name)
		assert.NotContains(t, err.Error(), "secret-text")
	}
	for name, bad := range map[string]string{"empty": "", "text": "agentaudit/w+12345678+AAAA", "private": string(text)} {
		_, err := ParsePublicKeys([]byte(bad))
		require.ErrorIs(t, err, ErrKey, name)
		assert.NotContains(t, err.Error(), strings.Split(string(text), "\n")[1])
	}
}

// What is damaged beside the journal is refused, and so is what belongs to another writer.
func TestStateIsChecked(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.open().Start(t.Context()))
	good := string(w.state.content)
	for name, bad := range map[string]string{
		"empty": "", "torn": good[:len(good)/2], "another writer": strings.Replace(good, `"w-1"`, `"w-2"`, 1),
		"another size": strings.Replace(good, `"Size":0`, `"Size":7`, 1),
	} {
		w.state.content = []byte(bad)
		_, err := Open(w.options())
		require.Error(t, err, name)
	}
}

func TestCountsSurviveAFailedSave(t *testing.T) {
	w := newWorld(t)
	l := w.open()
	require.NoError(t, l.Start(t.Context()))
	l.Count("duplicate", 2)
	w.state.before = func() error { return errDown }
	require.ErrorIs(t, l.Seal(t.Context(), w.seal(1, noon, "a")), errDown)
	w.state.before = nil
	l.Count("duplicate", 1)
	require.NoError(t, l.Seal(t.Context(), w.seal(1, noon, "a")))
	assert.Equal(t, map[string]uint64{"duplicate": 3}, w.check()[1].Counts)
}

// A writer that finds its own log changed stops; it signs nothing on top.
func TestChangedLogIsAnAlarm(t *testing.T) {
	for _, path := range []string{EntryPath(3), BundlePath(0, 0)} {
		w := newWorld(t)
		l := w.open()
		require.NoError(t, l.Start(t.Context()))
		w.grow(l, 5)
		if path != EntryPath(3) {
			w.grow(l, 300)
		}
		key := l.key(path)
		w.bucket.objects[key][20] ^= 1
		l = w.open()
		require.NoError(t, l.finish(t.Context()))
		w.now = noon.Add(24 * time.Hour)
		require.Error(t, l.Start(t.Context()), path)
	}
}
