package lake

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"io"
	"iter"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// ErrNoEngine means that this binary was built without cgo.
var ErrNoEngine = errors.New("this agentaudit was built without its SQL engine (CGO_ENABLED=0)")

// Store is what a lake needs of an objstore.Store; their methods promise the same.
type Store interface {
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Stat(ctx context.Context, key string) (objstore.Info, error)
	List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error]
	String() string
}

// Options say what to bring and how. The zero value brings everything.
type Options struct {
	// Dir is the cache; DefaultDir() if empty. Limit is how many bytes may stay in it, 20 GiB if zero.
	Dir   string
	Limit int64
	// Since and Until bound the days that are brought, and with them what the view events shows when a filter says nothing. Zero is unbounded.
	Since, Until time.Time
	// History is how long before Since the view history reaches.
	History time.Duration
	// Tiers are those to bring; all if empty.
	Tiers []string
	// Keys are the public keys that logs must lead to, as for verify.
	Keys []ed25519.PublicKey
	// Unverified takes what lies in the bucket, whatever the logs say, and without any.
	Unverified bool
	// MaxAge is for how long the logs' word is taken from the cache for days that are not over; 0 is never.
	MaxAge time.Duration
	// Parallel is how many objects are fetched at a time; 16 if zero.
	Parallel int
	// Memory bounds the engine, in bytes; 1 GiB if zero. Beyond it the engine spills to the cache's folder.
	Memory int64
	// Now is the time to judge by; the present if zero.
	Now time.Time
	// OnProgress is told, from several goroutines, how many bytes of how many were fetched.
	OnProgress func(done, total int64)
}

func (o *Options) fill() {
	if o.Dir == "" {
		o.Dir = DefaultDir()
	}
	if o.Limit <= 0 {
		o.Limit = 20 << 30
	}
	if len(o.Tiers) == 0 {
		o.Tiers = event.Tiers
	}
	if o.Parallel <= 0 {
		o.Parallel = 16
	}
	if o.Memory <= 0 {
		o.Memory = 1 << 30
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.OnProgress == nil {
		o.OnProgress = func(int64, int64) {}
	}
}

// wants says whether the objects of a tier and day are brought.
func (o *Options) wants(tier string, day layout.Date) bool {
	since, until := o.days()
	return slices.Contains(o.Tiers, tier) &&
		(!since.Valid() || day.Compare(since) >= 0) && (!until.Valid() || day.Compare(until) <= 0)
}

// days are the first and the last wanted day; not valid where there is no bound.
func (o *Options) days() (since, until layout.Date) {
	if !o.Since.IsZero() {
		since = layout.DateOf(o.Since.Add(-o.History))
	}
	if !o.Until.IsZero() {
		until = layout.DateOf(o.Until.Add(-1))
	}
	return since, until
}

// Lake is a part of a bucket, ready to be asked. It is safe for concurrent use.
type Lake struct {
	store Store
	opts  Options
	cache *cache
	db    *sql.DB

	refreshing sync.Mutex // one refresh at a time

	mu         sync.RWMutex // guards what follows
	provenance Provenance
	objects    map[string]*object // by key
}

// Open brings what the options ask for. What is wrong with the bucket is in the lake's Provenance; an error means that the bucket
// couldn't be looked at, or that the cache can't be used.
func Open(ctx context.Context, store Store, opts Options) (*Lake, error) {
	opts.fill()
	c, err := openCache(opts.Dir)
	if err != nil {
		return nil, err
	}
	db, err := startEngine(ctx, c, opts.Memory)
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	l := &Lake{store: store, opts: opts, cache: c, db: db}
	if err := l.Refresh(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Refresh brings what the bucket has got since the last time. Views that are open go on with what they had.
func (l *Lake) Refresh(ctx context.Context) error {
	l.refreshing.Lock()
	defer l.refreshing.Unlock()
	opts := l.opts
	if !l.Provenance().At.IsZero() { // not the first time
		opts.Now, opts.MaxAge = time.Now(), 0
	}
	found, err := survey(ctx, l.store, &opts, l.cache)
	if err != nil {
		return err
	}
	files, err := l.bring(ctx, &opts, found)
	if err != nil {
		return err
	}
	if err := l.define(ctx, files); err != nil {
		return err
	}
	l.mu.Lock()
	l.provenance, l.objects = found.provenance, found.planned()
	l.mu.Unlock()
	return l.cache.shrink(opts.Limit, opts.Now)
}

// Provenance says where the events come from and what of them is proven.
func (l *Lake) Provenance() Provenance {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.provenance
}

// Options returns the options that the lake was opened with, filled.
func (l *Lake) Options() Options { return l.opts }

// Close ends the engine. What is cached stays.
func (l *Lake) Close() error { return errors.Join(l.db.Close(), l.cache.close()) }

// Provenance is where the events of a lake come from and what of them is proven.
type Provenance struct {
	Bucket string `json:"bucket"`
	// Verified says that every event shown lies under a log that verified. Unverified lakes never are.
	Verified bool `json:"verified"`
	// At is when the logs were read.
	At      time.Time             `json:"at"`
	Writers []verify.WriterReport `json:"writers,omitempty"`
	// PublishedKeys says that a log was believed by the key that it publishes itself.
	PublishedKeys bool `json:"trusting_published_keys,omitempty"`
	// Findings are violations: of logs, and of objects that were fetched.
	Findings []verify.Finding `json:"findings,omitempty"`
	// Unseen is what should be there and couldn't be shown.
	Unseen []Unseen `json:"unseen,omitempty"`

	Objects int64 `json:"objects"`
	Lines   int64 `json:"lines"`
	// Damaged is how many of those lines are no events.
	Damaged int64 `json:"damaged_lines,omitempty"`
	// FetchedObjects and FetchedBytes were read from the bucket this time; the rest came from the cache.
	FetchedObjects int64 `json:"fetched_objects"`
	FetchedBytes   int64 `json:"fetched_bytes"`
}

// Unseen is a part of what was asked for that can't be shown.
type Unseen struct {
	Tier    string `json:"tier,omitempty"`
	Day     string `json:"day,omitempty"`
	Writer  string `json:"writer,omitempty"`
	Objects int64  `json:"objects"`
	// Reason is denied, missing, altered, or log.
	Reason string `json:"reason"`
}

// Reasons of Unseen.
const (
	ReasonDenied  = "denied"  // the store doesn't let us read it
	ReasonMissing = "missing" // it is not there any more
	ReasonAltered = "altered" // its bytes are not those that were signed
	ReasonLog     = "log"     // its writer's log doesn't verify
)

func (p *Provenance) unseen(o *object, reason string) {
	p.Verified = false
	day := o.day.String()
	for i := range p.Unseen {
		if u := &p.Unseen[i]; u.Tier == o.tier && u.Day == day && u.Writer == o.writer && u.Reason == reason {
			u.Objects++
			return
		}
	}
	p.Unseen = append(p.Unseen, Unseen{Tier: o.tier, Day: day, Writer: o.writer, Objects: 1, Reason: reason})
}

// defaultThreads is how many the engine may use.
var defaultThreads = max(2, runtime.GOMAXPROCS(0))
