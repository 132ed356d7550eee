package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/verify"
)

var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

// world is a bucket of two writers with the lines that are in it.
type world struct {
	store *generate.Memory
	lines [][]byte
	keys  []ed25519.PublicKey
}

func newWorld(t testing.TB) *world {
	t.Helper()
	s := generate.NewScenario(monday)
	for i := range 8 {
		s.Session(fmt.Sprintf("s-%d", i), "alice", "desk").At(monday.AddDate(0, 0, i%2)).
			Turn("hi").Model(generate.Model{In: 10, Out: 2}).Call(generate.Call{Tool: "get_order", Args: `{"id":1}`}).Answer("done").End()
	}
	w := &world{store: generate.NewMemory()}
	_, err := generate.WriteEvents(t.Context(), w.store, s.Events(), "one", "two")
	require.NoError(t, err)
	for info, err := range w.store.List(t.Context(), layout.EventsRoot, "") {
		require.NoError(t, err)
		proofs := readLines(t, w.store, info.Key)
		w.lines = append(w.lines, proofs...)
	}
	w.keys = w.published(t)
	return w
}

// published are the keys of the logs.
func (w *world) published(t testing.TB) (keys []ed25519.PublicKey) {
	t.Helper()
	rep, err := verify.Run(t.Context(), w.store, verify.Options{LogsOnly: true, Now: monday.AddDate(0, 0, 3)})
	require.NoError(t, err)
	for _, writer := range rep.Writers {
		more, err := verify.ParseKeys([]byte(strings.Join(writer.Keys, "\n")))
		require.NoError(t, err)
		keys = append(keys, more...)
	}
	return keys
}

func readLines(t testing.TB, store objstore.Store, key string) [][]byte {
	t.Helper()
	r, err := store.Get(t.Context(), key)
	require.NoError(t, err)
	defer r.Close()
	z, err := zstd.NewReader(r)
	require.NoError(t, err)
	defer z.Close()
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

func (w *world) queries(t testing.TB) []verify.Query {
	t.Helper()
	queries := make([]verify.Query, len(w.lines))
	for i, line := range w.lines {
		h, err := event.ReadHeader(line)
		require.NoError(t, err)
		queries[i] = verify.Query{ID: h.ID, Writer: h.Writer, Seq: h.Seq}
		if i%2 == 0 {
			queries[i].Tier, queries[i].Day = h.Tier, layout.DateOf(h.Time)
		}
	}
	return queries
}

func (w *world) pack(t testing.TB) []byte {
	t.Helper()
	proofs, err := verify.ProveAll(t.Context(), w.store, w.queries(t), verify.Options{})
	require.NoError(t, err)
	var out bytes.Buffer
	sum, err := Write(&out, Pack{Subject: "session s", Proofs: proofs, Keys: map[string][]string{"one": {"k"}}, Report: &report.Document{Title: "Report"}})
	require.NoError(t, err)
	hash := sha256.Sum256(out.Bytes())
	assert.Equal(t, hex.EncodeToString(hash[:]), sum)
	return out.Bytes()
}

func check(t testing.TB, pack []byte, keys []ed25519.PublicKey) (*Result, error) {
	t.Helper()
	return Check(bytes.NewReader(pack), int64(len(pack)), keys)
}

func TestPack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pack := w.pack(t)
	r, err := check(t, pack, w.keys)
	require.NoError(t, err)
	assert.Empty(t, r.Problems)
	assert.True(t, r.OK())
	assert.Equal(t, len(w.lines), r.Proven)
	assert.Equal(t, []string{"one", "two"}, r.Manifest.Writers)
	assert.Equal(t, pack, w.pack(t), "the same again")
	assert.Equal(t, string(bytes.Join(w.lines, []byte("\n")))+"\n", string(unpacked(t, pack)[fileEvents]), "byte for byte")
}

func unpacked(t testing.TB, pack []byte) map[string][]byte {
	t.Helper()
	files, err := unzip(bytes.NewReader(pack), int64(len(pack)))
	require.NoError(t, err)
	return files
}

