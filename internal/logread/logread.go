package logread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// ErrTooLarge means that the wanted lines of one day are more than Options.MaxHeld. A narrower query helps.
var ErrTooLarge = errors.New("too many events in one day to hold")

// Store is what reading needs of an objstore.Store; their methods promise the same.
type Store interface {
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error]
}

// Finding is one thing that is wrong with the bucket.
type Finding struct {
	Key  string
	Line int // number of the line, from 1; 0 for the object as a whole
	Err  error
}

// String returns the finding with its place: key:line: what.
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %v", f.Key, f.Err)
	}
	return fmt.Sprintf("%s:%d: %v", f.Key, f.Line, f.Err)
}

// Options say how to read. The zero value is good.
type Options struct {
	// Parallel is how many objects are read at a time; 4 if zero.
	Parallel int
	// MaxHeld bounds the wanted lines of one day, in bytes; 1 GiB if zero.
	MaxHeld int64
	// MaxLine bounds one line, in bytes; 128 MiB if zero. A longer one is a finding.
	MaxLine int
	// OnFinding is told each finding. It is never called twice at a time.
	OnFinding func(Finding)
	// OnProgress is told how many bytes of how many in the bucket have been read. It is called from several
	// goroutines. A retried object counts again.
	OnProgress func(read, total int64)
}

func (o *Options) fill() {
	if o.Parallel <= 0 {
		o.Parallel = 4
	}
	if o.MaxHeld <= 0 {
		o.MaxHeld = 1 << 30
	}
	if o.MaxLine <= 0 {
		o.MaxLine = 128 << 20
	}
}

// Stats sum up a reading.
type Stats struct {
	Objects    int // that were read
	Events     int // that were passed on
	Duplicates int // events that were stored more than once, each further time
	Findings   int
}

// Read calls emit with every event that q asks for, in order: the stored line, without its newline, which is only valid
// until emit returns. An error of emit ends the reading and is returned as it is.
func Read(ctx context.Context, store Store, q Query, opts Options, emit func(line []byte) error) (Stats, error) {
	opts.fill()
	r := reader{store: store, query: q, opts: opts, emit: emit}
	err := r.run(ctx)
	return r.stats, err
}

// reader is one reading under way.
type reader struct {
	store Store
	query Query
	opts  Options
	emit  func([]byte) error

	total int64 // bytes to read

	mu    sync.Mutex // guards what follows
	stats Stats
	read  int64
	held  int64
}

func (r *reader) finding(f Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Findings++
	if r.opts.OnFinding != nil {
		r.opts.OnFinding(f)
	}
}

func (r *reader) run(ctx context.Context) error {
	all, err := r.list(ctx)
	if err != nil {
		return err
	}
	for _, o := range all {
		r.total += o.Size
	}
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(o *object) bool { return o.date != all[0].date })
		if n < 0 {
			n = len(all)
		}
		entries, err := r.readDay(ctx, all[:n])
		if err != nil {
			return err
		}
		if err := r.emitDay(entries); err != nil {
			return err
		}
		all = all[n:]
	}
	return ctx.Err()
}

// readDay reads the objects of one day in parallel, and returns their wanted lines in order.
func (r *reader) readDay(ctx context.Context, objects []*object) ([]entry, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.held = 0
	var (
		group   sync.WaitGroup
		next    = make(chan *object)
		mu      sync.Mutex
		entries []entry
	)
	for range min(r.opts.Parallel, len(objects)) {
		group.Go(func() {
			for o := range next {
				found, err := r.readObject(ctx, o)
				if err != nil {
					cancel(err) // the first one counts
				}
				mu.Lock()
				entries = append(entries, found...)
				mu.Unlock()
			}
		})
	}
	for _, o := range objects {
		if ctx.Err() != nil {
			break
		}
		next <- o
	}
	close(next)
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	r.stats.Objects += len(objects)
	slices.SortFunc(entries, compare)
	return entries, nil
}

// emitDay passes on the entries of one day, which are in order, without copies and duplicates.
func (r *reader) emitDay(entries []entry) error {
	seen := make(map[string]struct{}) // bodies of the run of entries of one moment
	for i := range entries {
		e := &entries[i]
		starts := i == 0 || !e.sameMoment(&entries[i-1])
		ends := i == len(entries)-1 || !e.sameMoment(&entries[i+1])
		if starts {
			clear(seen)
		} else if e.isCopyOf(&entries[i-1]) {
			continue
		}
		if !starts || !ends {
			body := e.text[:e.body]
			if _, again := seen[string(body)]; again {
				r.stats.Duplicates++
				continue
			}
			seen[string(body)] = struct{}{}
		}
		r.stats.Events++
		if err := r.emit(e.text); err != nil {
			return err
		}
	}
	return nil
}
