package verify

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines makes some events of the last day or two.
func (w *writer) randomLines(n int) []line {
	lines := make([]line, n)
	for i := range lines {
		at := w.now.Add(-time.Duration(w.rng.IntN(90)) * time.Minute)
		if w.rng.IntN(40) == 0 {
			at = at.AddDate(0, 0, -w.rng.IntN(3))
		}
		lines[i] = line{tier: event.Tiers[w.rng.IntN(len(event.Tiers))], at: at, text: fmt.Sprintf(`{"n":%d}`, w.rng.IntN(1e6))}
	}
	return lines
}

// randomBucket makes a clean bucket: one to three writers that do anything a writer may do.
func randomBucket(seed uint64, steps int) (*memory, []*writer) {
	rng := rand.New(rand.NewPCG(seed, 1))
	store := newMemory()
	var all []*writer
	for i := range 1 + rng.IntN(3) {
		w := newWriter(store, rng, fmt.Sprintf("w%d", i))
		w.pack = layout.Compression(rng.IntN(3))
		if rng.IntN(2) == 0 {
			w.lock = objstore.LockGovernance
		}
		all = append(all, w)
	}
	for _, w := range all {
		w.others = all
		w.start()
	}
	for range steps {
		all[rng.IntN(len(all))].randomStep()
	}
	for _, w := range all {
		if rng.IntN(4) > 0 {
			w.closing()
		}
	}
	return store, all
}

func (w *writer) randomStep() {
	switch n := w.rng.IntN(20); {
	case n < 9:
		lines := w.randomLines(w.rng.IntN(12))
		if len(lines) > 2 && w.rng.IntN(10) == 0 {
			lines[1].damaged = true
		}
		w.sealLines(lines, 1+w.rng.IntN(2)*w.rng.IntN(4))
	case n < 11:
		w.pass(time.Duration(w.rng.IntN(120)) * time.Minute)
	case n < 12:
		w.pass(time.Duration(w.rng.IntN(36)) * time.Hour)
	case n < 13:
		w.rotate()
	case n < 14:
		w.closing()
		w.start()
	case n < 15:
		w.now = w.now.Add(time.Duration(w.rng.IntN(10)) * time.Hour)
		w.start()
	case n < 17:
		w.closeDay()
		if w.dailyOn.Valid() {
			w.rollup(w.dailyOn, w.rng.IntN(2) == 0)
		}
	case n < 18:
		w.counts = map[string]int64{"dropped.malformed": 2, "duplicate": 1}
		w.heartbeat()
	case n < 19:
		w.publish()
	default:
		w.commit(entry{Kind: kindHeartbeat, ConfigHash: fmt.Sprintf("%064x", w.rng.Uint64())})
	}
}

func latest(all []*writer) time.Time {
	now := testStart
	for _, w := range all {
		if w.now.After(now) {
			now = w.now
		}
	}
	return now
}

func keysOf(all []*writer) (keys []ed25519.PublicKey) {
	for _, w := range all {
		keys = append(keys, w.key.pub)
	}
	return keys
}

// look verifies a bucket of writers as an auditor with their keys does, at the end of its last day.
func look(t testing.TB, store Store, all []*writer, change ...func(*Options)) Report {
	t.Helper()
	opts := Options{Keys: keysOf(all), CheckLocks: true, CheckVersions: true, Now: latest(all).Add(time.Minute), MaxLine: 1 << 20}
	for _, c := range change {
		c(&opts)
	}
	if m, ok := store.(interface{ forget() }); ok {
		m.forget()
	}
	rep, err := Run(t.Context(), store, opts)
	require.NoError(t, err)
	return rep
}

// share runs a test for 0 ≤ seed < runs, on all cores.
func share(t *testing.T, runs int, test func(t *testing.T, seed uint64)) {
	cores := max(1, min(runtime.GOMAXPROCS(0), runs))
	for core := range cores {
		t.Run(strconv.Itoa(core), func(t *testing.T) {
			t.Parallel()
			for seed := core; seed < runs; seed += cores {
				test(t, uint64(seed)) //nolint:gosec // not negative
			}
		})
	}
}

