package seal

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
)

// maxDays is the longest lock, in days: S3 refuses what is beyond 100 years.
const maxDays = 36500

// epoch is the day of damaged lines in a segment without a good one.
var epoch = layout.Date{Year: 1970, Month: time.January, Day: 1}

// partition names what goes into one object.
type partition struct {
	tier string
	day  layout.Date
}

func (p partition) compare(q partition) int {
	return cmp.Or(cmp.Compare(p.tier, q.tier), p.day.Compare(q.day))
}

// part is what the first pass learns of one object.
type part struct {
	partition
	lines, damaged    int
	raw               int64
	firstSeq, lastSeq uint64
	days              int64 // largest retention.days

	// Where the lines lie. Neighbours are joined to one run; closed runs are two uvarints each, the gap since
	// the last one and the length.
	closed []byte
	end    int64 // of the last closed run
	open   span
}

// add takes a line in.
func (p *part) add(at span) {
	p.lines++
	p.raw += at.size
	if p.open.end() == at.off {
		p.open.size += at.size
		return
	}
	if p.open.size > 0 {
		p.closed = binary.AppendUvarint(p.closed, uint64(p.open.off-p.end))
		p.closed = binary.AppendUvarint(p.closed, uint64(p.open.size))
		p.end = p.open.end()
	}
	p.open = at
}

// addGood takes a line in that can be read.
func (p *part) addGood(at span, h event.Header) {
	p.add(at)
	if p.firstSeq == 0 {
		p.firstSeq = h.Seq
	}
	p.lastSeq = h.Seq
	p.days = max(p.days, h.Days)
}

// runs yields where the lines lie, in order.
func (p *part) runs() iter.Seq[span] {
	return func(yield func(span) bool) {
		var off int64
		for rest := p.closed; len(rest) > 0; {
			gap, n := binary.Uvarint(rest)
			size, m := binary.Uvarint(rest[n:])
			rest = rest[n+m:]
			run := span{off + int64(gap), int64(size)}
			if !yield(run) {
				return
			}
			off = run.end()
		}
		if p.open.size > 0 {
			yield(p.open)
		}
	}
}

// retainUntil returns the end of the lock: see the package comment.
func (p *part) retainUntil(ingested layout.Date) time.Time {
	from := ingested
	if p.day == ingested.AddDays(1) {
		from = p.day
	}
	return from.AddDays(1 + int(min(max(p.days, 0), maxDays))).Start()
}

// plan is the first pass over one segment.
type plan struct {
	parts map[partition]*part
	// ingested is the day of the last good line's ingested_at. ok says that there is one.
	ingested layout.Date
	ok       bool
	early    []span // damaged lines before the first good one
}

func (p *plan) part(name partition) *part {
	found := p.parts[name]
	if found == nil {
		found = &part{partition: name}
		p.parts[name] = found
	}
	return found
}

func (p *plan) damage(at span) {
	damaged := p.part(partition{event.TierCritical, p.ingested})
	damaged.add(at)
	damaged.damaged++
}

// settle files the damaged lines that waited for an ingest day.
func (p *plan) settle() {
	for _, at := range p.early {
		p.damage(at)
	}
	p.early = nil
}

// makePlan reads a segment and returns what its objects will be.
func makePlan(lines *lineReader) (*plan, error) {
	p := &plan{parts: map[partition]*part{}, ingested: epoch}
	for {
		line, at, err := lines.next()
		if errors.Is(err, io.EOF) {
			p.settle()
			return p, nil
		}
		if err != nil {
			return nil, fmt.Errorf("couldn't read the segment: %w", err)
		}
		h, err := event.ReadHeader(line)
		switch {
		case err == nil:
			p.ingested, p.ok = layout.DateOf(h.Ingested), true
			p.settle() // before this line, to keep the order
			p.part(partition{h.Tier, layout.DateOf(h.Time)}).addGood(at, h)
		case p.ok:
			p.damage(at)
		default:
			p.early = append(p.early, at)
		}
	}
}

// sorted returns the parts by tier and day.
func (p *plan) sorted() []*part {
	parts := make([]*part, 0, len(p.parts))
	for _, part := range p.parts {
		parts = append(parts, part)
	}
	slices.SortFunc(parts, func(a, b *part) int { return a.compare(b.partition) })
	return parts
}
