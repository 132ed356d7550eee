package recorder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/agentaudit/agentaudit/internal/journal"
	"github.com/agentaudit/agentaudit/internal/objstore"
	"github.com/agentaudit/agentaudit/internal/seal"
	"github.com/agentaudit/agentaudit/internal/sealed"
)

// tick is how often the recorder looks at what is due.
const tick = time.Second

// stop remembers why nothing is recorded any more, and returns it.
func (r *Recorder) stop(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped == nil {
		r.stopped = err
	}
	return r.stopped
}

// loop brings records to the bucket. What fails is tried again at a later tick.
func (r *Recorder) loop(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	pause := time.Duration(0)
	next := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if now.Before(next) {
				continue
			}
		}
		err := r.upload(ctx, false)
		if err == nil && r.started {
			err = r.log.Tick(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, objstore.ErrConflict):
			r.opts.Log.Error("somebody else writes under the recorder's name: nothing is shown any more", "writer", r.writer, "error", err)
			_ = r.stop(err)
			return
		case err != nil:
			r.opts.Log.Warn("couldn't bring records to the bucket; trying again", "error", err)
			pause = min(max(2*pause, tick), time.Minute)
		default:
			pause = 0
		}
		next = time.Now().Add(pause)
	}
}

// upload seals what is due, or all there is, and brings sealed segments to the bucket, oldest first. The order is the trail's: objects, entry,
// checkpoint, and then the segment goes; a crash before that does the same again.
func (r *Recorder) upload(ctx context.Context, all bool) error {
	active := r.journal.Stats().Active
	if active.Lines > 0 && (all || time.Since(active.Opened) >= r.opts.Seal) {
		if _, _, err := r.journal.Rotate(); err != nil {
			return fmt.Errorf("couldn't seal the recorder's journal: %w", err)
		}
	}
	for _, segment := range r.journal.Sealed() {
		if !r.started {
			if err := r.log.Start(ctx); err != nil {
				return err
			}
			r.started = true
		}
		if err := r.commit(ctx, segment); err != nil {
			return err
		}
		if err := r.journal.Remove(segment.Seal); err != nil {
			return fmt.Errorf("couldn't remove a segment that is in the bucket: %w", err)
		}
	}
	return nil
}

func (r *Recorder) commit(ctx context.Context, segment journal.Segment) error {
	lines, err := segment.Open()
	if err != nil {
		return err
	}
	defer lines.Close() //nolint:errcheck // read only
	made := seal.Segment{Writer: r.writer, Seal: segment.Seal, Lines: lines, Size: segment.Size}
	objects, err := r.sealer.Seal(ctx, made, r.opts.Store)
	if err != nil {
		return err
	}
	return r.log.Seal(ctx, sealed.Told(made, objects, ""))
}