func violations(rep Report) (list []string) {
	for _, f := range rep.Findings {
		if !f.Note && f.Kind != LogUnfinished {
			list = append(list, f.String())
		}
	}
	return list
}

// TestCleanBuckets finds nothing in buckets that nobody touched. CLEAN_RUNS asks for more of them than a usual test run has
// time for.
func TestCleanBuckets(t *testing.T) {
	runs := 500
	if n, err := strconv.Atoi(os.Getenv("CLEAN_RUNS")); err == nil {
		runs = n
	} else if testing.Short() {
		runs = 100
	}
	share(t, runs, func(t *testing.T, seed uint64) {
		steps := 1 + seed%12
		if seed%20 == 0 {
			steps = 60
		}
		store, all := randomBucket(seed, int(steps))
		rep := look(t, store, all)
		if bad := violations(rep); len(bad) > 0 {
			require.Empty(t, bad, "seed %d", seed)
		}
		require.Len(t, rep.Writers, len(all))
	})
}

// TestTrustAtEveryStep verifies a growing bucket again and again, from what was verified before.
func TestTrustAtEveryStep(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		store := newMemory()
		w := newWriter(store, rng, "w0")
		w.lock = objstore.LockCompliance
		w.start()
		var trust *Trust
		for range 12 {
			for range rng.IntN(6) {
				w.randomStep()
			}
			rep := look(t, store, []*writer{w}, func(o *Options) { o.Keys, o.Trust = nil, trust })
			require.Empty(t, violations(rep), "seed %d", seed)
			data, err := rep.Trust.Encode()
			require.NoError(t, err)
			trust, err = ParseTrust(data)
			require.NoError(t, err)
			require.Equal(t, int64(len(w.leaves)), trust.Writers["w0"].Size)
		}
	}
}

// TestSince reads what is new, and misses what is gone all the same.
func TestSince(t *testing.T) {
	c := scene(t, layout.Zstd, nil)
	since := func(o *Options) { o.Since = c.oldAt }
	rep := look(t, c.store, c.all, since)
	assert.Empty(t, rep.Findings)
	assert.Positive(t, rep.Objects)
	assert.Positive(t, rep.Skipped)
	assert.Empty(t, rep.Trust.Writers, "what was not read is not trusted")
	c.drop(c.segments(0)[13])
	rep = look(t, c.store, c.all, since)
	require.Len(t, rep.Findings, 1)
	assert.Equal(t, ObjectMissing, rep.Findings[0].Kind)
}

// TestExpired tells violations of a lock from what may go.
func TestExpired(t *testing.T) {
	c := scene(t, layout.Zstd, nil)
	c.drop(c.victim())
	rep := look(t, c.store, c.all, func(o *Options) { o.Now = o.Now.AddDate(0, 0, 29) })
	assert.Equal(t, 1, rep.Counts[ObjectMissing])
	rep = look(t, c.store, c.all, func(o *Options) { o.Now = o.Now.AddDate(0, 0, 35) })
	assert.Equal(t, map[Kind]int{ObjectExpired: 1}, rep.Counts)
	assert.True(t, rep.OK)
}

func TestPublishedKey(t *testing.T) {
	store, all := randomBucket(3, 10)
	assert.True(t, look(t, store, all, func(o *Options) { o.Keys = nil }).PublishedKeys)
	assert.False(t, look(t, store, all).PublishedKeys)
}

// failing makes every so-manieth request fail once.
type failing struct {
	*memory
	n    atomic.Int64
	each int64
	err  error
}

func (f *failing) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if f.n.Add(1)%f.each == 0 {
		return nil, f.err
	}
	return f.memory.Get(ctx, key)
}

