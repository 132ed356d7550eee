package trail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"sync"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Bucket is the part of [objstore.Store] that a log needs, with the promises made there.
type Bucket interface {
	Put(ctx context.Context, key string, body objstore.Body, opts objstore.PutOptions) (objstore.Result, error)
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error]
}

// Options say whose log it is and where. Writer, Bucket, State, Signers and Spool are needed.
type Options struct {
	Writer string
	Bucket Bucket
	// Pointer replaces the file checkpoint. nil: there will be none.
	Pointer objstore.Replacer
	// State is the log's memory beside the journal.
	State Durable
	// Signers holds the key that signs, and behind it former ones. If the log's last checkpoint was signed by a former
	// one, that key signs the change.
	Signers  []Signer
	LockMode objstore.LockMode
	// Spool is an existing directory for files of up to a day's objects.
	Spool string

	Collector, ConfigHash, Redaction string // as in an entry
	Recovered                        Recovered

	Heartbeat time.Duration // between entries at most; 0: an hour
	Publish   time.Duration // between publications; 0: an hour
	Look      time.Duration // between looks at other writers' checkpoints; 0: five minutes
	Grace     time.Duration // from the end of a UTC day to its objects being joined; 0: they never are

	// Remover lets the segments of a day go once its objects were read back and are as signed, and the segments' locks have
	// ended. nil: they stay.
	Remover objstore.Remover
	// Go runs long work beside the log. nil: it is done in place.
	Go func(work func())

	// Now is the clock. nil: the real one.
	Now func() time.Time
	// Warn is told of failures that nothing depends on. nil: nobody is.
	Warn func(what string, err error)
}

// Log is one writer's log. Its methods, save [Log.Count] and [Log.Stats], are for one goroutine. After an error call the same method
// again: it takes up where it stopped.
type Log struct {
	opts  Options
	state *state // as saved, but for Staged and Tree, which follow what is in the bucket
	// recent holds entries of the unfinished bundle. What is missing is in the bucket.
	recent map[uint64][]byte
	newest []byte // the checkpoint that this process put last

	started   bool // this process has its start entry
	closed    bool // and its closing one
	owned     bool // the log in the bucket is ours
	last      time.Time
	published uint64 // the size that was published last
	publishAt time.Time
	lookAt    time.Time
	others    map[string]Seen
	blind     bool // it was told that it may not look at others
	job       *job // what is done beside the log
	expireAt  time.Time

	mu     sync.Mutex
	counts map[string]uint64 // guarded by mu
	stats  Stats             // guarded by mu
}

// Open returns a writer's log. It doesn't touch the bucket.
func Open(opts Options) (*Log, error) {
	opts.Heartbeat = orDefault(opts.Heartbeat, time.Hour)
	opts.Publish = orDefault(opts.Publish, time.Hour)
	opts.Look = orDefault(opts.Look, 5*time.Minute)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Go == nil {
		opts.Go = func(work func()) { work() }
	}
	if opts.Warn == nil {
		opts.Warn = func(string, error) {}
	}
	switch {
	case !layout.ValidWriter(opts.Writer):
		return nil, fmt.Errorf("%.130q is no writer", opts.Writer)
	case len(opts.Signers) == 0:
		return nil, errors.New("a trail needs a key")
	}
	for _, s := range opts.Signers {
		if s.Name() != Origin(opts.Writer) {
			return nil, fmt.Errorf("a key signs for %q, not for %q", s.Name(), Origin(opts.Writer))
		}
	}
	s, err := load(opts.State, opts.Writer)
	if err != nil {
		return nil, err
	}
	l := &Log{opts: opts, state: s, recent: map[uint64][]byte{}, counts: map[string]uint64{}, others: map[string]Seen{}}
	l.stats = Stats{Size: s.Tree.Size, Entries: map[string]uint64{}, WaitingDays: len(s.Rollups)}
	if s.size() > 0 {
		_, err = l.signer(s.Key)
	}
	return l, err
}

func orDefault(d, standard time.Duration) time.Duration {
	if d == 0 {
		return standard
	}
	return d
}

