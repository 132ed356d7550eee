package layout

import "fmt"

// Day names one object under days/: everything that one writer has of one tier and UTC day.
type Day struct {
	Tier        string
	Date        Date
	Writer      string
	Compression Compression
}

// Validate returns an error that wraps ErrKey when a part of d has no place in a key.
func (d Day) Validate() error { return check(d.Tier, d.Date, d.Writer, d.Compression) }

// Key returns the key of a day object for which Validate returns nil.
func (d Day) Key() string {
	return partition(DaysRoot, d.Tier, d.Date) + d.Writer + d.Compression.Extension()
}

// ParseDay is the inverse of [Day.Key]; it refuses every string that no valid Day builds.
func ParseDay(key string) (Day, error) {
	tier, date, file, err := parsePartition(DaysRoot, key)
	if err != nil {
		return Day{}, err
	}
	writer, c, ok := cutExtension(file)
	if !ok || !ValidWriter(writer) {
		return Day{}, fmt.Errorf("%w: %.200q does not end in <writer>.jsonl[.gz|.zst]", ErrKey, key)
	}
	return Day{Tier: tier, Date: date, Writer: writer, Compression: c}, nil
}

// DayPrefix returns the prefix of all day objects of one tier and day.
func DayPrefix(tier string, date Date) string { return partition(DaysRoot, tier, date) }
