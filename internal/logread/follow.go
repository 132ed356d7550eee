package logread

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
)

const (
	// followBack is how far back the days of new segments may lie when the query has no Since: late events come a day late, hardly later.
	followBack = 48 * time.Hour
	// remembered is how many events are known again when they are stored once more.
	remembered = 1 << 16
)

// FollowOptions say how to follow.
type FollowOptions struct {
	Options

	// Every is the pause between two looks at the bucket; 2 s if zero.
	Every time.Duration
	// OnState is told when the bucket can't be read, with the error, and with nil when it can again.
	OnState func(error)
	// OnRound is called after the events of each look that brought any.
	OnRound func() error
}

// Follow calls emit with every event that q asks for as it comes to the bucket, each once, in the order in which they were stored, until
// ctx ends; then it returns nil. Without q.Since it begins with what comes after the first look, and looks at the days from the day before yesterday
// on. With it, events since then that are stored already come first. While the bucket can't be read it goes on trying.
func Follow(ctx context.Context, store Store, q Query, opts FollowOptions, emit func(line []byte) error) (Stats, error) {
	opts.fill()
	if opts.Every <= 0 {
		opts.Every = 2 * time.Second
	}
	f := &follower{store: store, query: q, opts: opts, emit: emit, told: map[string]bool{}, known: map[[16]byte]bool{}}
	for {
		err := f.look(ctx)
		switch {
		case ctx.Err() != nil:
			return f.stats, nil //nolint:nilerr // it was told to end
		case errors.Is(err, errStop):
			return f.stats, errors.Unwrap(err)
		case errors.Is(err, ErrTooLarge):
			return f.stats, err
		}
		f.state(err)
		select {
		case <-ctx.Done():
			return f.stats, nil
		case <-time.After(opts.Every):
		}
	}
}

// errStop marks an error of the one who is called: it ends the following.
var errStop = errors.New("stopped")

type stopped struct{ error }

func (s stopped) Unwrap() error        { return s.error }
func (s stopped) Is(target error) bool { return target == errStop }

// follower follows a bucket.
type follower struct {
	store Store
	query Query
	opts  FollowOptions
	emit  func([]byte) error
	stats Stats

	read  map[string]bool // the segments of the last listing that were read; nil before the first
	told  map[string]bool // findings
	known map[[16]byte]bool
	order [][16]byte // of known, the oldest first
	dead  bool
}

// state tells a change between a bucket that answers and one that doesn't.
func (f *follower) state(err error) {
	if (err != nil) == f.dead {
		return
	}
	f.dead = err != nil
	if f.opts.OnState != nil {
		f.opts.OnState(err)
	}
}

// look reads the segments that have come since the last look. Unless all of them could be read, it is as if none had come.
func (f *follower) look(ctx context.Context) error {
	r := &reader{store: f.store, query: f.query, opts: f.opts.Options}
	r.opts.OnFinding = f.finding
	if r.query.Since.IsZero() {
		r.query.Since = time.Now().Add(-followBack)
	}
	all, err := r.listOf(ctx, families[:1]) // day objects only repeat
	if err != nil {
		return err
	}
	r.query = f.query // Since has chosen days; of those, each event counts
	first := f.read == nil && f.query.Since.IsZero()
	read := make(map[string]bool, len(all))
	var fresh []*object
	for _, o := range all {
		read[o.Key] = true
		if !first && !f.read[o.Key] {
			fresh = append(fresh, o)
		}
	}
	var entries []entry
	if len(fresh) > 0 {
		if entries, err = r.readDay(ctx, fresh); err != nil {
			return err
		}
	}
	f.read = read
	f.stats.Objects += len(fresh)
	return f.pass(entries)
}

// finding tells each finding once: what can't be read stays in the bucket.
func (f *follower) finding(finding Finding) {
	text := finding.String()
	if f.told[text] {
		return
	}
	if len(f.told) > remembered {
		clear(f.told)
	}
	f.told[text] = true
	f.stats.Findings++
	if f.opts.OnFinding != nil {
		f.opts.OnFinding(finding)
	}
}

// pass passes entries on in the order in which they were stored.
func (f *follower) pass(entries []entry) error {
	type arrival struct {
		at time.Time
		*entry
	}
	arrivals := make([]arrival, 0, len(entries))
	for i := range entries {
		h, err := event.ReadHeader(entries[i].text)
		if err != nil {
			continue // readObject has read it before
		}
		arrivals = append(arrivals, arrival{h.Ingested, &entries[i]})
	}
	slices.SortFunc(arrivals, func(a, b arrival) int { return cmp.Or(a.at.Compare(b.at), compare(*a.entry, *b.entry)) })
	passed := 0
	for _, a := range arrivals {
		if f.again(a.text[:a.body]) {
			f.stats.Duplicates++
			continue
		}
		f.stats.Events++
		passed++
		if err := f.emit(a.text); err != nil {
			return stopped{err}
		}
	}
	if passed > 0 && f.opts.OnRound != nil {
		if err := f.opts.OnRound(); err != nil {
			return stopped{err}
		}
	}
	return nil
}

// again says whether an event with this body was passed on lately, and remembers it.
func (f *follower) again(body []byte) bool {
	sum := sha256.Sum256(body)
	key := [16]byte(sum[:16])
	if f.known[key] {
		return true
	}
	if len(f.order) == remembered {
		delete(f.known, f.order[0])
		f.order = f.order[1:]
	}
	f.known[key] = true
	f.order = append(f.order, key)
	return false
}
