package watch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrRefused means that a receiver will never take what it was sent.
var ErrRefused = errors.New("refused")

// deliver sends what waits to every receiver that is not paused, and returns when the next one may be tried again: zero if nothing waits. Its
// error is the state file's.
func (w *Watcher) deliver(ctx context.Context) (again time.Time, err error) {
	for _, r := range w.opts.Receivers {
		p := w.pauses[r.Name()]
		if w.opts.Now().Before(p.until) {
			again = earliest(again, w.waitingUntil(r, p))
			continue
		}
		if err := w.send(ctx, r, p); err != nil {
			return again, err
		}
		again = earliest(again, w.waitingUntil(r, p))
	}
	return again, nil
}

func (w *Watcher) waitingUntil(r Receiver, p *pause) time.Time {
	if len(w.state.waiting(r.Name(), 1)) == 0 {
		return time.Time{}
	}
	return p.until
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// send sends until nothing waits for the receiver or it fails. A batch that is refused is sent one by one, so that one bad alert holds up no
// others; one that is refused alone is given up, aloud.
func (w *Watcher) send(ctx context.Context, r Receiver, p *pause) error {
	limit := r.Batch()
	for {
		batch := w.state.waiting(r.Name(), limit)
		if len(batch) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return nil
		}
		// What is on its way is let finish, for the receiver may have it already: its own timeout bounds it.
		err := r.Send(context.WithoutCancel(ctx), batch)
		switch {
		case errors.Is(err, ErrRefused) && len(batch) > 1:
			limit = 1
			continue
		case errors.Is(err, ErrRefused):
			w.opts.OnError(fmt.Errorf("%s: alert %s is given up: %w", r.Name(), batch[0].Fingerprint, err))
		case err != nil:
			p.last = min(max(w.opts.RetryMin, 2*p.last), w.opts.RetryMax)
			p.until = w.opts.Now().Add(p.last)
			w.opts.OnError(fmt.Errorf("%s: %w; again in %v", r.Name(), err, p.last))
			return nil
		default:
			*p = pause{}
		}
		w.state.done(r.Name(), batch)
		if err := w.state.save(); err != nil {
			return err
		}
	}
}
