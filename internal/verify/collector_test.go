package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/trail"
)

// Put and Replace make memory a store for the real writer.
func (m *memory) Put(_ context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error) {
	data, err := io.ReadAll(io.NewSectionReader(body.Reader, 0, body.Size))
	if err != nil {
		return objstore.Result{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, there := m.files[key]; there {
		if !bytes.Equal(old, data) {
			return objstore.Result{}, fmt.Errorf("%s: %w", key, objstore.ErrConflict)
		}
		return objstore.Result{Existed: true}, nil
	}
	info := objstore.Info{LockMode: opts.LockMode}
	if opts.LockMode.On() {
		info.RetainUntil = opts.RetainUntil
	}
	m.put(key, data, info)
	return objstore.Result{}, nil
}

func (m *memory) Replace(_ context.Context, key string, body objstore.Body, _ string) error {
	data, err := io.ReadAll(io.NewSectionReader(body.Reader, 0, body.Size))
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, key)
	m.put(key, data, objstore.Info{})
	return err
}

type stateInMemory struct{ data []byte }

func (s *stateInMemory) Load() ([]byte, error)  { return s.data, nil }
func (s *stateInMemory) Save(data []byte) error { s.data = bytes.Clone(data); return nil }

// realWriter is the real writer: internal/seal and internal/trail as the exporter uses them.
type realWriter struct {
	t      *testing.T
	store  *memory
	w      *writer // its clock, its numbers and its events
	state  *stateInMemory
	keys   []trail.Signer
	sealer *seal.Sealer
	log    *trail.Log
	spool  string
}

func newRealWriter(t *testing.T, w *writer) *realWriter {
	c := &realWriter{t: t, store: w.store, w: w, state: &stateInMemory{}, spool: t.TempDir()}
	var err error
	c.sealer, err = seal.New(seal.Options{Spool: c.spool, Compression: w.pack, LockMode: w.lock})
	require.NoError(t, err)
	c.rotate()
	c.open()
	return c
}

// rotate makes a key, which signs from the next start on.
func (c *realWriter) rotate() {
	text, err := trail.GenerateKey()
	require.NoError(c.t, err)
	keys, err := trail.ParsePrivateKeys(text)
	require.NoError(c.t, err)
	s, err := trail.NewSigner(c.w.name, keys[0])
	require.NoError(c.t, err)
	c.keys = append([]trail.Signer{s}, c.keys...)
	_, pub, err := parseVerifierKey(s.VerifierKey())
	require.NoError(c.t, err)
	c.w.key.pub = pub
}

func (c *realWriter) open() {
	l, err := trail.Open(trail.Options{
		Writer: c.w.name, Bucket: c.store, Pointer: c.store, State: c.state, Signers: c.keys, LockMode: c.w.lock, Spool: c.spool,
		Collector: "1", ConfigHash: strings.Repeat("c", 64), Redaction: "1", Grace: 2 * time.Hour,
		Now: func() time.Time { return c.w.now },
	})
	require.NoError(c.t, err)
	require.NoError(c.t, l.Start(c.t.Context()))
	c.log = l
}

func (c *realWriter) seal(lines []line) {
	w := c.w
	w.seal++
	var text bytes.Buffer
	first := w.seq + 1
	for _, l := range lines {
		w.seq++
		text.Write(w.eventLine(l, w.seq))
		text.WriteByte('\n')
	}
	segment := seal.Segment{Writer: w.name, Seal: uint64(w.seal), Lines: bytes.NewReader(text.Bytes()), Size: int64(text.Len())}
	objects, err := c.sealer.Seal(c.t.Context(), segment, c.store)
	require.NoError(c.t, err)
	s := trail.Seal{Seal: uint64(w.seal), FirstSeq: uint64(first), LastSeq: uint64(w.seq), Lines: len(lines)}
	if len(lines) == 0 {
		s.FirstSeq, s.LastSeq = 0, 0
	}
	for _, o := range objects {
		told := trail.Object{
			Key: o.Key, Tier: o.Tier, Day: trail.Day{Date: o.Day}, Lines: o.Lines, Damaged: o.Damaged, Bytes: o.Raw, Stored: o.Stored,
			SHA256: o.SHA256, Root: trail.Hash(o.Root), FirstSeq: o.FirstSeq, LastSeq: o.LastSeq,
		}
		if w.lock.On() {
			told.LockMode, told.LockedUntil = string(w.lock), trail.Time{Time: o.RetainUntil}
		}
		s.Objects = append(s.Objects, told)
	}
	require.NoError(c.t, c.log.Seal(c.t.Context(), s))
}

// pass lets minutes go by, with ticks.
func (c *realWriter) pass(d time.Duration) {
	for end := c.w.now.Add(d); c.w.now.Before(end); {
		c.w.now = c.w.now.Add(10 * time.Minute)
		require.NoError(c.t, c.log.Tick(c.t.Context()))
	}
}

// collectorBucket makes a bucket by the real writer.
func collectorBucket(t *testing.T, seed uint64, steps int) (*memory, []*writer) {
	store, ws := randomBucket(seed, 0)
	store.files, store.info = map[string][]byte{}, map[string]objstore.Info{}
	all := make([]*realWriter, len(ws))
	for i, w := range ws {
		w.now = testStart
		all[i] = newRealWriter(t, w)
	}
	rng := ws[0].rng
	for range steps {
		c := all[rng.IntN(len(all))]
		switch n := rng.IntN(16); {
		case n < 8:
			c.seal(c.w.randomLines(rng.IntN(12)))
		case n < 11:
			c.pass(time.Duration(rng.IntN(10)) * time.Hour)
		case n < 12:
			c.open()
		case n < 13:
			require.NoError(t, c.log.Close(t.Context()))
			c.rotate()
			c.open()
		case n < 14:
			require.NoError(t, c.log.Close(t.Context()))
			c.open()
		case n < 15:
			c.pass(20 * time.Minute)
		default: // more objects than one entry has room for
			lines := c.w.randomLines(90)
			for i := range lines {
				lines[i].at = c.w.now.AddDate(0, 0, -i)
			}
			c.seal(lines)
		}
	}
	for i, c := range all {
		if i == 0 || rng.IntN(2) == 0 {
			require.NoError(t, c.log.Close(t.Context()))
		}
	}
	return store, ws
}

// TestRealWriter holds the two implementations of the format against each other.
func TestRealWriter(t *testing.T) {
	runs := 150
	if testing.Short() {
		runs = 30
	}
	share(t, runs, func(t *testing.T, seed uint64) {
		store, all := collectorBucket(t, seed, int(seed%60))
		rep := look(t, store, all)
		require.Empty(t, violations(rep), "seed %d", seed)
		require.Len(t, rep.Writers, len(all))
	})
}

// TestVectors verifies the bucket that the format's specification ships.
func TestVectors(t *testing.T) {
	dir := filepath.Join("..", "trail", "testdata", "vectors")
	store, err := objstore.NewDir(filepath.Join(dir, "bucket"))
	require.NoError(t, err)
	file, err := os.ReadFile(filepath.Join(dir, "key.pem"))
	require.NoError(t, err)
	keys, err := ParseKeys(file)
	require.NoError(t, err)
	rep, err := Run(t.Context(), store, Options{Keys: keys})
	require.NoError(t, err)
	assert.Empty(t, violations(rep))
	require.Len(t, rep.Writers, 1)
	assert.Len(t, rep.Writers[0].Keys, 2)

	file, err = os.ReadFile(filepath.Join(dir, "roots.json"))
	require.NoError(t, err)
	var roots map[int64]digest
	require.NoError(t, json.Unmarshal(file, &roots))
	var grown tree
	for n := range slices.Max(slices.Collect(maps.Keys(roots))) + 1 {
		if want, ok := roots[n]; ok {
			assert.Equal(t, want, digest(grown.root()), n)
			delete(roots, n)
		}
		grown.add(tlog.RecordHash(strconv.AppendInt(nil, n, 10)))
	}
	assert.Empty(t, roots)
}
