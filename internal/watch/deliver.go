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

// saveEvery is how often the state is saved while much is sent: it holds all that waits, so saving it for each alert would write far more
// than what is told. A crash sends at most so long's alerts again.
const saveEvery = time.Second

// send sends until nothing waits for the receiver or it fails. A batch that is refused is sent one by one, so that one bad alert holds up no
// others; one that is refused alone is given up, aloud.
func (w *Watcher) send(ctx context.Context, r Receiver, p *pause) error {
	limit, saved, changed := r.Batch(), w.opts.Now(), false
	for ctx.Err() == nil {
		batch := w.state.waiting(r.Name(), limit)
		if len(batch) == 0 {
			break
		}
		// What is on its way is let finish, for the receiver may have it already: its own timeout bounds it.
		err := r.Send(context.WithoutCancel(ctx), batch)
		if errors.Is(err, ErrRefused) && len(batch) > 1 {
			limit = 1
			continue
		}
		if err != nil && !errors.Is(err, ErrRefused) {
			p.last = min(max(w.opts.RetryMin, 2*p.last), w.opts.RetryMax)
			p.until = w.opts.Now().Add(p.last)
			w.opts.OnError(fmt.Errorf("%s: %w; again in %v", r.Name(), err, p.last))
			break
		}
		if err != nil {
			w.opts.OnError(fmt.Errorf("%s: alert %s is given up: %w", r.Name(), batch[0].Fingerprint, err))
		}
		*p = pause{}
		w.state.done(r.Name(), batch)
		changed = true
		if now := w.opts.Now(); now.Sub(saved) >= saveEvery {
			if err := w.state.save(); err != nil {
				return err
			}
			saved, changed = now, false
		}
	}
	if changed {
		return w.state.save()
	}
	return nil
}
