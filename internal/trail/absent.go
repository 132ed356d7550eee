package trail

import (
	"context"
	"errors"
	"fmt"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// Told is an object with the index of the entry that tells of it.
type Told struct {
	Entry uint64
	Object
}

// ErrNothingToJoin means that no day object could be made.
var ErrNothingToJoin = errors.New("nothing to join")

// RollUpAbsent makes the day objects of another writer that will not come back to make them itself, and tells of them in this log. segments
// are those that a rollup of that writer's own would join, in its log's order: the caller has verified that log. What one fails to
// do can be done again, by any log: the same segments make the same day objects.
func (l *Log) RollUpAbsent(ctx context.Context, writer string, day layout.Date, segments []Told) (*Rollup, error) {
	if writer == l.opts.Writer || !layout.ValidWriter(writer) {
		return nil, fmt.Errorf("%q is no other writer", writer)
	}
	if err := l.finish(ctx); err != nil {
		return nil, err
	}
	found := tiers{}
	for _, o := range segments {
		if o.Day.Date != day {
			return nil, fmt.Errorf("%q is of another day than %v", o.Key, day)
		}
		if err := found.add(writer, o.Entry, o.Object); err != nil {
			return nil, err
		}
	}
	for tier, s := range found {
		s.path = AbsentRollupPath(day, tier, writer)
	}
	r, err := l.view().join(ctx, Day{day}, found)
	if err != nil {
		return nil, err
	}
	if r.Writer = writer; len(r.Objects) == 0 {
		return nil, fmt.Errorf("%w: %s has no segments of %v, or not as its log tells of them", ErrNothingToJoin, writer, day)
	}
	return r, l.append(ctx, func(next *state) ([]Entry, error) {
		next.lock(r)
		return []Entry{{Kind: KindRollup, Rollup: r}}, nil
	})
}
