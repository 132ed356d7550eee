package trail

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// faulty loses some puts and the answers of others.
type faulty struct {
	mu     sync.Mutex // seal puts objects side by side
	bucket *bucket
	random *rand.Rand
	rate   float64
}

func (f *faulty) lose() bool { return f.random.Float64() < f.rate }

func (f *faulty) Put(ctx context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lose() {
		return objstore.Result{}, errDown
	}
	r, err := f.bucket.Put(ctx, key, body, opts)
	if err == nil && f.lose() {
		return objstore.Result{}, errDown
	}
	return r, err
}

func (f *faulty) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bucket.Get(ctx, key)
}

func (f *faulty) Stat(_ context.Context, key string) (objstore.Info, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, ok := f.bucket.objects[key]
	if !ok {
		return objstore.Info{}, objstore.ErrNotFound
	}
	return objstore.Info{Key: key, Size: int64(len(content))}, nil
}

func (f *faulty) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		f.mu.Lock()
		var all []objstore.Info
		for info := range f.bucket.List(ctx, prefix, after) {
			info.Size = int64(len(f.bucket.objects[info.Key]))
			all = append(all, info)
		}
		f.mu.Unlock()
		for _, info := range all {
			if !yield(info, nil) {
				return
			}
		}
	}
}

const faultRate = 0.05

// writer is one collector, without its journal: a segment is made and kept until it is told of.
type writer struct {
	t       *testing.T
	name    string
	dir     string
	state   *memory
	store   *faulty
	now     *time.Time
	keys    []ed25519.PrivateKey
	random  *rand.Rand
	sealer  *seal.Sealer
	log     *Log
	seq     uint64
	segment seal.Segment // not told of yet
	replay  bool
	rate    float64 // of lost puts
	plain   bool    // objects are not compressed
}

func newKey(t *testing.T) ed25519.PrivateKey {
	text, err := GenerateKey()
	require.NoError(t, err)
	keys, err := ParsePrivateKeys(text)
	require.NoError(t, err)
	return keys[0]
}

// start is a start of the process. It goes on until the log has its start entry.
func (w *writer) start() {
	var signers []Signer
	for _, key := range w.keys {
		s, err := NewSigner(w.name, key)
		require.NoError(w.t, err)
		signers = append(signers, s)
	}
	var err error
	w.sealer, err = seal.New(w.options())
	require.NoError(w.t, err)
	w.log, err = Open(Options{
		Writer: w.name, Bucket: w.store, State: w.state, Signers: signers, Spool: w.dir,
		Collector: "1", ConfigHash: strings.Repeat("ab", 32), Redaction: "r1", Grace: 2 * time.Hour, Now: func() time.Time { return *w.now },
	})
	require.NoError(w.t, err)
	w.replay = w.segment.Seal > 0
	w.until(w.log.Start)
}

// until tries again until it works.
func (w *writer) until(do func(context.Context) error) {
	for range 1000 {
		err := do(w.t.Context())
		if err == nil {
			return
		}
		require.ErrorIs(w.t, err, errDown)
	}
	w.t.Fatal("never works")
}

// append makes a segment of new lines, some of them of other days.
func (w *writer) append() {
	var text strings.Builder
	lines, days := 1+w.random.IntN(20), 3
	if w.random.IntN(20) == 0 { // so many objects that their seal takes several entries
		lines, days = 300, 60
		w.store.rate = w.rate / 50 // nothing here tries a single put again
	}
	for range lines {
		w.seq++
		at := w.now.Add(-time.Duration(w.random.IntN(60)) * time.Minute)
		if w.random.IntN(10) == 0 || lines == 300 {
			at = at.AddDate(0, 0, -w.random.IntN(days))
		}
		e := event.Event{
			ID: fmt.Sprintf("0190163d-8694-839b-aea5-%012x", w.seq), Type: event.ToolCall, Timestamp: pcommon.NewTimestampFromTime(at),
			Reasoning: strings.Repeat("x", w.random.IntN(100)),
		}
		e.Retention.Tier, e.Retention.Days = event.Tiers[w.random.IntN(4)], event.IntOf(30)
		text.Write(event.AppendStamp(e.AppendBody(nil), w.name, w.seq, *w.now, false))
		text.WriteByte('\n')
	}
	w.segment = seal.Segment{Writer: w.name, Seal: w.segment.Seal + 1, Lines: strings.NewReader(text.String()), Size: int64(text.Len())}
}

