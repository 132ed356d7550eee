package verify

import (
	"context"
	"crypto/ed25519"
	"hash/maphash"
	"io"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Store is what verifying needs of an objstore.Store; their methods promise the same.
type Store interface {
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Stat(ctx context.Context, key string) (objstore.Info, error)
	List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error]
}

// Options say what to verify and how. The zero value verifies all there is.
type Options struct {
	// Keys are the public keys that logs must lead to. Without any, the key that each log publishes is believed, and the
	// report says so.
	Keys []ed25519.PublicKey
	// Trust is what an earlier run verified: logs must continue it, and what it covers is not read again, only
	// looked for. It is not changed; see [Report.Trust].
	Trust *Trust
	// Since leaves out reading what entries before this time tell of. It is looked for all the same.
	Since time.Time
	// LogsOnly verifies the logs and leaves out the objects that they tell of and the listing of the bucket: for who reads the
	// objects itself and compares them with what OnObject was told.
	LogsOnly bool
	// CheckLocks asks the store for the lock of each object. Without it locks are only compared with the retention of the
	// lines. A directory has no locks to ask for.
	CheckLocks bool
	// CheckVersions asks the store what lies behind the newest versions, if it can tell (objstore.Versioner).
	CheckVersions bool
	// Parallel is how many requests are made at a time, roughly; 16 if zero.
	Parallel int
	// Now is the time to judge lock dates and silence by; the present if zero.
	Now time.Time
	// MaxFindings bounds those that the report holds; 1000 if zero. All are counted and handed to OnFinding.
	MaxFindings int
	// MaxLine bounds a line, in bytes; 128 MiB if zero. A longer one is a finding.
	MaxLine int
	// OnFinding is told each finding, at once. It is never called twice at a time.
	OnFinding func(Finding)
	// OnObject is told each object that an entry tells of, from several goroutines; of one writer in the log's order.
	OnObject func(Object)
	// OnProgress is told, from several goroutines, how many bytes were read of how many that entries have told of so far.
	OnProgress func(read, total int64)
}

// Report is what a run found.
type Report struct {
	// OK says that there is no violation.
	OK       bool           `json:"ok"`
	Writers  []WriterReport `json:"writers"`
	Findings []Finding      `json:"findings"`
	// Counts has all findings by kind, also those beyond Options.MaxFindings.
	Counts     map[Kind]int `json:"counts,omitempty"`
	Violations int          `json:"violations"`
	Notes      int          `json:"notes"`
	NotKept    int          `json:"findings_not_kept,omitempty"`
	// PublishedKeys says that at least one log was believed by the key that it publishes itself.
	PublishedKeys bool `json:"trusting_published_keys,omitempty"`
	// Objects, Lines and Bytes were read and are as signed; Skipped objects were only looked for.
	Objects int64 `json:"objects"`
	Lines   int64 `json:"lines"`
	Bytes   int64 `json:"bytes"`
	Skipped int64 `json:"objects_skipped,omitempty"`
	// Trust is what the next run may build on. A log with a violation keeps what it had before.
	Trust *Trust `json:"-"`
}

// WriterReport is what there is to say of one log.
type WriterReport struct {
	Writer string `json:"writer"`
	// Size is the number of entries under the newest checkpoint, Root its root in hexadecimal.
	Size int64  `json:"size"`
	Root string `json:"root"`
	// Keys are the note verifier keys that signed the log, oldest first.
	Keys []string `json:"keys"`
	// LastEntry is the time of the last entry; Closed says that it is a closing one.
	LastEntry time.Time `json:"last_entry"`
	Closed    bool      `json:"closed"`
	LastSeq   uint64    `json:"last_seq"`
	Seals     int64     `json:"seals"`
	// Counts sums up what entries say happened to events that were not written, by reason.
	Counts map[string]int64 `json:"counts,omitempty"`
}

// run is one verification under way.
type run struct {
	store Store
	opts  Options
	found *collector
	pool  *pool
	scans *scanners
	seed  maphash.Seed // of fingerprints: nobody can make two sets of keys that look alike

	objects, lines, bytes, skipped atomic.Int64
	read, total                    atomic.Int64
	goneSoFar                      atomic.Int64 // segments

	mu   sync.Mutex // guards what follows
	logs map[string]*log

	claims map[claim]claimant  // what writers saw of each other
	newest map[[2]string]claim // of each writer by each other
	gone   map[string]bool     // writers without a log that somebody saw
	absent []absent
}

