package event

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// Header is what the exporter must know of a stored line. It is read from both ends
// of the line, where nothing comes from outside, without parsing what lies between.
type Header struct {
	ID   string
	Type Type
	Time time.Time
	Tier string
	// Days is how long the event is to be kept, 0 if the line doesn't say.
	Days   int64
	Writer string
	Seq    uint64
	// Ingested is when the line was stored.
	Ingested time.Time
	// Body is the line without its stamp, as [Event.AppendBody] wrote it.
	Body []byte
}

var errHeader = errors.New("not a stored line of " + Schema)

// ReadHeader reads the header of a stored line. It trusts the middle of the line;
// [Decode] checks it all.
func ReadHeader(line []byte) (h Header, err error) {
	head := cutter{rest: line}
	h.ID = string(head.between(opening+`,"event_id":"`, '"'))
	h.Type = known[string(head.between(`,"event_type":"`, '"'))]
	h.Time = head.time(`,"timestamp":"`)

	at := bytes.LastIndex(line, []byte(`,"writer":"`))
	if head.failed || h.Type == "" || at < 0 {
		return h, errHeader
	}
	h.Body = line[:at]
	stamp := cutter{rest: line[at:]}
	h.Writer = string(stamp.between(`,"writer":"`, '"'))
	h.Seq = uint64(stamp.number(`,"seq":`, ','))
	h.Ingested = stamp.time(`"ingested_at":"`)
	if end := string(stamp.rest); end != "}" && end != `,"conflict":true}` || !layout.ValidWriter(h.Writer) {
		return h, errHeader
	}

	at = bytes.LastIndex(h.Body, []byte(`,"retention":{"tier":"`))
	if stamp.failed || at < 0 {
		return h, errHeader
	}
	retention := cutter{rest: h.Body[at:]}
	tier := retention.between(`,"retention":{"tier":"`, '"')
	if i := slices.IndexFunc(Tiers, func(name string) bool { return name == string(tier) }); i >= 0 {
		h.Tier = Tiers[i] // one string for all lines
	}
	if bytes.HasPrefix(retention.rest, []byte(`,"days":`)) {
		days, err := strconv.ParseInt(string(retention.between(`,"days":`, ',', '}')), 10, 64)
		h.Days, retention.failed = days, retention.failed || err != nil
	}
	if retention.failed || h.Tier == "" {
		return h, errHeader
	}
	return h, nil
}

// cutter cuts known parts off the front of a line.
type cutter struct {
	rest   []byte
	failed bool
}

// between returns what stands after prefix, which must come next, up to the first of ends, which
// goes too.
func (c *cutter) between(prefix string, ends ...byte) []byte {
	if !bytes.HasPrefix(c.rest, []byte(prefix)) {
		c.failed = true
		return nil
	}
	rest := c.rest[len(prefix):]
	n := bytes.IndexByte(rest, ends[0])
	for _, end := range ends[1:] {
		if other := bytes.IndexByte(rest, end); n < 0 || other >= 0 && other < n {
			n = other
		}
	}
	if n < 0 {
		c.failed = true
		return nil
	}
	c.rest = rest[n+1:]
	return rest[:n]
}

// number reads an integer that is not negative.
func (c *cutter) number(prefix string, ends ...byte) int64 {
	digits := c.between(prefix, ends...)
	n := integer(digits)
	if n < 0 || len(digits) == 0 {
		c.failed = true
		return 0
	}
	return n
}

// integer returns what digits say, -1 if there are others among them or too many.
func integer(digits []byte) (n int64) {
	for _, d := range digits {
		if d < '0' || d > '9' || n > (math.MaxInt64-int64(d-'0'))/10 {
			return -1
		}
		n = n*10 + int64(d-'0')
	}
	return n
}

// time reads a time as the encoder writes it. By hand, as it is written: every stored line is read
// so once.
func (c *cutter) time(prefix string) time.Time {
	text := c.between(prefix, '"')
	if len(text) != len(timeLayout) {
		c.failed = true
		return time.Time{}
	}
	part := func(from, to int) int { return int(integer(text[from:to])) }
	year, month, day := part(0, 4), part(5, 7), part(8, 10)
	hour, minute, second, nano := part(11, 13), part(14, 16), part(17, 19), part(20, 29)
	if min(year, month, day, hour, minute, second, nano) < 0 {
		c.failed = true
		return time.Time{}
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
	// Written anew it must be the same: no thirteenth month, no other punctuation.
	var again [len(timeLayout)]byte
	if string(appendTime(again[:0], t)) != string(text) {
		c.failed = true
	}
	return t
}
