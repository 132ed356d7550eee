package agentaudits3exporter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/agentaudit/agentaudit/internal/journal/journaltest"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// mishap is what befalls one request to the simulated bucket.
type mishap int

const (
	fine        mishap = iota
	refused            // an answer that is an error; nothing was done
	short              // the connection breaks in the middle of the body; nothing was done
	silent             // no answer until the client gives up; nothing was done
	lost               // done, and the answer lost
	silentDone         // done, and no answer until the client gives up
	killedFirst        // the collector dies before the request has arrived
	killedAfter        // the collector dies before the answer has arrived
	mishaps            // how many there are
)

// refusals are the answers of a bucket that doesn't do what it is asked for.
var refusals = []error{
	objstore.ErrDenied, objstore.ErrThrottled, objstore.ErrClockSkew, objstore.ErrNoBucket, objstore.ErrChecksum,
	errors.New("InternalError (500)"), errors.New("connection reset by peer"),
}

var errDead = errors.New("the process is dead")

// simBucket is a bucket in memory, for a simulated life of collectors. Each request takes its time on the fake clock, and
// then something befalls it, or not. Both follow from the seed, the key and the attempt alone, not from the order in
// which requests come: so side by side they end one after the other, in the same order each time.
type simBucket struct {
	seed  uint64
	disk  *journaltest.FS // of the collector; it crashes when the collector does
	wrong func(format string, args ...any)

	mu       sync.Mutex
	rate     float64 // of mishaps
	objects  map[string][]byte
	attempts map[string]uint64
	late     map[string][]byte // requests of the dead that are still under way
	requests int
}

func newSimBucket(seed uint64, disk *journaltest.FS, wrong func(string, ...any)) *simBucket {
	return &simBucket{seed: seed, disk: disk, wrong: wrong, objects: map[string][]byte{}, attempts: map[string]uint64{}, late: map[string][]byte{}}
}

// fate is what befalls a request, and how long it takes.
type fate struct {
	mishap  mishap
	answer  error
	delay   time.Duration
	arrives int // of one whose sender dies under way: 0 never, 1 at once, 2 later
}

func (b *simBucket) fate(op, key string) fate {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests++
	b.attempts[op+key]++
	r := rand.New(rand.NewPCG(b.seed^xxhash.Sum64String(op+key), b.attempts[op+key]))
	f := fate{delay: time.Millisecond + time.Duration(r.Int64N(int64(40*time.Millisecond))), arrives: r.IntN(3), answer: refusals[r.IntN(len(refusals))]}
	if r.Float64() < b.rate {
		f.mishap = 1 + mishap(r.IntN(int(mishaps)-1))
		if (f.mishap == silent || f.mishap == silentDone) && r.IntN(2) > 0 {
			f.mishap = refused
		}
	}
	return f
}

// pass lets the time of a request pass. It returns what its sender is told if nothing is to be done.
func (b *simBucket) pass(ctx context.Context, f fate) error {
	select {
	case <-time.After(f.delay):
	case <-ctx.Done():
		return ctx.Err()
	}
	switch f.mishap {
	case refused:
		return f.answer
	case silent:
		<-ctx.Done()
		return ctx.Err()
	case killedFirst:
		b.disk.Crash()
	}
	if b.disk.Crashed() {
		return errDead
	}
	return nil
}

// told is what the sender of a request that was done learns.
func (b *simBucket) told(ctx context.Context, f fate) error {
	switch f.mishap {
	case lost:
		return errors.New("connection reset by peer")
	case silentDone:
		<-ctx.Done()
		return ctx.Err()
	case killedAfter:
		b.disk.Crash()
	}
	if b.disk.Crashed() {
		return errDead
	}
	return nil
}

