package layout

import (
	"fmt"
	"strconv"
	"strings"
)

// Segment names one object under events/: what one writer sealed of one tier and UTC day.
type Segment struct {
	Tier        string
	Date        Date
	Writer      string
	Seal        uint64 // number of the seal, rising by one within a writer
	Compression Compression
}

// Validate returns an error that wraps ErrKey when a part of s has no place in a key.
func (s Segment) Validate() error { return check(s.Tier, s.Date, s.Writer, s.Compression) }

// Key returns the key of a segment for which Validate returns nil.
func (s Segment) Key() string {
	return partition(EventsRoot, s.Tier, s.Date) + s.Writer + fmt.Sprintf("-%010d", s.Seal) + s.Compression.Extension()
}

// ParseSegment is the inverse of [Segment.Key]; it refuses every string that no valid Segment builds.
func ParseSegment(key string) (Segment, error) {
	tier, date, file, err := parsePartition(EventsRoot, key)
	if err != nil {
		return Segment{}, err
	}
	stem, c, ok := cutExtension(file)
	// A seal holds no hyphen, so the last one ends the writer's name even when the name holds some itself.
	cut := strings.LastIndexByte(stem, '-')
	if !ok || cut < 0 || !ValidWriter(stem[:cut]) {
		return Segment{}, fmt.Errorf("%w: %.200q does not end in <writer>-<seal>.jsonl[.gz|.zst]", ErrKey, key)
	}
	seal, err := strconv.ParseUint(stem[cut+1:], 10, 64)
	if err != nil || fmt.Sprintf("%010d", seal) != stem[cut+1:] {
		return Segment{}, fmt.Errorf("%w: bad seal in %.200q", ErrKey, key)
	}
	return Segment{Tier: tier, Date: date, Writer: stem[:cut], Seal: seal, Compression: c}, nil
}

// SegmentPrefix returns the prefix of all segments of one tier and day.
func SegmentPrefix(tier string, date Date) string { return partition(EventsRoot, tier, date) }