func (f *failing) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		for info, err := range f.memory.List(ctx, prefix, after) {
			if f.n.Add(1)%f.each == 0 {
				yield(objstore.Info{}, f.err)
				return
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

// TestFaults wants passing errors overcome, and others to end the run with an error, never with a finding.
func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := scene(t, layout.Zstd, nil)
		rep := look(t, &failing{memory: c.store, each: 7, err: objstore.ErrThrottled}, c.all)
		assert.Empty(t, rep.Findings)
		for _, err := range []error{objstore.ErrDenied, objstore.ErrNoBucket} {
			_, got := Run(t.Context(), &failing{memory: c.store, each: 50, err: err}, Options{Keys: keysOf(c.all)})
			assert.ErrorIs(t, got, err)
		}
		_, got := Run(t.Context(), &failing{memory: c.store, each: 1, err: objstore.ErrThrottled}, Options{})
		assert.ErrorIs(t, got, objstore.ErrThrottled)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, got = Run(ctx, c.store, Options{})
		assert.ErrorIs(t, got, context.Canceled)
	})
}

// TestProof proves events of buckets with rotations, and refuses every change of a proof.
func TestProof(t *testing.T) {
	c := scene(t, layout.Zstd, nil)
	first := newWriter(newMemory(), rand.New(rand.NewPCG(7, 7)), "w0").key.pub // w0's key before its rotation
	for _, seq := range []int64{1, 40, 100, c.w(0).seq} {
		id := uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "w0-%d", seq)).String()
		p, err := Prove(t.Context(), c.store, id, Options{})
		require.NoError(t, err)
		data, err := p.Encode()
		require.NoError(t, err)
		p, err = ParseProof(data)
		require.NoError(t, err)
		assert.Contains(t, p.Line, id)
		require.NoError(t, p.Check(keysOf(c.all)[:1]))
		require.NoError(t, p.Check([]ed25519.PublicKey{first}), "by the key before the rotation")
		require.Error(t, p.Check(keysOf(c.all)[1:]), "another writer's key")
		for name, change := range map[string]func(*Proof){
			"line":       func(p *Proof) { p.Line = strings.Replace(p.Line, `"a"`, `"b"`, 1) },
			"index":      func(p *Proof) { p.LineIndex++ },
			"path":       func(p *Proof) { p.LinePath[0][0]++ },
			"object":     func(p *Proof) { p.Object += "x" },
			"writer":     func(p *Proof) { p.Writer = "w1" },
			"entry":      func(p *Proof) { p.Entry = strings.Replace(p.Entry, `"lines":6`, `"lines":5`, 1) },
			"entry path": func(p *Proof) { p.EntryPath = p.EntryPath[1:] },
			"checkpoint": func(p *Proof) { p.Checkpoint = string(c.store.files[c.checkpoint(0, 3)]) },
		} {
			bad, err := ParseProof(data)
			require.NoError(t, err)
			change(bad)
			assert.Error(t, bad.Check(keysOf(c.all)[:1]), name)
		}
	}
	_, err := Prove(t.Context(), c.store, uuid.NewString(), Options{})
	assert.ErrorIs(t, err, ErrNoEvent)
	c.change(c.victim(), func(b []byte) []byte {
		return packed(layout.Zstd, bytes.ReplaceAll(unpacked(layout.Zstd, b), []byte(`"text"`), []byte(`"next"`)))
	})
	h, err := event.ReadHeader(bytes.SplitN(unpacked(layout.Zstd, c.store.files[c.victim()]), []byte("\n"), 2)[0])
	require.NoError(t, err)
	_, err = Prove(t.Context(), c.store, h.ID, Options{})
	assert.ErrorIs(t, err, ErrNotProven)
}

func TestTreeIsTlogs(t *testing.T) {
	var edge tree
	var all hashes
	for i := range int64(600) {
		leaf := tlog.RecordHash(fmt.Append(nil, i))
		edge.add(leaf)
		require.NoError(t, all.add(i, leaf))
		want, err := tlog.TreeHash(i+1, &all)
		require.NoError(t, err)
		require.Equal(t, want, edge.root())
	}
}