// Put implements objstore.Store.
func (b *simBucket) Put(ctx context.Context, key string, body objstore.Body, _ objstore.PutOptions) (objstore.Result, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		b.wrong("put %q without a deadline", key)
	}
	if err := objstore.ValidateKey(key); err != nil {
		b.wrong("put: %v", err)
	}
	content := make([]byte, body.Size)
	if n, err := body.Reader.ReadAt(content, 0); int64(n) != body.Size {
		b.wrong("put %q: a body of %d bytes, not %d: %v", key, n, body.Size, err)
	}
	if sha256.Sum256(content) != body.SHA256 {
		b.wrong("put %q: a body of another hash", key)
	}
	f := b.fate("put", key)
	if err := b.pass(ctx, f); err != nil {
		b.orphan(f, key, content)
		return objstore.Result{}, err
	}
	if f.mishap == short {
		return objstore.Result{}, io.ErrUnexpectedEOF
	}
	existed, err := b.create(key, content)
	if err != nil {
		return objstore.Result{}, err
	}
	return objstore.Result{Existed: existed}, b.told(ctx, f)
}

// orphan is a request whose sender has died: it may arrive all the same, now or in the life of the next one.
func (b *simBucket) orphan(f fate, key string, content []byte) {
	if !b.disk.Crashed() || f.mishap == refused || f.mishap == silent {
		return
	}
	if f.arrives == 1 {
		_, _ = b.create(key, content)
	}
	if f.arrives == 2 {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.late[key] = content
	}
}

// arrive has the requests of the dead arrive.
func (b *simBucket) arrive() {
	b.mu.Lock()
	late := b.late
	b.late = map[string][]byte{}
	b.mu.Unlock()
	for key, content := range late {
		_, _ = b.create(key, content)
	}
}

// create creates an object once. Other bytes under a key are what must never be.
func (b *simBucket) create(key string, content []byte) (existed bool, err error) {
	b.mu.Lock()
	old, existed := b.objects[key]
	if !existed {
		b.objects[key] = content
	}
	b.mu.Unlock()
	if existed && !bytes.Equal(old, content) {
		b.wrong("%q is\n%.2000q\nand was put again as\n%.2000q", key, old, content)
		return false, objstore.ErrConflict
	}
	return existed, nil
}

// Get implements objstore.Store.
func (b *simBucket) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	f := b.fate("get", key)
	if err := b.pass(ctx, f); err != nil {
		return nil, err
	}
	b.mu.Lock()
	content, ok := b.objects[key]
	b.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("%w: %q", objstore.ErrNotFound, key)
	}
	if f.mishap == short {
		return io.NopCloser(io.MultiReader(bytes.NewReader(content[:len(content)/2]), broken{})), nil
	}
	return io.NopCloser(bytes.NewReader(content)), b.told(ctx, f)
}

// broken is an answer that ends in the midst.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Stat implements objstore.Store.
func (b *simBucket) Stat(ctx context.Context, key string) (objstore.Info, error) {
	f := b.fate("stat", key)
	if err := b.pass(ctx, f); err != nil {
		return objstore.Info{}, err
	}
	b.mu.Lock()
	_, ok := b.objects[key]
	b.mu.Unlock()
	if !ok {
		return objstore.Info{}, objstore.ErrNotFound
	}
	return objstore.Info{Key: key}, b.told(ctx, f)
}

// List implements objstore.Store.
func (b *simBucket) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		f := b.fate("list", prefix)
		if err := b.pass(ctx, f); err != nil {
			yield(objstore.Info{}, err)
			return
		}
		b.mu.Lock()
		keys := slices.Collect(maps.Keys(b.objects))
		b.mu.Unlock()
		slices.Sort(keys)
		for i, key := range keys {
			if f.mishap == short && i > len(keys)/2 {
				yield(objstore.Info{}, io.ErrUnexpectedEOF)
				return
			}
			if strings.HasPrefix(key, prefix) && key > after && !yield(objstore.Info{Key: key}, nil) {
				return
			}
		}
		if err := b.told(ctx, f); err != nil {
			yield(objstore.Info{}, err)
		}
	}
}

// Check implements objstore.Store.
func (b *simBucket) Check(ctx context.Context, _ objstore.Requirements) (string, error) {
	f := b.fate("check", "")
	if err := b.pass(ctx, f); err != nil {
		return "", err
	}
	return "simulated", b.told(ctx, f)
}

func (b *simBucket) String() string { return "simulated:" }
func (b *simBucket) Close() error   { return nil }
