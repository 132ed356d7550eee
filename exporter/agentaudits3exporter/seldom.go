package agentaudits3exporter

import (
	"sync/atomic"
	"time"
)

// logInterval is how often the same complaint may be logged.
const logInterval = time.Minute

// seldom keeps a repeated complaint from filling the log. Metrics count every case.
type seldom struct{ last atomic.Int64 }

// now says whether to complain, which it does once in a logInterval.
func (s *seldom) now() bool {
	now, last := time.Now().UnixNano(), s.last.Load()
	return (last == 0 || now-last >= int64(logInterval)) && s.last.CompareAndSwap(last, now)
}