func (r *run) mix(key string) uint64 { return maphash.String(r.seed, key) }

const (
	maxLogs     = 8         // that are read side by side
	maxWriters  = 100_000   // in one bucket
	defaultLine = 128 << 20 // as readers of events have it
)

// Run verifies a bucket. Its error means that it could not be looked at; what is wrong with it is in the report.
func Run(ctx context.Context, store Store, opts Options) (Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := newRun(store, &opts)
	r.pool.cancel = cancel
	defer r.scans.close()
	err := r.all(ctx)
	r.pool.wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err != nil {
		return Report{}, err
	}
	return r.report(), nil
}

// newRun fills what the options leave open.
func newRun(store Store, opts *Options) *run {
	if opts.Parallel <= 0 {
		opts.Parallel = 16
	}
	if opts.MaxFindings <= 0 {
		opts.MaxFindings = 1000
	}
	if opts.MaxLine <= 0 {
		opts.MaxLine = defaultLine
	}
	if opts.Now.IsZero() {
		opts.Now = time.Now()
	}
	return &run{
		store: store, opts: *opts, found: newCollector(opts), logs: map[string]*log{},
		claims: map[claim]claimant{}, newest: map[[2]string]claim{},
		pool:  &pool{slots: make(chan struct{}, opts.Parallel), cancel: func(error) {}},
		seed:  maphash.MakeSeed(),
		scans: newScanners(max(2, runtime.GOMAXPROCS(0)), opts.MaxLine),
	}
}

// all verifies in three steps: each log with what it tells of, logs against each other, and the bucket against the logs.
func (r *run) all(ctx context.Context) error {
	writers, err := r.writers(ctx)
	if err != nil {
		return err
	}
	if err := r.lookBehind(ctx); err != nil {
		return err
	}
	logs := &pool{slots: make(chan struct{}, maxLogs), cancel: r.pool.cancel}
	for _, w := range writers {
		logs.do(ctx, func(ctx context.Context) error {
			l := newLog(r, w)
			r.mu.Lock()
			r.logs[w] = l
			r.mu.Unlock()
			return l.verify(ctx)
		})
	}
	logs.wait()
	r.pool.wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.joinAbsent()
	for _, l := range r.sortedLogs() {
		l.checkRollups(ctx)
	}
	r.pool.wait()
	for _, l := range r.sortedLogs() {
		l.reportMissing()
	}
	if err := r.checkWitnesses(ctx); err != nil {
		return err
	}
	if r.opts.LogsOnly {
		return nil
	}
	return r.compareListing(ctx)
}

func (r *run) sortedLogs() []*log {
	r.mu.Lock()
	defer r.mu.Unlock()
	logs := make([]*log, 0, len(r.logs))
	for _, l := range r.logs {
		logs = append(logs, l)
	}
	slices.SortFunc(logs, func(a, b *log) int { return cmpStrict(a.writer, b.writer) })
	return logs
}

func (r *run) report() Report {
	c := r.found
	rep := Report{
		OK: c.bad == 0, Findings: c.sorted(), Counts: c.counts, Violations: c.bad, Notes: c.notes, NotKept: c.over,
		Objects: r.objects.Load(), Lines: r.lines.Load(), Bytes: r.bytes.Load(), Skipped: r.skipped.Load(),
		Trust: r.nextTrust(), Writers: []WriterReport{},
	}
	for _, l := range r.sortedLogs() {
		rep.Writers = append(rep.Writers, l.report())
		rep.PublishedKeys = rep.PublishedKeys || l.believed
	}
	return rep
}

func (r *run) progress(read, total int64) {
	read, total = r.read.Add(read), r.total.Add(total)
	if r.opts.OnProgress != nil {
		r.opts.OnProgress(min(read, total), total)
	}
}

// skips says whether what an entry tells of is only looked for.
func (r *run) skips(trusted int64, e *entry) bool {
	return r.opts.LogsOnly || e.Index < trusted || e.Time.Before(r.opts.Since)
}
