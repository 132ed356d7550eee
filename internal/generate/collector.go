package generate

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"os"
	"sync/atomic"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/sealed"
	"github.com/agentaudit/agentaudit/internal/trail"
)

// rollupAfter is the exporter's default: how long after its end a UTC day's segments are joined.
const rollupAfter = 2 * time.Hour

// Result is what was written.
type Result struct {
	// Events are the lines in the segments, Bytes theirs with newlines.
	Events, Bytes int64
	// Objects are the segments, Stored their bytes in the bucket. Day objects hold the same once more.
	Objects, Stored int64
	// Key is the public key of all the bucket's logs.
	Key ed25519.PublicKey
}

func (r *Result) add(other Result) {
	r.Events, r.Bytes = r.Events+other.Events, r.Bytes+other.Bytes
	r.Objects, r.Stored = r.Objects+other.Objects, r.Stored+other.Stored
}

// signingKey follows from the seed.
func signingKey(seed uint64) ed25519.PrivateKey {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("agentaudit/generate/key"), seed))
	return ed25519.NewKeyFromSeed(sum[:])
}

func publicKey(seed uint64) ed25519.PublicKey {
	key, _ := signingKey(seed).Public().(ed25519.PublicKey)
	return key
}

// collector is one writer: it stamps lines, seals them and keeps the log, on its own clock.
type collector struct {
	name    string
	store   objstore.Store
	sealer  *seal.Sealer
	log     *trail.Log
	others  atomic.Bool // the log may see the other writers'
	beat    time.Duration
	now     time.Time // of the collector
	dropDir func()

	lines        []byte // of the segment that is being filled
	opened, last time.Time
	seq, seals   uint64
	result       Result
}

// options say what a collector is like.
type options struct {
	name  string
	seed  uint64
	start time.Time     // of its process
	beat  time.Duration // between entries of its log at most
}

func newCollector(ctx context.Context, store objstore.Store, o options) (*collector, error) {
	c := &collector{name: o.name, store: store, beat: o.beat, now: o.start}
	spool, err := os.MkdirTemp("", "agentaudit-generate-")
	if err != nil {
		return nil, fmt.Errorf("couldn't make a spool directory: %w", err)
	}
	c.dropDir = func() { _ = os.RemoveAll(spool) } // the system's temporary directory is cleared anyway
	if err := c.open(ctx, spool, signingKey(o.seed)); err != nil {
		c.dropDir()
		return nil, err
	}
	return c, nil
}

func (c *collector) open(ctx context.Context, spool string, key ed25519.PrivateKey) (err error) {
	if c.sealer, err = seal.New(seal.Options{Spool: spool, Compression: layout.Zstd}); err != nil {
		return err
	}
	signer, err := trail.NewSigner(c.name, key)
	if err != nil {
		return err
	}
	config := sha256.Sum256([]byte(c.name))
	pointer, _ := c.store.(objstore.Replacer)
	c.log, err = trail.Open(trail.Options{
		Writer: c.name, Bucket: bucketOf{c.store, &c.others}, Pointer: pointer, State: &stateOf{}, Signers: []trail.Signer{signer}, Spool: spool,
		Collector: "generate", ConfigHash: hex.EncodeToString(config[:]), Redaction: redactionVersion,
		Heartbeat: c.beat, Grace: rollupAfter, Now: func() time.Time { return c.now },
	})
	if err != nil {
		return err
	}
	return c.log.Start(ctx)
}

// add stamps a line, whose body [event.Event.AppendBody] made. Times of arrival don't fall.
func (c *collector) add(body []byte, at time.Time) {
	if at.Before(c.last) {
		at = c.last
	}
	if len(c.lines) == 0 {
		c.opened = at
	}
	c.last = at
	c.seq++
	c.lines = append(c.lines, body...)
	c.lines = append(event.AppendStamp(c.lines, c.name, c.seq, at, false), '\n')
	c.result.Events++
}

// advance lets time pass, and the log do what time asks for.
func (c *collector) advance(ctx context.Context, to time.Time) error {
	for c.now.Before(to) {
		if c.now = c.now.Add(c.beat); c.now.After(to) {
			c.now = to
		}
		if err := c.log.Tick(ctx); err != nil {
			return err
		}
	}
	return nil
}

// seal brings the segment into the bucket and into the log.
func (c *collector) seal(ctx context.Context) error {
	if len(c.lines) == 0 {
		return nil
	}
	if err := c.advance(ctx, c.last.Add(time.Second)); err != nil {
		return err
	}
	c.seals++
	segment := seal.Segment{Writer: c.name, Seal: c.seals, Lines: bytes.NewReader(c.lines), Size: int64(len(c.lines))}
	objects, err := c.sealer.Seal(ctx, segment, c.store)
	if err != nil {
		return err
	}
	c.result.Bytes += int64(len(c.lines))
	c.result.Objects += int64(len(objects))
	c.lines = c.lines[:0]
	for _, o := range objects {
		c.result.Stored += o.Stored
	}
	return c.log.Seal(ctx, sealed.Told(segment, objects, ""))
}

// closeDay seals what is left, and waits until the day of the last line has become day objects.
func (c *collector) closeDay(ctx context.Context) error {
	if err := c.seal(ctx); err != nil {
		return err
	}
	morning := layout.DateOf(c.now).AddDays(1).Start().Add(rollupAfter + time.Minute)
	if err := c.advance(ctx, morning); err != nil {
		return err
	}
	return c.advance(ctx, morning.Add(2*time.Minute)) // a tick joins one day
}

// close tells that the process ends. The logs of writers are closed one after the other, so that what each has seen of the others
// doesn't depend on which was quicker.
func (c *collector) close(ctx context.Context) error {
	c.others.Store(true)
	if err := c.advance(ctx, c.now.Add(6*time.Minute)); err != nil { // longer than a look at the others waits
		return err
	}
	return c.log.Close(ctx)
}

// bucketOf hides other writers' logs while they are being written.
type bucketOf struct {
	objstore.Store
	others *atomic.Bool
}

func (b bucketOf) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	if prefix == layout.TrailRoot && !b.others.Load() {
		return func(func(objstore.Info, error) bool) {}
	}
	return b.Store.List(ctx, prefix, after)
}

// stateOf is the log's state of a process that never crashes.
type stateOf struct{ content []byte }

func (m *stateOf) Load() ([]byte, error)     { return m.content, nil }
func (m *stateOf) Save(content []byte) error { m.content = content; return nil }