// repack writes files again, with a manifest that says what they are now if truthful.
func repack(t testing.TB, files map[string][]byte, truthful bool) []byte {
	t.Helper()
	var m Manifest
	require.NoError(t, json.Unmarshal(files[fileManifest], &m))
	if truthful {
		var list []File
		for _, f := range m.Files {
			if data, there := files[f.Name]; there {
				sum := sha256.Sum256(data)
				list = append(list, File{f.Name, int64(len(data)), hex.EncodeToString(sum[:])})
			}
		}
		m.Files = list
		var err error
		files[fileManifest], err = json.Marshal(m)
		require.NoError(t, err)
	}
	var out bytes.Buffer
	_, err := writeZip(&out, files)
	require.NoError(t, err)
	return out.Bytes()
}

// TestTampering changes a pack in many ways, with a manifest that was left and with one that was made to fit, and wants each found.
func TestTampering(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pack := w.pack(t)
	withoutLine := func(data []byte, n int) []byte {
		lines := bytes.SplitAfter(data, []byte("\n"))
		return bytes.Join(append(lines[:n:n], lines[n+1:]...), nil)
	}
	for name, test := range map[string]struct {
		change func(files map[string][]byte)
		// covered says that a manifest made to fit hides it: nothing but the pack's own hash tells.
		covered bool
	}{
		"a changed line": {change: func(f map[string][]byte) {
			f[fileEvents] = bytes.Replace(f[fileEvents], []byte("get_order"), []byte("get_money"), 1)
		}},
		"a removed line": {change: func(f map[string][]byte) { f[fileEvents] = withoutLine(f[fileEvents], 3) }},
		"a removed line and its proof": {change: func(f map[string][]byte) {
			f[fileEvents], f[fileProofs] = withoutLine(f[fileEvents], 3), withoutLine(f[fileProofs], 3)
		}},
		"two lines in each other's place": {change: func(f map[string][]byte) {
			lines := bytes.SplitAfter(f[fileEvents], []byte("\n"))
			lines[0], lines[1] = lines[1], lines[0]
			f[fileEvents] = bytes.Join(lines, nil)
		}},
		"an added line": {change: func(f map[string][]byte) {
			f[fileEvents] = append(f[fileEvents], bytes.SplitAfter(f[fileEvents], []byte("\n"))[0]...)
		}},
		"another writer's checkpoint": {change: func(f map[string][]byte) {
			f[checkpointFile("one")], f[checkpointFile("two")] = f[checkpointFile("two")], f[checkpointFile("one")]
		}},
		"a checkpoint of another size": {change: func(f map[string][]byte) {
			lines := bytes.SplitAfter(f[checkpointFile("one")], []byte("\n"))
			lines[1] = []byte("1\n")
			f[checkpointFile("one")] = bytes.Join(lines, nil)
		}},
		"no checkpoint": {change: func(f map[string][]byte) { delete(f, checkpointFile("one")) }},
		"a changed entry": {change: func(f map[string][]byte) {
			for name := range f {
				if strings.HasPrefix(name, dirEntries) {
					f[name] = bytes.Replace(f[name], []byte(`"lines":`), []byte(`"lines":1`), 1)
				}
			}
		}},
		"a changed path": {change: func(f map[string][]byte) {
			f[fileProofs] = bytes.Replace(f[fileProofs], []byte(`"line_index":1`), []byte(`"line_index":2`), 1)
		}},
		"no objects":                  {change: func(f map[string][]byte) { f[fileObjects] = nil }},
		"nothing to read":             {change: func(f map[string][]byte) { f[fileProofs] = []byte("{}\nwhat\n\n") }},
		"a changed report":            {covered: true, change: func(f map[string][]byte) { f[fileMarkdown] = []byte("all is well") }},
		"a file that nobody listed":   {change: func(f map[string][]byte) { f["entries/x/9.json"] = []byte("{}") }},
		"everything of one file gone": {change: func(f map[string][]byte) { f[fileEvents] = nil }},
	} {
		for _, truthful := range []bool{false, true} {
			files := unpacked(t, pack)
			test.change(files)
			r, err := check(t, repack(t, files, truthful), w.keys)
			require.NoError(t, err, name)
			if truthful && test.covered {
				assert.True(t, r.OK(), name)
				continue
			}
			assert.False(t, r.OK(), "%s, manifest made to fit: %t", name, truthful)
			assert.NotEmpty(t, r.Problems, name)
		}
	}
}

func TestAnotherKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	for _, keys := range [][]ed25519.PublicKey{nil, {other}} {
		r, err := check(t, w.pack(t), keys)
		require.NoError(t, err)
		assert.False(t, r.OK())
		assert.Zero(t, r.Proven)
		assert.Len(t, r.Problems, min(len(w.lines), maxProblems))
	}
}

// TestNoPack: what is no pack is refused, without a panic and without taking memory for it.
func TestNoPack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pack := w.pack(t)
	zipOf := func(names ...string) []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for _, name := range names {
			f, err := z.Create(name)
			require.NoError(t, err)
			_, err = io.WriteString(f, "{}")
			require.NoError(t, err)
		}
		require.NoError(t, z.Close())
		return out.Bytes()
	}
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("what"), "half": pack[:len(pack)/2], "no manifest": zipOf(fileEvents), "another manifest": zipOf(fileManifest),
		"a name from outside": zipOf(fileManifest, "../../etc/passwd"), "an absolute name": zipOf("/etc/passwd"), "twice": zipOf(fileManifest, fileManifest),
		"a folder up": zipOf(fileManifest, "keys/../x"),
	} {
		_, err := check(t, data, w.keys)
		require.ErrorIs(t, err, ErrNoPack, name)
	}
	_, err := Write(io.Discard, Pack{})
	require.ErrorIs(t, err, ErrEmpty)
}

// FuzzCheck: no bytes make it panic.
func FuzzCheck(f *testing.F) {
	w := newWorld(f)
	f.Add(w.pack(f))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := check(t, data, w.keys)
		if err == nil && r.OK() {
			assert.Equal(t, len(w.lines), r.Proven, "only the whole is proven")
		}
	})
}

// TestProveAll compares with the proofs that are made one by one.
func TestProveAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queries := w.queries(t)
	proofs, err := verify.ProveAll(t.Context(), w.store, queries, verify.Options{})
	require.NoError(t, err)
	require.Len(t, proofs, len(queries))
	for i, p := range proofs {
		assert.Equal(t, string(w.lines[i]), p.Line)
		require.NoError(t, p.Check(w.keys))
		if i%17 == 0 {
			one, err := verify.ProveEvent(t.Context(), w.store, queries[i], verify.Options{})
			require.NoError(t, err)
			assert.Equal(t, one, p)
		}
	}
	t.Run("from day objects", func(t *testing.T) {
		var segments []string
		for info, err := range w.store.List(t.Context(), layout.EventsRoot, "") {
			require.NoError(t, err)
			segments = append(segments, info.Key)
		}
		for _, key := range segments {
			require.NoError(t, w.store.Remove(t.Context(), key))
		}
		again, err := verify.ProveAll(t.Context(), w.store, queries, verify.Options{})
		require.NoError(t, err)
		assert.Equal(t, proofs, again)
	})
	t.Run("what isn't there", func(t *testing.T) {
		unknown := queries[0]
		unknown.ID = "00000000-0000-8000-8000-000000000000"
		_, err := verify.ProveAll(t.Context(), w.store, []verify.Query{unknown}, verify.Options{})
		require.ErrorIs(t, err, verify.ErrNoEvent)
		unknown.Writer = "nobody"
		_, err = verify.ProveAll(t.Context(), w.store, []verify.Query{unknown}, verify.Options{})
		require.Error(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = verify.ProveAll(ctx, w.store, queries, verify.Options{})
		require.ErrorIs(t, err, context.Canceled)
	})
}