// signer returns the one with a verifier key.
func (l *Log) signer(vkey string) (Signer, error) {
	for _, s := range l.opts.Signers {
		if s.VerifierKey() == vkey {
			return s, nil
		}
	}
	return nil, fmt.Errorf("the trail was last signed by the key %s, which is not among those configured: add its private key behind the new one, so that it can sign the change", vkey)
}

// Count counts what happened to events: it goes into the next entry. The names are those of docs/format.md. It may be called from any
// goroutine.
func (l *Log) Count(what string, events uint64) {
	if events == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[what] += events
}

// takeCounts returns what was counted since the last call.
func (l *Log) takeCounts() map[string]uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.counts
	l.counts = map[string]uint64{}
	return taken
}

// giveBack counts again what could not be written.
func (l *Log) giveBack(counts map[string]uint64) {
	for what := range maps.Keys(counts) {
		l.Count(what, counts[what])
	}
}

// Start finishes what an earlier process began and makes the start entry. Call it first.
func (l *Log) Start(ctx context.Context) error {
	if err := l.own(ctx); err != nil {
		return err
	}
	if err := l.finish(ctx); err != nil {
		return err
	}
	if !l.started {
		if err := l.start(ctx); err != nil {
			return err
		}
	}
	if err := l.closeDay(ctx); err != nil {
		return err
	}
	if current := l.opts.Signers[0]; l.state.Key != current.VerifierKey() {
		if err := l.rotate(ctx, current); err != nil {
			return err
		}
	}
	return l.publish(ctx)
}

// own refuses to begin a log where there is one: of a journal that was lost, or of another collector with the same name.
func (l *Log) own(ctx context.Context) error {
	if l.owned || l.state.size() > 0 {
		l.owned = true
		return nil
	}
	prefix := layout.TrailPrefix(l.opts.Writer)
	for info, err := range l.opts.Bucket.List(ctx, prefix, "") {
		if errors.Is(err, objstore.ErrDenied) {
			break // a policy may allow to put and not to list; the first put will tell
		}
		if err != nil {
			return fmt.Errorf("couldn't look for an earlier log: %w", err)
		}
		return fmt.Errorf("%w: %q: the bucket has a log of writer %q, and this journal has none: either another collector has the same name, or this one has lost its journal and needs a new name",
			objstore.ErrConflict, info.Key, l.opts.Writer)
	}
	l.owned = true
	return nil
}

func (l *Log) start(ctx context.Context) error {
	e := Entry{Kind: KindStart, Start: &Start{
		After: AfterNothing, Key: l.opts.Signers[0].VerifierKey(),
		HeartbeatSeconds: int64(l.opts.Heartbeat / time.Second), Recovered: l.opts.Recovered,
	}}
	if l.state.size() > 0 {
		e.Start.After, e.Start.Key = AfterCrash, l.state.Key
		if l.state.Kind == KindClosing {
			e.Start.After = AfterClosing
		}
	}
	// Not append: a day that has turned meanwhile is closed by this process, after it has said that it is there.
	return l.commit(ctx, func(s *state) ([]Entry, error) {
		s.Key = e.Start.Key
		return []Entry{e}, nil
	})
}

// rotate has the old key sign the new one.
func (l *Log) rotate(ctx context.Context, current Signer) error {
	old, err := l.signer(l.state.Key)
	if err != nil {
		return err
	}
	return l.append(ctx, func(s *state) ([]Entry, error) {
		signed, err := signRotation(l.opts.Writer, s.Tree.Size, old, current)
		s.Key = current.VerifierKey()
		return []Entry{{Kind: KindRotation, Rotation: &Rotation{Old: old.VerifierKey(), New: s.Key, Note: string(signed)}}}, err
	}, old)
}

// Close tells that the process ends and has nothing left in its journal. It stops what is done beside the log. Nothing may be called
// after it.
func (l *Log) Close(ctx context.Context) error {
	l.abandon()
	if err := l.finish(ctx); err != nil {
		return err
	}
	if l.started && !l.closed {
		err := l.append(ctx, func(*state) ([]Entry, error) { return []Entry{{Kind: KindClosing}}, nil })
		if err != nil {
			return err
		}
	}
	return l.publish(ctx)
}
