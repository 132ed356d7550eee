package trail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/merkle"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

var (
	noon    = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("connection lost")
)

// bucket is a store in memory that creates and never changes, and fails when told to.
type bucket struct {
	objects map[string][]byte
	locks   map[string]time.Time
	pointer map[string][]byte
	// before and after a put takes effect; an error is the put's answer.
	before, after func(key string) error
}

func newBucket() *bucket {
	return &bucket{objects: map[string][]byte{}, locks: map[string]time.Time{}, pointer: map[string][]byte{}}
}

func (b *bucket) Put(_ context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error) {
	if err := objstore.ValidateKey(key); err != nil {
		return objstore.Result{}, err
	}
	if b.before != nil {
		if err := b.before(key); err != nil {
			return objstore.Result{}, err
		}
	}
	content, err := io.ReadAll(io.NewSectionReader(body.Reader, 0, body.Size))
	if err != nil || sha256.Sum256(content) != body.SHA256 || int64(len(content)) != body.Size {
		return objstore.Result{}, fmt.Errorf("%w: %w", objstore.ErrChecksum, err)
	}
	old, existed := b.objects[key]
	if existed && !bytes.Equal(old, content) {
		return objstore.Result{}, fmt.Errorf("%w: %q is\n%s\nand should be\n%s", objstore.ErrConflict, key, old, content)
	}
	b.objects[key] = content
	if opts.LockMode.On() && !existed {
		b.locks[key] = opts.RetainUntil
	}
	if b.after != nil {
		if err := b.after(key); err != nil {
			return objstore.Result{}, err
		}
	}
	return objstore.Result{Existed: existed}, nil
}

func (b *bucket) Get(_ context.Context, key string) (io.ReadCloser, error) {
	content, ok := b.objects[key]
	if !ok {
		return nil, fmt.Errorf("%w: %q", objstore.ErrNotFound, key)
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (b *bucket) List(_ context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(b.objects)) {
			if strings.HasPrefix(key, prefix) && key > after && !yield(objstore.Info{Key: key}, nil) {
				return
			}
		}
	}
}

func (b *bucket) Replace(_ context.Context, key string, body objstore.Body, _ string) error {
	content, err := io.ReadAll(io.NewSectionReader(body.Reader, 0, body.Size))
	b.pointer[key] = content
	return err
}

// memory is a Durable that fails when told to.
type memory struct {
	content       []byte
	before, after func() error
}

func (m *memory) Load() ([]byte, error) { return m.content, nil }

func (m *memory) Save(content []byte) error {
	if m.before != nil {
		if err := m.before(); err != nil {
			return err
		}
	}
	m.content = bytes.Clone(content)
	if m.after != nil {
		return m.after()
	}
	return nil
}

// world is one writer with its bucket, its journal's directory and its clock.
type world struct {
	t         *testing.T
	writer    string
	bucket    *bucket
	state     *memory
	signers   []Signer
	now       time.Time
	mode      objstore.LockMode
	spool     string
	grace     time.Duration
	heartbeat time.Duration
	config    string
	writes    int // counted by who makes them fail
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, writer: "w-1", bucket: newBucket(), state: &memory{}, signers: []Signer{newSigner(t, "w-1")}, now: noon,
		spool: t.TempDir(), config: "c1", grace: 2 * time.Hour,
	}
}

func newSigner(t *testing.T, writer string) Signer {
	text, err := GenerateKey()
	require.NoError(t, err)
	keys, err := ParsePrivateKeys(text)
	require.NoError(t, err)
	s, err := NewSigner(writer, keys[0])
	require.NoError(t, err)
	return s
}

// open is a start of the process.
func (w *world) open() *Log {
	l, err := Open(w.options())
	require.NoError(w.t, err)
	return l
}

func (w *world) options() Options {
	return Options{
		Writer: w.writer, Bucket: w.bucket, Pointer: w.bucket, State: w.state, Signers: w.signers, LockMode: w.mode, Spool: w.spool,
		Collector: "1.0.0", ConfigHash: w.config, Redaction: "r1", Grace: w.grace, Heartbeat: w.heartbeat,
		Now: func() time.Time { return w.now },
	}
}

// seal is a segment of some lines, all of one tier and day, which it puts.
func (w *world) seal(n uint64, day time.Time, lines ...string) Seal {
	s := Seal{Seal: n, FirstSeq: n*100 + 1, LastSeq: n*100 + uint64(len(lines)), Lines: len(lines)}
	if len(lines) == 0 {
		return s
	}
	text := strings.Join(lines, "\n") + "\n"
	key := layout.Segment{Tier: "info", Date: layout.DateOf(day), Writer: w.writer, Seal: n}.Key()
	w.bucket.objects[key] = []byte(text)
	roots := merkle.NewLines()
	_, _ = roots.Write([]byte(text))
	o := Object{
		Key: key, Tier: "info", Day: DayOf(day), Lines: len(lines), Bytes: int64(len(text)), Stored: int64(len(text)),
		SHA256: sha256.Sum256([]byte(text)), Root: Hash(roots.Root()), FirstSeq: s.FirstSeq, LastSeq: s.LastSeq,
	}
	if w.mode.On() {
		o.LockMode, o.LockedUntil = string(w.mode), Time{day.AddDate(0, 0, 31)}
	}
	s.Objects = []Object{o}
	return s
}

func (w *world) get(path string) []byte {
	content, ok := w.bucket.objects[layout.Trail{Writer: w.writer, Path: path}.Key()]
	require.True(w.t, ok, path)
	return content
}

