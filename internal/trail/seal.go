package trail

import (
	"context"
	"fmt"
)

// partBytes is how much of an entry its objects may take, in bytes. Counts and what was seen of others need room, too.
const partBytes = 24000

// Seal makes the entry of a segment whose objects are all in the bucket. The segment may be removed from the journal once
// it has returned nil. After that, and after a crash, it may be called again with the same segment, and does nothing.
func (l *Log) Seal(ctx context.Context, seal Seal) error {
	if err := l.finish(ctx); err != nil {
		return err
	}
	if seal.Seal <= l.state.Seal {
		return nil
	}
	return l.append(ctx, func(next *state) ([]Entry, error) {
		next.Seal = seal.Seal
		parts, err := l.parts(next, seal)
		entries := make([]Entry, len(parts))
		for i := range parts {
			entries[i] = Entry{Kind: KindSeal, Seal: &parts[i]}
		}
		return entries, err
	})
}

// parts shares out a seal's objects among as many entries as it takes.
func (l *Log) parts(next *state, seal Seal) ([]Seal, error) {
	objects := seal.Objects
	seal.Objects = []Object{}
	parts := []Seal{seal}
	size := 0
	for _, o := range objects {
		if o.Day.Compare(next.Closed.Date) <= 0 && next.Closed != (Day{}) {
			o.Late = true
		}
		if o.LockedUntil.After(next.Locked.Time) {
			next.Locked = o.LockedUntil
		}
		text, err := marshal(&o)
		if err != nil {
			return nil, fmt.Errorf("couldn't encode object %q: %w", o.Key, err)
		}
		if size += len(text) + 1; size > partBytes {
			size = len(text) + 1
			parts = append(parts, seal)
		}
		last := &parts[len(parts)-1]
		last.Objects = append(last.Objects, o)
	}
	if len(parts) > 1 {
		for i := range parts {
			parts[i].Part, parts[i].Parts = i+1, len(parts)
		}
	}
	return parts, nil
}
