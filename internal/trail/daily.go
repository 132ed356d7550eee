package trail

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/objstore"
)

// turn is how long after midnight a UTC day's entries end: most of what is told of in them happened before.
const turn = 15 * time.Minute

// today is the day that an entry made now belongs to.
func (l *Log) today() Day { return DayOf(l.opts.Now().Add(-turn)) }

// closeDay makes the daily entry when one is due. It comes before any other entry of a new day. A clock that jumps back
// makes none: the day of the last entry goes on.
func (l *Log) closeDay(ctx context.Context) error {
	today := l.today()
	if l.state.size() == 0 || today.Compare(l.state.Day.Date) <= 0 {
		return nil
	}
	d := &Daily{Day: l.state.Day, From: l.state.DayFrom, To: l.state.Tree.Size, Key: l.key(DayPath(l.state.Day.Date))}
	err := l.dayFile(ctx, d.From, d.To, func(body objstore.Body) error {
		d.Bytes, d.SHA256 = body.Size, body.SHA256
		return nil
	})
	if err == nil {
		d.Tiers, err = l.totals(ctx, d.Day, l.state.Before, d.To)
	}
	if err != nil {
		return fmt.Errorf("couldn't close %v: %w", d.Day, err)
	}
	return l.commit(ctx, func(next *state) ([]Entry, error) {
		if l.opts.Grace > 0 {
			next.Rollups = append(next.Rollups, pendingRollup{Day: d.Day, From: next.Before})
		}
		next.Before, next.DayFrom = next.DayFrom, d.To
		next.Closed, next.Day = d.Day, today
		return []Entry{{Kind: KindDaily, Daily: d}}, nil
	})
}

// putDay puts the file of a daily entry, if the batch is one. It is made of entries that are in the log, so it is the
// same each time.
func (l *Log) putDay(ctx context.Context, staged *batch) error {
	d := staged.Daily
	if d == nil {
		return nil
	}
	return l.dayFile(ctx, d.From, d.To, func(body objstore.Body) error {
		return l.putBody(ctx, DayPath(d.Day.Date), typeLines, body, staged.Lock)
	})
}

// dayFile makes the file of some entries and has it used.
func (l *Log) dayFile(ctx context.Context, from, to uint64, use func(objstore.Body) error) error {
	f, err := newSpool(l.opts.Spool)
	if err != nil {
		return err
	}
	defer f.discard()
	err = l.view().each(ctx, from, to, func(_ uint64, entry []byte) error {
		_, err := f.Write(append(slices.Clip(entry), '\n'))
		return err
	})
	if err != nil {
		return err
	}
	body, err := f.body()
	if err != nil {
		return err
	}
	return use(body)
}

// totals counts the objects of a day that some entries tell of.
func (l *Log) totals(ctx context.Context, day Day, from, to uint64) ([]Total, error) {
	tiers := map[string]Total{}
	err := l.view().eachObject(ctx, from, to, func(_ uint64, o Object) error {
		if o.Day == day {
			t := tiers[o.Tier]
			tiers[o.Tier] = Total{o.Tier, t.Objects + 1, t.Lines + o.Lines, t.Bytes + o.Bytes, t.Stored + o.Stored}
		}
		return nil
	})
	totals := make([]Total, 0, len(tiers))
	for _, tier := range slices.Sorted(maps.Keys(tiers)) {
		totals = append(totals, tiers[tier])
	}
	return totals, err
}

// eachObject calls do with the objects that some entries tell of.
func (v *view) eachObject(ctx context.Context, from, to uint64, do func(index uint64, o Object) error) error {
	return v.each(ctx, from, to, func(index uint64, text []byte) error {
		e, err := ParseEntry(text)
		if err != nil || e.Seal == nil {
			return err
		}
		for _, o := range e.Seal.Objects {
			if err := do(index, o); err != nil {
				return err
			}
		}
		return nil
	})
}