// check verifies the whole log by the letter of docs/format.md, the slow way, and returns the entries.
func (w *world) check() []*Entry {
	t := w.t
	var newest uint64
	for info := range w.bucket.List(t.Context(), layout.TrailPrefix(w.writer)+CheckpointDir, "") {
		size, ok := ParseCheckpointPath(strings.TrimPrefix(info.Key, layout.TrailPrefix(w.writer)))
		require.True(t, ok, info.Key)
		require.Greater(t, size, newest, "checkpoints sort by size")
		newest = size
	}
	var leaves []merkle.Hash
	var entries []*Entry
	var seal uint64
	key := ""
	for i := range newest {
		text := w.get(EntryPath(i))
		e, err := ParseEntry(text)
		require.NoError(t, err, "%s", text)
		require.Equal(t, i, e.Index)
		require.Equal(t, w.writer, e.Writer)
		leaves = append(leaves, merkle.Leaf(text))
		entries = append(entries, e)
		signed := []string{}
		switch e.Kind {
		case KindStart:
			if key != "" {
				require.Equal(t, key, e.Start.Key)
			}
			key = e.Start.Key
		case KindRotation:
			require.Equal(t, key, e.Rotation.Old)
			require.NoError(t, e.Rotation.Check(w.writer, i))
			signed = append(signed, key)
			key = e.Rotation.New
		case KindSeal:
			if e.Seal.Part <= 1 {
				seal++
			}
			require.Equal(t, seal, e.Seal.Seal)
		case KindDaily:
			w.checkDaily(e, entries)
		case KindRollup:
			w.checkRollup(e, entries)
		}
		w.checkCheckpoint(i+1, merkle.Root(leaves), append(signed, key))
	}
	w.checkTiles(leaves)
	return entries
}

func (w *world) checkCheckpoint(size uint64, root merkle.Hash, vkeys []string) {
	text, ok := w.bucket.objects[layout.Trail{Writer: w.writer, Path: CheckpointPath(size)}.Key()]
	if !ok {
		return
	}
	for _, vkey := range vkeys {
		v, err := note.NewVerifier(vkey)
		require.NoError(w.t, err)
		c, _, err := OpenCheckpoint(text, v)
		require.NoError(w.t, err)
		require.Equal(w.t, Checkpoint{Origin(w.writer), size, root}, c)
	}
}

func (w *world) checkDaily(e *Entry, entries []*Entry) {
	d := e.Daily
	require.Equal(w.t, e.Index, d.To)
	file := w.bucket.objects[d.Key]
	require.Equal(w.t, Hash(sha256.Sum256(file)), d.SHA256, d.Key)
	require.EqualValues(w.t, len(file), d.Bytes)
	lines := strings.Split(strings.TrimSuffix(string(file), "\n"), "\n")
	require.Len(w.t, lines, int(d.To-d.From))
	for i, line := range lines {
		require.Equal(w.t, string(w.get(EntryPath(d.From+uint64(i)))), line)
	}
	from := uint64(0)
	for i := e.Index; i > 0 && from == 0; i-- {
		if entries[i-1].Kind == KindDaily {
			require.Equal(w.t, d.From, i-1)
			break
		}
	}
}

func (w *world) checkRollup(e *Entry, entries []*Entry) {
	for _, o := range e.Rollup.Objects {
		content, index := w.bucket.objects[o.Key], w.bucket.objects[o.IndexKey]
		require.Equal(w.t, o.SHA256, Hash(sha256.Sum256(content)))
		require.Equal(w.t, o.IndexSHA256, Hash(sha256.Sum256(index)))
		var offset int64
		n := 0
		for line := range strings.Lines(string(index)) {
			p, err := ParsePiece([]byte(strings.TrimSuffix(line, "\n")))
			require.NoError(w.t, err)
			require.Equal(w.t, offset, p.Offset)
			require.Equal(w.t, p.SHA256, Hash(sha256.Sum256(content[p.Offset:p.Offset+p.Stored])))
			require.Equal(w.t, w.bucket.objects[p.Key], content[p.Offset:p.Offset+p.Stored])
			require.Equal(w.t, KindSeal, entries[p.Entry].Kind)
			offset, n = offset+p.Stored, n+1
		}
		require.Equal(w.t, o.Stored, offset)
		require.Equal(w.t, o.Segments, n)
	}
}

// checkTiles checks every tile and bundle in the bucket against the leaves, and that the full ones are all there.
func (w *world) checkTiles(leaves []merkle.Hash) {
	t := w.t
	level := leaves
	for l := 0; len(level) > 0; l++ {
		var next []merkle.Hash
		for n := range (len(level) + tileWidth - 1) / tileWidth {
			tile := level[n*tileWidth : min(len(level), (n+1)*tileWidth)]
			flat := slices.Concat(slices.Collect(func(yield func([]byte) bool) {
				for _, h := range tile {
					if !yield(h[:]) {
						return
					}
				}
			})...)
			if len(tile) == tileWidth {
				require.Equal(t, flat, w.get(TilePath(l, uint64(n), 0)))
				next = append(next, merkle.Root(tile))
			}
			for width := 1; width <= len(tile); width++ {
				key := layout.Trail{Writer: w.writer, Path: TilePath(l, uint64(n), width)}.Key()
				if content, ok := w.bucket.objects[key]; ok {
					assert.Equal(t, flat[:width*sha256.Size], content, key)
				}
			}
		}
		level = next
	}
	for n := range len(leaves) / tileWidth {
		entries, ok := ParseBundle(w.get(BundlePath(uint64(n), 0)))
		require.True(t, ok)
		require.Len(t, entries, tileWidth)
		for i, e := range entries {
			require.Equal(t, leaves[n*tileWidth+i], merkle.Leaf(e))
		}
	}
}
