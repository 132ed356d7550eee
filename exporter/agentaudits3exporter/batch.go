package agentaudits3exporter

import (
	"errors"
	"sync"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/journal"
)

// maxSpare is the largest buffer that is kept for the next request.
const maxSpare = 8 << 20

// batch is the audit events of one request, as lines.
type batch struct {
	event event.Event // the one being read
	buf   []byte      // bodies, end to end
	lines []journal.Line
	ends  []int // where in buf each line's body ends

	malformed int   // events that can't be stored
	reason    error // of the first of them
	ignored   int   // attributes in flight that mean nothing here
}

var batches sync.Pool // of *batch

func newBatch() *batch {
	if b, ok := batches.Get().(*batch); ok {
		return b
	}
	return new(batch)
}

// release gives the batch to the next request. Nothing of it may be used any more.
func (b *batch) release() {
	if cap(b.buf) > maxSpare {
		return
	}
	clear(b.lines)
	*b = batch{buf: b.buf[:0], lines: b.lines[:0], ends: b.ends[:0]}
	batches.Put(b)
}

// addTraces takes in the audit events among the spans' events.
func (b *batch) addTraces(traces ptrace.Traces) {
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				for _, e := range span.Events().All() {
					b.add(event.FromSpanEvent(span, e, &b.event))
				}
			}
		}
	}
	b.finish()
}

// addLogs takes in the audit events among the records.
func (b *batch) addLogs(logs plog.Logs) {
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				b.add(event.FromLogRecord(record, &b.event))
			}
		}
	}
	b.finish()
}

// add encodes the event that was just read, if it was one.
func (b *batch) add(ignored int, err error) {
	if errors.Is(err, event.ErrNotAudit) {
		return
	}
	b.ignored += ignored
	id, idErr := event.ParseID(b.event.ID)
	if err = errors.Join(err, idErr); err != nil {
		if b.malformed++; b.reason == nil {
			b.reason = err
		}
		return
	}
	start := len(b.buf)
	b.buf = b.event.AppendBody(b.buf)
	// Not a seeded hash: after a restart, sums are compared with those of lines read back.
	b.lines = append(b.lines, journal.Line{ID: id, Sum: xxhash.Sum64(b.buf[start:])})
	b.ends = append(b.ends, len(b.buf))
}

// finish points the lines to their bodies, now that the buffer grows no more.
func (b *batch) finish() {
	start := 0
	for i, end := range b.ends {
		b.lines[i].Body = b.buf[start:end:end]
		start = end
	}
}

// identify reads back a stored line, for the journal.
func identify(line []byte) (id [16]byte, sum, seq uint64, err error) {
	h, err := event.ReadHeader(line)
	if err != nil {
		return id, 0, 0, err
	}
	id, err = event.ParseID(h.ID)
	return id, xxhash.Sum64(h.Body), h.Seq, err
}
