package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// Day is what a writer's log tells of one UTC day of events: what its day objects are made of, or would be.
type Day struct {
	// LastEntry is the time of the log's last entry.
	LastEntry time.Time
	// Segments are those that a rollup at the end of the log joins, in its order.
	Segments []Object
	// Joined are the day objects that the log tells of itself.
	Joined []Object
}

// ErrLog means that a log can't be believed.
var ErrLog = errors.New("the log is not as it was signed")

// ReadDay verifies one writer's log, without its objects, and tells what there is of a day. Silence, also at the end, is no error.
func ReadDay(ctx context.Context, store Store, writer string, day layout.Date, opts Options) (*Day, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	opts.LogsOnly = true
	var d Day
	opts.OnObject = func(o Object) {
		if o.Segments > 0 && o.Day == day {
			d.Joined = append(d.Joined, o)
		}
	}
	r := newRun(store, &opts)
	defer r.scans.close()
	r.pool.cancel = cancel
	l := newLog(r, writer)
	err := l.verify(ctx)
	r.pool.wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err != nil {
		return nil, err
	}
	if l.files.entries == 0 {
		return nil, fmt.Errorf("%w: there is none", ErrLog)
	}
	for _, f := range r.found.kept {
		if !f.Note && f.Kind != LogUnfinished && f.Kind != HeartbeatMissing { // it may well have died
			return nil, fmt.Errorf("%w: %s", ErrLog, f)
		}
	}
	if !l.proven {
		return nil, fmt.Errorf("%w: %s has none that can be proven", ErrLog, writer)
	}
	d.LastEntry = l.rules.time
	return &d, d.readSegments(ctx, l, day)
}

// readSegments goes over the entries once more, which the tree has proven: what it reads leads to the same root.
func (d *Day) readSegments(ctx context.Context, l *log, day layout.Date) error {
	var t tree
	var daily int64 // the last entry of that kind
	for s, err := range l.copies(ctx, 0, l.size) {
		if err != nil {
			return err
		}
		t.add(tlog.RecordHash(s.data))
		e := s.entry
		if e == nil {
			continue
		}
		if e.Daily != nil {
			if e.Daily.Day.Compare(day) < 0 { // as turnDays does
				d.keepFrom(daily)
			}
			daily = e.Index
		}
		if e.Seal != nil {
			for i := range e.Seal.Objects {
				if o := &e.Seal.Objects[i]; o.Day.Date == day {
					d.Segments = append(d.Segments, o.told(l.writer, e.Index))
				}
			}
		}
	}
	if t.root() != l.root {
		return fmt.Errorf("%w: it changed meanwhile", ErrLog)
	}
	return nil
}

// keepFrom forgets what was told of before an entry.
func (d *Day) keepFrom(entry int64) {
	for len(d.Segments) > 0 && d.Segments[0].Entry < entry {
		d.Segments = d.Segments[1:]
	}
}