func TestPaths(t *testing.T) {
	assert.Equal(t, "entry/000000012/345", numbered(dirEntries, 12345))
	assert.Equal(t, "tile/0/x001/234", tilePath("0", 1234))
	assert.Equal(t, "tile/entries/x001/x234/067.p/8", tileName{"entries", 1234067, 8}.path())
	for _, path := range []string{"tile/0/1234", "tile/0/x000/001", "tile/0/001.p/0", "tile/0/001.p/256", "tile/64/001", "tile/x/001", "tile/0/001/", "tile/00/001"} {
		_, ok := parseTile(path)
		assert.False(t, ok, path)
	}
	n, ok := parseTile("tile/3/x001/234.p/255")
	assert.True(t, ok)
	assert.Equal(t, tileName{"3", 1234, 255}, n)
}

func TestKeyFiles(t *testing.T) {
	s := newSigner(rand.New(rand.NewPCG(1, 1)), "w")
	der, err := x509.MarshalPKIXPublicKey(s.pub)
	require.NoError(t, err)
	file := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	for _, text := range [][]byte{file, []byte(s.vkey), []byte("# ours\n" + s.vkey + "\n")} {
		keys, err := ParseKeys(text)
		require.NoError(t, err)
		assert.True(t, keys[0].Equal(s.pub))
	}
	for _, text := range []string{"", "x", "a+b+c", strings.Replace(string(file), "PUBLIC", "PRIVATE", 2), s.vkey[:len(s.vkey)-4]} {
		_, err := ParseKeys([]byte(text))
		assert.Error(t, err, text)
	}
}

func FuzzEntry(f *testing.F) {
	store, _ := randomBucket(5, 30)
	for key, data := range store.files {
		if strings.Contains(key, "/"+dirEntries) {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := parseEntry(data)
		if err != nil {
			return
		}
		again, err := encode(e)
		require.NoError(t, err)
		require.Equal(t, string(data), string(again))
	})
}

func FuzzCheckpoint(f *testing.F) {
	s := newSigner(rand.New(rand.NewPCG(1, 1)), "w")
	f.Add(signedCheckpoint("w", 7, tlog.Hash{}, s))
	key, _, err := parseVerifierKey(s.vkey)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := openCheckpoint("w", data, key); err == nil { // nobody forges it
			require.Equal(t, checkpoint{7, tlog.Hash{}}, c)
		}
	})
}

func FuzzBundle(f *testing.F) {
	f.Add(bundleOf([][]byte{[]byte("a"), []byte("bc"), nil}))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries := splitBundle(data)
		require.LessOrEqual(t, len(entries), tileWidth)
		require.True(t, bytes.HasPrefix(data, bundleOf(entries)))
	})
}

func FuzzProof(f *testing.F) {
	f.Add([]byte(`{"schema":"agentaudit/proof/v1","line_path":[],"entry":"{}"}`))
	key := newSigner(rand.New(rand.NewPCG(1, 1)), "w").pub
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := ParseProof(data); err == nil {
			require.Error(t, p.Check([]ed25519.PublicKey{key}))
		}
	})
}

// FuzzObject wants no object to crash the scanner, to take memory without bound, or to pass for another.
func FuzzObject(f *testing.F) {
	text := []byte("a\nb\n")
	for _, c := range compressions {
		f.Add(uint8(c), packed(c, text))
	}
	scans := newScanners(1, 1<<16)
	f.Fuzz(func(t *testing.T, c uint8, data []byte) {
		s := <-scans.free
		defer func() { scans.free <- s }()
		facts, err := s.scan(bytes.NewReader(data), "w", layout.Compression(c%3), &object{Stored: int64(len(data)), Bytes: 4})
		require.NoError(t, err)
		require.Equal(t, digest(sha256.Sum256(data)), facts.sum)
		require.LessOrEqual(t, facts.bytes, int64(4+moreLines+1<<17))
	})
}