// upload brings the segment into the bucket, with a crash now and then.
func (w *writer) upload() {
	defer func() { w.store.rate = w.rate }()
	for {
		w.segment.Replayed = w.replay
		objects, err := w.sealer.Seal(w.t.Context(), w.segment, w.store)
		if err == nil {
			err = w.tell(objects)
		}
		if err == nil {
			w.replay = false
			return
		}
		require.ErrorIs(w.t, err, errDown)
		if w.random.IntN(3) == 0 {
			w.start()
		}
	}
}

func (w *writer) tell(objects []seal.Object) error {
	s := Seal{Seal: w.segment.Seal, Replayed: w.segment.Replayed, FirstSeq: objects[0].FirstSeq}
	for _, o := range objects {
		s.Objects = append(s.Objects, Object{
			Key: o.Key, Tier: o.Tier, Day: Day{Date: o.Day}, Lines: o.Lines, Bytes: o.Raw, Stored: o.Stored,
			SHA256: o.SHA256, Root: Hash(o.Root), FirstSeq: o.FirstSeq, LastSeq: o.LastSeq,
		})
		s.Lines += o.Lines
		s.FirstSeq, s.LastSeq = min(s.FirstSeq, o.FirstSeq), max(s.LastSeq, o.LastSeq)
	}
	return w.log.Seal(w.t.Context(), s)
}

// Several collectors live for some days, with faults, crashes, late events and a change of keys. The verifier, which shares
// no code with this package, finds nothing to complain of.
func TestTheVerifierAgrees(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			store := &faulty{bucket: newBucket(), random: random, rate: faultRate}
			now := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
			var writers []*writer
			var keys []ed25519.PublicKey
			for i := range 3 {
				w := &writer{t: t, name: fmt.Sprint("w-", i), dir: t.TempDir(), state: &memory{}, store: store, now: &now, keys: []ed25519.PrivateKey{newKey(t)}, random: random, rate: faultRate}
				keys = append(keys, w.keys[0].Public().(ed25519.PublicKey))
				w.start()
				writers = append(writers, w)
			}
			for range 60 {
				for range random.IntN(12) {
					now = now.Add(4 * time.Minute)
					for _, w := range writers {
						w.until(w.log.Tick)
					}
				}
				for _, w := range writers {
					w.log.Count("duplicate", uint64(random.IntN(2)))
					if random.IntN(2) == 0 {
						w.append()
						w.upload()
					}
					switch random.IntN(60) {
					case 0:
						w.until(w.log.Close)
						w.start()
					case 1:
						w.start()
					case 3: // an outage of the bucket
						now = now.Add(5 * time.Hour)
						for _, w := range writers {
							w.log.Count("unreachable_seconds", 5*60*60)
						}
					case 2:
						if len(w.keys) == 1 {
							w.keys = append([]ed25519.PrivateKey{newKey(t)}, w.keys...)
							w.start()
						}
					}
				}
			}
			for _, w := range writers {
				w.until(w.log.Close)
			}
			report, err := verify.Run(t.Context(), store, verify.Options{Keys: keys, Now: now.Add(time.Hour)})
			require.NoError(t, err)
			if !report.OK || report.Violations+report.Notes > 0 {
				text, _ := json.MarshalIndent(report.Findings[:min(len(report.Findings), 8)], "", " ")
				t.Fatalf("%v\n%s", report.Counts, text)
			}
			require.NotZero(t, report.Objects)
			left, err := os.ReadDir(writers[0].dir)
			require.NoError(t, err)
			require.Empty(t, left, "spool files are removed")
		})
	}
}
