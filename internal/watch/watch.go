package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/anomaly"
)

// Options say how to watch. Zero values stand for the defaults in brackets.
type Options struct {
	// Look returns what there is to find now; see [Looker].
	Look func(ctx context.Context, now time.Time) ([]Alert, error)
	// Bucket names what is looked at, in alerts about looking.
	Bucket    string
	Receivers []Receiver
	// StateFile remembers what was told; without one only memory does.
	StateFile string
	// Every is the time from the end of a look to the next one [5 minutes].
	Every time.Duration
	// Forget is after how long without being seen a finding is new again [30 days].
	Forget time.Duration
	// MaxPending bounds the alerts that wait [10,000].
	MaxPending int
	// RetryMin and RetryMax are the first and the longest pause before an alert is sent again [1 second, 5 minutes].
	RetryMin, RetryMax time.Duration
	// Patience is how many looks may fail in a row before that is an alert [3].
	Patience int
	// OnNew is told each alert that is new, OnError what went wrong; neither error holds a secret.
	OnNew   func(Alert)
	OnError func(error)
	// Now is the clock [time.Now].
	Now func() time.Time
}

func (o *Options) fill() error {
	if o.Look == nil {
		return errors.New("watch: there is nothing to look at")
	}
	for _, d := range []struct {
		v        *time.Duration
		standard time.Duration
	}{{&o.Every, 5 * time.Minute}, {&o.Forget, 30 * 24 * time.Hour}, {&o.RetryMin, time.Second}, {&o.RetryMax, 5 * time.Minute}} {
		if *d.v <= 0 {
			*d.v = d.standard
		}
	}
	if o.MaxPending <= 0 {
		o.MaxPending = 10_000
	}
	if o.Patience <= 0 {
		o.Patience = 3
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnNew == nil {
		o.OnNew = func(Alert) {}
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	return nil
}

// Watcher watches one bucket. It belongs to one goroutine.
type Watcher struct {
	opts  Options
	names []string // of the receivers
	state *state

	failed      int // looks in a row
	failedSince time.Time
	pauses      map[string]*pause // by receiver
}

// pause is when a receiver that failed is tried again.
type pause struct {
	until time.Time
	last  time.Duration
}

// New reads the state. Receivers that the state knows and that are no more are forgotten.
func New(opts Options) (*Watcher, error) {
	if err := opts.fill(); err != nil {
		return nil, err
	}
	w := &Watcher{opts: opts, pauses: map[string]*pause{}}
	for _, r := range opts.Receivers {
		if slices.Contains(w.names, r.Name()) {
			return nil, fmt.Errorf("watch: there are two receivers %s", r.Name())
		}
		w.names = append(w.names, r.Name())
		w.pauses[r.Name()] = &pause{}
	}
	var err error
	if w.state, err = openState(opts.StateFile); err != nil {
		return nil, err
	}
	w.state.only(w.names)
	return w, nil
}

// Run looks and tells until the context ends, and returns nil then, after what is being sent. What waits is in the state file.
func (w *Watcher) Run(ctx context.Context) error {
	next := w.opts.Now()
	for ctx.Err() == nil {
		if now := w.opts.Now(); !now.Before(next) {
			if _, err := w.look(ctx); err != nil && ctx.Err() == nil {
				return err
			}
			next = w.opts.Now().Add(w.opts.Every)
		}
		again, err := w.deliver(ctx)
		if err != nil {
			return err
		}
		wake := next
		if !again.IsZero() && again.Before(wake) {
			wake = again
		}
		timer := time.NewTimer(max(0, wake.Sub(w.opts.Now())))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// Once looks one time and tells, for as long as patience, and returns what was new and how many alerts still wait. An error means that it
// couldn't look.
func (w *Watcher) Once(ctx context.Context, patience time.Duration) (fresh []Alert, waiting int, err error) {
	failed := w.failed
	if fresh, err = w.look(ctx); err != nil {
		return fresh, len(w.state.Pending), err
	}
	if w.failed > failed {
		err = ErrLook
	}
	telling, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		again, failed := w.deliver(telling)
		if failed != nil {
			return fresh, len(w.state.Pending), failed
		}
		if again.IsZero() || telling.Err() != nil {
			return fresh, len(w.state.Pending), err
		}
		timer := time.NewTimer(max(0, again.Sub(w.opts.Now())))
		select {
		case <-telling.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// ErrLook means that a look failed; OnError was told why.
var ErrLook = errors.New("couldn't look at the bucket")

// look looks and puts what is new into the state, which is saved before anybody is told. Its error is the state file's.
func (w *Watcher) look(ctx context.Context) (fresh []Alert, err error) {
	now := w.opts.Now()
	found, err := w.opts.Look(ctx, now)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		w.opts.OnError(fmt.Errorf("look: %w", err))
		found = w.blind(now)
	} else {
		w.failed = 0
	}
	fresh, left := w.state.add(found, w.names, now, &w.opts)
	if left > 0 {
		w.opts.OnError(fmt.Errorf("%d alerts wait already, so %d new findings were left for a later look", len(w.state.Pending), left))
	}
	if err := w.state.save(); err != nil {
		return nil, err
	}
	for i := range fresh {
		w.opts.OnNew(fresh[i])
	}
	return fresh, nil
}

// blind counts a look that failed, and is an alert when there were too many.
func (w *Watcher) blind(now time.Time) []Alert {
	if w.failed++; w.failed == 1 {
		w.failedSince = now
	}
	if w.failed < w.opts.Patience {
		return nil
	}
	since := w.failedSince.UTC().Format(time.RFC3339)
	return []Alert{{
		Fingerprint: fingerprint(SourceWatch, w.opts.Bucket, since), Source: SourceWatch, Rule: "look_failed", Severity: anomaly.High, Bucket: w.opts.Bucket,
		Summary: "the bucket could not be looked at since " + since, StartsAt: w.failedSince,
	}}
}
