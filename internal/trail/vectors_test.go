package trail

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/merkle"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/verify"
)

var update = flag.Bool("update", false, "write the vectors anew")

const vectors = "testdata/vectors"

// TestVectors makes the vectors of docs/format.md again and compares: a change of a stored byte is a change of the format.
func TestVectors(t *testing.T) {
	store := &faulty{bucket: newBucket(), random: rand.New(rand.NewPCG(7, 7))}
	now := time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)
	old, current := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	w := &writer{t: t, name: "vector-1", dir: t.TempDir(), state: &memory{}, store: store, now: &now, keys: []ed25519.PrivateKey{old}, random: store.random}
	upload := func() {
		w.append()
		w.upload()
	}
	w.plain = true
	w.start()
	w.log.Count("dropped.malformed", 2)
	upload()
	now = now.Add(time.Hour)
	w.until(w.log.Tick)
	w.until(w.log.Close)
	w.keys = []ed25519.PrivateKey{current, old}
	now = now.Add(2 * time.Hour)
	w.start()
	upload()
	for range 2 {
		now = now.Add(time.Hour)
		w.until(w.log.Tick)
	}
	w.until(w.log.Close)
	checkVectors(t, store.bucket, current, now)
}

func checkVectors(t *testing.T, b *bucket, key ed25519.PrivateKey, now time.Time) {
	public := key.Public().(ed25519.PublicKey)
	asPEM, err := MarshalPublicKey(public)
	require.NoError(t, err)
	want := map[string]string{"key.pem": string(asPEM), "roots.json": roots(t)}
	for key, content := range b.files() {
		want["bucket/"+key] = content
	}
	for key, content := range b.pointer {
		want["bucket/"+key] = string(content)
	}
	if *update {
		require.NoError(t, os.RemoveAll(vectors))
		for name, content := range want {
			name = filepath.Join(vectors, filepath.FromSlash(name))
			require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
			require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
		}
	}
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(vectors, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		found[filepath.ToSlash(strings.TrimPrefix(name, filepath.FromSlash(vectors)+string(filepath.Separator)))] = string(content)
		return err
	}))
	assert.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(found)))
	for name := range want {
		assert.Equal(t, want[name], found[name], name)
	}
	report, err := verify.Run(t.Context(), &faulty{bucket: b, random: rand.New(rand.NewPCG(1, 1))}, verify.Options{Keys: []ed25519.PublicKey{public}, Now: now})
	require.NoError(t, err)
	require.True(t, report.OK, "%+v", report.Findings)
	require.Empty(t, report.Findings)
}

// roots are those of trees whose leaf i is the decimal number i.
func roots(t *testing.T) string {
	out := map[string]Hash{}
	var tree merkle.Tree
	for i := range 70_000 {
		switch n := tree.Size(); n {
		case 0, 1, 2, 3, 7, 8, 255, 256, 257, 65_535, 65_536, 65_537, 69_999:
			out[fmt.Sprintf("%05d", n)] = Hash(tree.Root())
		}
		tree.Add(merkle.Leaf(fmt.Append(nil, i)))
	}
	text, err := json.MarshalIndent(out, "", "  ")
	require.NoError(t, err)
	return string(text) + "\n"
}

// compression of a writer's objects.
func (w *writer) options() seal.Options {
	if w.plain {
		return seal.Options{Spool: w.dir, Compression: layout.None}
	}
	return seal.Options{Spool: w.dir, Compression: layout.Zstd}
}
