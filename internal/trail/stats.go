package trail

import (
	"maps"
	"time"
)

// Stats say how a log is. What is counted, is counted since the process began.
type Stats struct {
	// Size is the number of entries under the newest checkpoint.
	Size uint64
	// Committed is when the newest checkpoint was put, zero if this process has put none.
	Committed time.Time
	// Entries counts what this process brought under a checkpoint, by kind.
	Entries map[string]uint64
	// Others is the number of other writers in the bucket that were seen.
	Others int
	// WaitingDays are the days over whose objects are not joined yet.
	WaitingDays int
	// DayObjects were put and told of; Expired is the number of segments that went since, because they hold them.
	DayObjects, Expired uint64
}

// Stats may be called from any goroutine.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.Entries = maps.Clone(s.Entries)
	return s
}

// committed counts a batch that is in the bucket.
func (l *Log) committed(staged *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.stats
	s.Size, s.Committed, s.WaitingDays = l.state.Tree.Size, l.opts.Now(), len(l.state.Rollups)
	for _, text := range staged.Entries {
		e, err := ParseEntry(text)
		if err != nil {
			continue // what a later version staged
		}
		s.Entries[e.Kind]++
		if e.Rollup != nil {
			s.DayObjects += uint64(len(e.Rollup.Objects))
		}
	}
}

// count changes the stats.
func (l *Log) count(change func(*Stats)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.stats)
}
