package event

import (
	"bytes"
	"errors"
	"strconv"
	"time"
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
	id := head.between(opening+`,"event_id":"`, '"')
	eventType := head.between(`,"event_type":"`, '"')
	timestamp := head.between(`,"timestamp":"`, '"')

	at := bytes.LastIndex(line, []byte(`,"writer":"`))
	if head.failed || at < 0 {
		return h, errHeader
	}
	h.Body = line[:at]
	stamp := cutter{rest: line[at:]}
	h.Writer = stamp.between(`,"writer":"`, '"')
	seq := stamp.between(`,"seq":`, ',')
	ingested := stamp.between(`"ingested_at":"`, '"')
	stamp.failed = stamp.failed || string(stamp.rest) != "}" && string(stamp.rest) != `,"conflict":true}`

	at = bytes.LastIndex(h.Body, []byte(`,"retention":{"tier":"`))
	if stamp.failed || at < 0 {
		return h, errHeader
	}
	retention := cutter{rest: h.Body[at:]}
	h.Tier = retention.between(`,"retention":{"tier":"`, '"')
	h.ID, h.Type = id, Type(eventType)
	var errs [5]error
	h.Time, errs[0] = time.Parse(timeLayout, timestamp)
	h.Ingested, errs[1] = time.Parse(timeLayout, ingested)
	h.Seq, errs[2] = strconv.ParseUint(seq, 10, 64)
	if !retention.failed && !oneOf(Tiers...).valid(h.Tier) {
		errs[3] = errHeader
	}
	if days, ok := bytes.CutPrefix(retention.rest, []byte(`,"days":`)); ok {
		days, _, _ = bytes.Cut(bytes.TrimSuffix(days, []byte("}")), []byte(","))
		h.Days, errs[4] = strconv.ParseInt(string(days), 10, 64)
	}
	if errors.Join(errs[:]...) != nil || !validWriter(h.Writer) {
		return h, errHeader
	}
	return h, nil
}

// cutter cuts known parts off the front of a line.
type cutter struct {
	rest   []byte
	failed bool
}

// between returns what stands after prefix, which must come next, up to end.
func (c *cutter) between(prefix string, end byte) string {
	if c.failed || !bytes.HasPrefix(c.rest, []byte(prefix)) {
		c.failed = true
		return ""
	}
	c.rest = c.rest[len(prefix):]
	n := bytes.IndexByte(c.rest, end)
	if n < 0 {
		c.failed = true
		return ""
	}
	value := c.rest[:n]
	c.rest = c.rest[n+1:]
	return string(value)
}
